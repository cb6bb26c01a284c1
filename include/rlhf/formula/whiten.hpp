// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// How ε keeps the standard deviation from 0.
enum class std_floor {
    inside_root,       ///< √(var + ε)
    after_root,        ///< √var + ε
    variance_at_least, ///< √max(var, ε)
    std_at_least,      ///< max(√var, ε)
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// The divisor of whitening, with ε.
template <class V>
[[nodiscard]] RLHF_FORMULA V floored_deviation(V variance, V epsilon, std_floor floor) {
    using lane::select, lane::sqrt;
    if (floor == std_floor::inside_root) return sqrt(variance + epsilon);
    if (floor == std_floor::after_root) return sqrt(variance) + epsilon;
    if (floor == std_floor::variance_at_least) return sqrt(select(variance < epsilon, epsilon, variance));
    const V deviation = sqrt(variance);
    return select(deviation < epsilon, epsilon, deviation);
}

/// y = (x − center) · factor + shift. The center is the sum of two numbers, because the error of a rounded center,
/// times the factor, would shift every y.
template <class V>
struct affine_map {
    V center, center_rest, factor, shift;
};

/// Whitening as an affine_map. Its numbers are computed in type D, and each is rounded to V once.
///
///     y = (x − mean) / deviation      not centred: + mean      not scaled: without the division
///
/// A deviation of 0 makes the factor 0: every y is then 0, or the mean if it is kept.
template <class V, class D>
[[nodiscard]] RLHF_FORMULA affine_map<V> whitening(D mean, D deviation, bool center, bool scale) {
    const V rounded = static_cast<V>(mean);
    const D rest = mean - static_cast<D>(rounded); // NaN if the mean is not finite
    const D factor = deviation == D(0) ? D(0) : D(1) / deviation;
    return {rounded, rest == rest ? static_cast<V>(rest) : V(0), scale ? static_cast<V>(factor) : V(1),
            center ? V(0) : rounded};
}

template <class V>
[[nodiscard]] RLHF_FORMULA V affine(V x, const affine_map<V>& m) {
    using lane::fma;
    return fma((x - m.center) - m.center_rest, m.factor, m.shift);
}

} // namespace RLHF_NAMESPACE::formula
