// SPDX-License-Identifier: MIT
// expect: rlhf: element type differs from the call's; the call is float unless it says <double>
#include "given.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

void program() {
    rlhf::ppo_policy_loss(two_by_three, {.log_probs = doubles, .old_log_probs = doubles, .advantages = doubles});
}
