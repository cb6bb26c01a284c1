// SPDX-License-Identifier: MIT
// expect: masks are bool or std::uint8_t
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .mask = floats, .denominator = rlhf::counted_here};
    (void)batch;
}
