// SPDX-License-Identifier: MIT
// expect: rlhf: token ids, offsets and ranks are int32 or int64
#include "given.hpp"

#include <rlhf/logits/token_log_probs.hpp>

void program() {
    const rlhf::logits_view logits(scores.data(), {.sequences = 2, .steps = 3, .vocab = 10});
    rlhf::token_log_probs(two_by_three, logits, short_tokens, {.log_probs = floats});
}
