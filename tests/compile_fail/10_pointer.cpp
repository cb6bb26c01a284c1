// SPDX-License-Identifier: MIT
// expect: rlhf: a pointer does not say its size; write rlhf::view(pointer, {.sequences = B, .steps = T})
#include "given.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

void program() {
    rlhf::ppo_policy_loss(
        two_by_three,
        {.log_probs = floats.data(), .old_log_probs = floats, .advantages = floats, .d_log_probs = floats});
}
