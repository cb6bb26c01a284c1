// SPDX-License-Identifier: MIT
// expect gcc: denominator::denominator()'
// expect clang: call to deleted constructor of 'rlhf::denominator'
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .mask = rlhf::all};
    (void)batch;
}
