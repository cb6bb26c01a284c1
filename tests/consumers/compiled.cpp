// SPDX-License-Identifier: MIT
// One usual call of each list of compiled.hpp, whose code is in the library.
#include <rlhf/compiled.hpp>

#include <cmath>
#include <vector>

int main() {
    const rlhf::batch batch{.steps = 2, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::vector<float> rewards{1, 2}, values(2);
    std::vector<float> advantages(2);
    rlhf::gae(batch, {.rewards = rewards, .values = values, .advantages = advantages}, {.gamma = 0.5, .lambda = 1});

    const std::vector<float> log_probs(2);
    std::vector<float> d_log_probs(2);
    const auto policy = rlhf::ppo_policy_loss(
        batch,
        {.log_probs = log_probs, .old_log_probs = log_probs, .advantages = advantages, .d_log_probs = d_log_probs});

    std::vector<float> logits(2 * 8);
    const std::vector<int> targets{3, 5};
    const rlhf::logits_view<float> z{logits.data(), {.steps = 2, .vocab = 8}};
    const auto text = rlhf::cross_entropy_loss(batch, z, targets, z);

    const bool right = advantages == std::vector<float>{2, 2} && policy.loss() == -2 &&
                       std::fabs(text.loss() - std::log(8.0)) < 1e-6 && logits[3] < 0 && logits[4] > 0;
    return right ? 0 : 1;
}
