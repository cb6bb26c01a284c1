// SPDX-License-Identifier: MIT
// expect: no matching function for call to 'ppo_policy_loss
#include "given.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

void program() {
    rlhf::ppo_policy_loss({.log_probs = floats, .old_log_probs = floats, .advantages = floats, .d_log_probs = floats});
}
