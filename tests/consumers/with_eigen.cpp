// SPDX-License-Identifier: MIT
// One token whose ratio did not move: its loss is -1 and its gradient -1.
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/with/eigen.hpp>

#include <Eigen/Core>

int main() {
    const Eigen::VectorXf log_probs = Eigen::VectorXf::Constant(1, -1.0f), advantages = Eigen::VectorXf::Ones(1);
    Eigen::VectorXf d_log_probs(1);
    const rlhf::batch batch{.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto result = rlhf::ppo_policy_loss(
        batch,
        {.log_probs = log_probs, .old_log_probs = log_probs, .advantages = advantages, .d_log_probs = d_log_probs});
    return result.loss() == -1 && d_log_probs[0] == -1 ? 0 : 1;
}
