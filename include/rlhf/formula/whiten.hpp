// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// Where ε keeps the standard deviation from 0.
enum class std_floor {
    inside_root,       ///< √(var + ε)
    after_root,        ///< √var + ε
    variance_at_least, ///< √max(var, ε)
    std_at_least,      ///< max(√var, ε)
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// The divisor of whitening.
template <class V>
[[nodiscard]] RLHF_FORMULA V floored_deviation(V variance, V epsilon, std_floor floor) {
    using lane::select, lane::sqrt;
    if (floor == std_floor::inside_root) return sqrt(variance + epsilon);
    if (floor == std_floor::after_root) return sqrt(variance) + epsilon;
    if (floor == std_floor::variance_at_least) return sqrt(select(variance < epsilon, epsilon, variance));
    const V deviation = sqrt(variance);
    return select(deviation < epsilon, epsilon, deviation);
}

/// y = (x − center) · factor + shift. The center is a sum of two numbers: rounded to one, it would shift every y by
/// its error times the factor.
template <class V>
struct affine_map {
    V center, center_rest, factor, shift;
};

template <class V>
[[nodiscard]] RLHF_FORMULA V affine(V x, const affine_map<V>& m) {
    return ((x - m.center) - m.center_rest) * m.factor + m.shift;
}

} // namespace RLHF_NAMESPACE::formula
