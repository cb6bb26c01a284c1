// SPDX-License-Identifier: MIT
// expect gcc: from 'int' to 'rlhf::
// expect clang: no viable conversion from 'int' to 'rlhf::denominator'
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .mask = rlhf::all, .denominator = 6};
    (void)batch;
}
