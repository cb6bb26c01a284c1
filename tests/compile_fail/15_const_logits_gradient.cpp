// SPDX-License-Identifier: MIT
// expect: rlhf: the gradient's logits_view must be writable
#include "given.hpp"

#include <rlhf/logits/token_log_probs.hpp>

void program() {
    const rlhf::logits_view logits(const_floats.data(), {.sequences = 2, .steps = 3, .vocab = 1});
    rlhf::token_log_probs_backward(two_by_three, logits, tokens, {.d_log_probs = floats}, logits);
}
