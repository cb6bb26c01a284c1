// SPDX-License-Identifier: MIT
// Linked by tests/structure/flags.cmake with an object that has the same functions without exceptions: ends with 0 if a
// mistake is caught here nevertheless.
#include <rlhf/rlhf.hpp>

#include <stdexcept>
#include <vector>

double without_exceptions(const std::vector<float>& x, std::vector<float>& d); // of losses.cpp

int main(int count, char**) {
    std::vector<float> five(5), six(6);
    if (count > 1) return without_exceptions(six, six) > 0; // so that it is linked
    const rlhf::batch batch{.steps = 6, .mask = rlhf::all, .denominator = rlhf::counted_here};
    try {
        rlhf::gae(batch, {.rewards = five, .values = six, .advantages = six});
    } catch (const std::invalid_argument&) { return 0; }
    return 1;
}
