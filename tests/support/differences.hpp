// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace test {

/// The worst |analytic − numeric| over all elements of x: the gradient of value(), which reads x, against its central
/// differences. If one is NaN, the worst is NaN. At an infinity or NaN in x the gradient has to be 0.
template <class T>
[[nodiscard]] T worst_difference(std::vector<T>& x, const std::vector<T>& gradient, const auto& value,
                                 T step = T(1e-5L)) {
    T worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const T here = x[i];
        x[i] = here + step;
        const T above = value();
        x[i] = here - step;
        const T below = value();
        x[i] = here;
        const T difference = std::fabs((above - below) / (2 * step) - gradient[i]);
        if (difference > worst || std::isnan(difference)) worst = difference;
    }
    return worst;
}

} // namespace test
