// SPDX-License-Identifier: MIT
#include "given.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

void program() {
    rlhf::ppo_policy_loss(
        two_by_three,
        {.log_probs = floats, .old_log_probs = const_floats, .advantages = floats, .d_log_probs = floats});
}
