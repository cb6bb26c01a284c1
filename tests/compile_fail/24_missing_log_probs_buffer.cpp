// SPDX-License-Identifier: MIT
// expect: rlhf: a required array is missing from the braces
#include "given.hpp"

#include <rlhf/recipe/ppo_loss.hpp>

void program() {
    const rlhf::logits_view z(scores.data(), {.sequences = 2, .steps = 3, .vocab = 10});
    rlhf::ppo_loss(two_by_three, z, tokens, {.old_log_probs = floats, .advantages = floats, .d_log_probs = floats}, z);
}
