// SPDX-License-Identifier: MIT
// expect: rlhf: a batch does not copy its mask; give the temporary a name
#include "given.hpp"

void program() {
    const rlhf::batch batch{.steps = 6, .mask = std::vector<std::uint8_t>(6), .denominator = rlhf::counted_here};
    (void)batch;
}
