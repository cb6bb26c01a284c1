// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// ε₋ and ε₊: the ratio ρ of two policies is cut to [1 − ε₋, 1 + ε₊]. One number sets both, so that neither keeps a
/// forgotten default.
struct ratio_range {
    double low, high;
    constexpr ratio_range(double both) : low(both), high(both) {}
    constexpr ratio_range(double below, double above) : low(below), high(above) {}
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// What an objective of a policy loss makes of one token. An objective is a struct of its options, as numbers of T that
/// are rounded once from double, with
///
///     template <class V>
///     surrogate<V> operator()(V log_ratio, V advantage) const;
///
/// The log ratio is log π − log π_old, already limited. The objective does not see what multiplies the loss or is added
/// to it (importance weight, KL, weight): see formula/policy_token.hpp.
template <class V>
struct surrogate {
    using mask = lane::mask_of<V>;
    V loss, slope;                  ///< slope: ∂loss/∂ log π
    V ratio;                        ///< ρ = exp(log ratio)
    mask clipped_low, clipped_high; ///< a bound replaces ρ, and Â is not 0
    mask dual_clipped;              ///< a limit replaces the loss
};

} // namespace RLHF_NAMESPACE::formula
