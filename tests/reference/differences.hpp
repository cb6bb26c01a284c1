// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <functional>

namespace reference {

/// Worst |analytic − numeric| over all elements. In long double a step of 10⁻⁵ leaves an error near 10⁻¹⁰.
[[nodiscard]] inline real worst_difference(const std::function<real(const array&)>& value, array at,
                                           const array& gradient) {
    const real step = 1e-5L;
    real worst = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const real here = at[i];
        at[i] = here + step;
        const real above = value(at);
        at[i] = here - step;
        const real below = value(at);
        at[i] = here;
        worst = std::fmax(worst, std::fabs((above - below) / (2 * step) - gradient[i]));
    }
    return worst;
}

inline constexpr real tolerance = 2e-9L;

} // namespace reference
