// SPDX-License-Identifier: MIT
// One token whose ratio rose to e^0.5 where 1.2 is the bound: cut, so its loss is -1.2 and its gradient 0.
#include <rlhf/policy/ppo_policy_loss.hpp>

#include <cmath>
#include <vector>

int main() {
    const std::vector<float> log_probs{-1.0f}, old_log_probs{-1.5f}, advantages{1.0f};
    std::vector<float> d_log_probs{7.0f};
    const rlhf::batch batch{.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto result = rlhf::ppo_policy_loss(
        batch,
        {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = d_log_probs});
    return std::fabs(result.loss() + 1.2) < 1e-6 && d_log_probs[0] == 0 ? 0 : 1;
}
