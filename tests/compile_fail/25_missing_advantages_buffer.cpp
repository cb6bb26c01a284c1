// SPDX-License-Identifier: MIT
// expect: rlhf: a required array is missing from the braces
#include "given.hpp"

#include <rlhf/recipe/ppo_advantages.hpp>

void program() {
    rlhf::ppo_advantages(two_by_three,
                         {.log_probs = floats, .ref_log_probs = floats, .values = floats, .scores = floats});
}
