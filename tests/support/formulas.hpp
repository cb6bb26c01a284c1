// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/dual.hpp"
#include "support/random.hpp"

#include <array>
#include <limits>

/// What the tests of formulas share.
namespace test {

/// Both run through the same operations in double.
inline bool same(double slope, double differentiated) {
    return std::fabs(slope - differentiated) <= 1e-14 * (1 + std::fabs(slope));
}
inline bool same_or_nan(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <class T>
std::array<T, 9> specials() {
    const T big = std::numeric_limits<T>::infinity();
    return {T(0), -T(0), T(1), T(-1), T(0.5), T(-0.5), big, -big, std::numeric_limits<T>::quiet_NaN()};
}

} // namespace test
