// SPDX-License-Identifier: MIT
// expect: rlhf: batch.mask is missing: rlhf::all, or one byte per token
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .denominator = rlhf::counted_here};
    (void)batch;
}
