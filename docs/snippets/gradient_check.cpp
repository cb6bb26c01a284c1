// SPDX-License-Identifier: MIT
#include "snippets.hpp"

#include <rlhf/rlhf.hpp>

#include <cstdio>

// --8<-- [start:check]
/// Compares every element of the written gradient with a central difference of the loss.
void gradient_check() {
    const std::vector<double> old_log_probs{-1.2, -0.7, -2.1, -0.3}, advantages{0.8, 0.5, -1.1, -0.2};
    std::vector<double> log_probs{-1.0, -0.9, -1.7, -0.35}, d_log_probs(4);
    const rlhf::batch batch{.steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto loss = [&](rlhf::gradient<double> to) {
        return rlhf::ppo_policy_loss<double>(batch, {.log_probs = log_probs,
                                                     .old_log_probs = old_log_probs,
                                                     .advantages = advantages,
                                                     .d_log_probs = to})
            .loss();
    };
    loss(d_log_probs);
    double worst = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const double h = 1e-6, x = log_probs[i];
        log_probs[i] = x + h;
        const double above = loss({});
        log_probs[i] = x - h;
        const double below = loss({});
        log_probs[i] = x;
        worst = std::max(worst, std::abs((above - below) / (2 * h) - d_log_probs[i]));
    }
    std::printf("the largest difference is %s 1e-8\n", worst < 1e-8 ? "below" : "above");
}
// --8<-- [end:check]
