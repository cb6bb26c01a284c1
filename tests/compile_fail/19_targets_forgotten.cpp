// SPDX-License-Identifier: MIT
// expect: no matching function for call to 'token_log_probs
#include "given.hpp"

#include <rlhf/logits/token_log_probs.hpp>

void program() {
    const rlhf::logits_view logits(scores.data(), {.sequences = 2, .steps = 3, .vocab = 10});
    rlhf::token_log_probs(two_by_three, logits, {.log_probs = floats});
}
