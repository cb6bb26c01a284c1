// SPDX-License-Identifier: MIT
// expect: rlhf: batch.denominator is missing: rlhf::counted_here, or the counts of the whole step
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .mask = rlhf::all};
    (void)batch;
}
