// SPDX-License-Identifier: MIT
// expect: rlhf: std::vector<bool> has no bytes to view; use std::vector<std::uint8_t>
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .mask = bits, .denominator = rlhf::counted_here};
    (void)batch;
}
