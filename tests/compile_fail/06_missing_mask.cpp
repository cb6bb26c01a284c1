// SPDX-License-Identifier: MIT
// expect gcc: use of deleted function 'rlhf::
// expect gcc: mask_view::mask_view()'
// expect clang: call to deleted constructor of 'rlhf::mask_view'
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .denominator = rlhf::counted_here};
    (void)batch;
}
