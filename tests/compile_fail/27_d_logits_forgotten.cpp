// SPDX-License-Identifier: MIT
// expect: rlhf: behind the arrays and before the options comes d_logits
#include "given.hpp"

#include <rlhf/logits/token_log_probs.hpp>

void program() {
    const rlhf::logits_view z(scores.data(), {.sequences = 2, .steps = 3, .vocab = 10});
    const rlhf::token_log_probs_options options;
    rlhf::token_log_probs_backward(two_by_three, z, tokens, {.d_log_probs = floats}, options);
}
