// SPDX-License-Identifier: MIT
// Compiled by tests/flags.cmake under many flags: a rollout's advantages and two losses.
#include <rlhf/rlhf.hpp>

#include <cstdint>
#include <vector>

double RLHF_TEST_NAME(const std::vector<float>& x, std::vector<float>& d) {
    const rlhf::batch batch{.steps = x.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::gae(batch, {.rewards = x, .values = x, .advantages = d});
    const rlhf::moments m = rlhf::whiten(batch, d);
    const auto policy =
        rlhf::ppo_policy_loss(batch, {.log_probs = x, .old_log_probs = x, .advantages = x, .d_log_probs = d});
    const auto ranking = rlhf::ranking_loss(batch, {.rewards = x, .d_rewards = d});
    return m.mean() + policy.loss() + ranking.loss();
}
