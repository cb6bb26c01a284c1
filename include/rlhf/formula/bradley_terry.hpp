// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

template <class V>
struct comparison_term {
    V loss, d_chosen, d_rejected;
};

/// e^−|m|, in [0, 1]: the odds of the less likely outcome if the rewards differ by m.
template <class V>
[[nodiscard]] RLHF_FORMULA V odds(V m) {
    using lane::abs, lane::exp_nonpositive;
    return exp_nonpositive(-abs(m));
}
/// σ(−m), from m and the odds e^−|m|.
template <class V>
[[nodiscard]] RLHF_FORMULA V wrong_share(V m, V odds) {
    using lane::select;
    const V one(1);
    return select(m < V(0), one, odds) / (one + odds);
}
/// One comparison of bradley_terry(), from m and the odds e^−|m|.
template <class V>
[[nodiscard]] RLHF_FORMULA comparison_term<V> comparison(V m, V odds, V smoothing) {
    using lane::log1p_unit, lane::select;
    const V zero(0), one(1), wrong = wrong_share(m, odds);
    // softplus(−m) + ε m, in a form that is not ∞ − ∞ at m = −∞
    const V line = select(m < zero, (smoothing - one) * m, select(smoothing != zero, smoothing * m, zero));
    return {log1p_unit(odds) + line, smoothing - wrong, wrong - smoothing};
}
/// The same for ε = 0, in fewer operations.
template <class V>
[[nodiscard]] RLHF_FORMULA comparison_term<V> comparison(V m, V odds) {
    using lane::larger, lane::log1p_unit;
    const V wrong = wrong_share(m, odds);
    return {log1p_unit(odds) + larger(-m, V(0)), -wrong, wrong};
}
/// Adds the term of κ to a comparison.
template <class V>
[[nodiscard]] RLHF_FORMULA comparison_term<V> pulled(comparison_term<V> c, V chosen, V rejected, V center) {
    using lane::select;
    const V zero(0), sum = chosen + rejected, pull = select(center > zero, center * sum, zero);
    return {c.loss + select(center > zero, pull * sum, zero), c.d_chosen + pull + pull, c.d_rejected + pull + pull};
}

/// One comparison under the Bradley-Terry model, P(chosen ≻ rejected) = σ(r_c − r_r).
///
///     m    = r_c − r_r − margin
///     loss = −(1 − ε) log σ(m) − ε log σ(−m) + κ (r_c + r_r)²
///          = softplus(−m) + ε m + κ (r_c + r_r)²
///     ∂loss/∂r_c = ε − σ(−m) + 2κ (r_c + r_r)      ∂loss/∂r_r = σ(−m) − ε + 2κ (r_c + r_r)
///
/// ε is label smoothing; κ pulls rewards towards 0. A term whose factor is 0 is left out, so that 0 · ∞ cannot arise.
/// If both rewards are infinite with the same sign, loss and slopes are NaN. ε may be negative (robust_dpo).
///
/// Source: Bradley and Terry 1952; Ouyang et al. 2022, arXiv:2203.02155, eq. 1; margin: Touvron et al. 2023,
/// arXiv:2307.09288, eq. 2; ε: Mitchell 2023, cDPO; κ: Eisenstein et al. 2023, arXiv:2312.09244, §2.
template <class V>
[[nodiscard]] RLHF_FORMULA comparison_term<V> bradley_terry(V chosen, V rejected, V margin, V smoothing) {
    const V m = chosen - rejected - margin;
    return comparison(m, odds(m), smoothing);
}

/// One comparison with the term of κ. If κ is known to be 0, the overload above is cheaper.
template <class V>
[[nodiscard]] RLHF_FORMULA comparison_term<V> bradley_terry(V chosen, V rejected, V margin, V smoothing, V center) {
    return pulled(bradley_terry(chosen, rejected, margin, smoothing), chosen, rejected, center);
}

} // namespace RLHF_NAMESPACE::formula
