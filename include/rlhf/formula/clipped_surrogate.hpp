// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// 1 − ε₋ and 1 + ε₊, rounded once from double.
template <class V>
struct ratio_bounds {
    V lower, upper;
};

template <class V>
struct policy_term {
    using mask = decltype(V(0) < V(0));
    V loss, d_logp, ratio;
    mask clipped_low, clipped_high;
};

/// One token of the clipped surrogate loss.
///
///     ρ    = e^x,  x = logp − old_logp
///     loss = −min(ρ Â, clip(ρ, 1 − ε₋, 1 + ε₊) Â)
///     ∂loss/∂logp = −ρ Â  where the ratio is not cut, else 0
///
/// The ratio is cut above when Â ≥ 0 and below when Â < 0, so that inf · 0 cannot arise unless ε₊ = ∞; at a bound it
/// counts as not cut. NaN in any argument gives a NaN loss. Takes x, so that a clamp of x is the caller's.
///
/// Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7; ε₋ ≠ ε₊: Yu et al. 2025 (DAPO), arXiv:2503.14476, eq. 8.
template <class V>
[[nodiscard]] RLHF_FORMULA policy_term<V> clipped_surrogate(V log_ratio, V advantage, const ratio_bounds<V>& bounds) {
    using lane::exp, lane::select; // those of batches and duals are found by argument-dependent lookup
    const V zero(0);
    const V ratio = exp(log_ratio);
    const auto above = ratio > bounds.upper && advantage >= zero;
    const auto below = ratio < bounds.lower && advantage < zero;
    const V loss = -select(above, bounds.upper, select(below, bounds.lower, ratio)) * advantage;
    const auto cut = above || below; // one test decides value, slope and statistic
    return {loss, select(cut, zero, loss), ratio, below, above && advantage > zero};
}

template <class V>
struct dual_term {
    V loss, d_logp;
    decltype(V(0) < V(0)) clipped;
};

/// The same token where a bad answer may cost no more than c times its advantage.
///
///     loss = min(loss, c |Â|) at Â < 0, with slope 0 where that is less
///
/// Source: Ye et al. 2020, arXiv:1912.09729, eq. 5.
template <class V>
[[nodiscard]] RLHF_FORMULA dual_term<V> dual_clip(const policy_term<V>& t, V advantage, V c) {
    using lane::select;
    const auto far = t.ratio > c && advantage < V(0);
    return {select(far, -c * advantage, t.loss), select(far, V(0), t.d_logp), far};
}

} // namespace RLHF_NAMESPACE::formula
