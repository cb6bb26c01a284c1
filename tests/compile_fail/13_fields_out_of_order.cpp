// SPDX-License-Identifier: MIT
// expect gcc: designator order for field
// expect clang: field 'old_log_probs' will be initialized after field 'log_probs'
#include "given.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

void program() {
    rlhf::ppo_policy_loss(two_by_three, {.old_log_probs = floats, .log_probs = floats, .advantages = floats});
}
