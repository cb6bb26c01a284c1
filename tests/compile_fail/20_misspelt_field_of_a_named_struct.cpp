// SPDX-License-Identifier: MIT
// expect gcc: has no non-static data member named 'advantage'
// expect clang: field designator 'advantage' does not refer to any field
#include "given.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

void program() {
    const rlhf::ppo_policy_loss_arrays<float> arrays{.log_probs = floats, .old_log_probs = floats, .advantage = floats};
    rlhf::ppo_policy_loss(two_by_three, arrays);
}
