// SPDX-License-Identifier: MIT
// expect: rlhf: this objective needs a range, such as gspo{.range = {3e-4, 4e-4}}
#include "given.hpp"

#include <rlhf/policy/policy_loss.hpp>

void program() {
    rlhf::policy_loss(two_by_three, {.log_probs = floats, .old_log_probs = floats, .advantages = floats}, rlhf::gspo{});
}
