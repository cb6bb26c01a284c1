// SPDX-License-Identifier: MIT
// expect: no matching function for call to 'ppo_loss
#include "given.hpp"

#include <rlhf/recipe/ppo_loss.hpp>

void program() {
    const rlhf::logits_view z(scores.data(), {.sequences = 2, .steps = 3, .vocab = 10});
    rlhf::ppo_loss(two_by_three, z, tokens,
                   {.old_log_probs = floats, .advantages = floats, .log_probs = floats, .d_log_probs = floats},
                   {.value_coef = 2}, z);
}
