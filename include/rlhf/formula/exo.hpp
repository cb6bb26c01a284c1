// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// Exact preference optimisation of pairs: the reverse KL to labels, the share ε of which is assumed wrong. TRL calls
/// it `exo_pair`.
struct exo {
    double beta = 0.1;             ///< β in [10⁻⁶, 10⁶]
    double label_smoothing = 1e-3; ///< ε in [10⁻⁶, ½]
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under exo.
///
///     m    = β (c − j)
///     loss = σ(m) (log σ(m) − log(1 − ε)) + σ(−m) (log σ(−m) − log ε)
///     ∂loss/∂c = β σ(m) σ(−m) (m − log((1 − ε) / ε)) = −∂loss/∂j
///
/// For m → ±∞ the loss is −log(1 − ε) or −log ε, and the slope 0. Near its least value, 0, the loss is a difference,
/// and has the error of its terms.
///
/// Source: Ji et al. 2024, arXiv:2402.00856, eq. 16.
template <class T>
struct exact_preference {
    T beta, right, wrong; ///< β, −log(1 − ε) and −log ε

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        using lane::abs, lane::log1p_unit, lane::select;
        const V zero(0), m = V(beta) * (p.chosen - p.rejected);
        const both_sigmoids<V> s = sigmoids(m);
        const V shift = log1p_unit(s.e); // −log s.large
        const V large = select(m < zero, V(wrong), V(right)) - shift,
                other = select(m < zero, V(right), V(wrong)) - (abs(m) + shift);
        const auto none = s.other == zero; // avoids 0 · ∞
        const V slope = select(none, zero, V(beta) * (s.large * s.other * (m - (V(wrong) - V(right)))));
        return {s.large * large + select(none, zero, s.other * other), slope, -slope};
    }
};

template <>
struct objective<exo> {
    template <class T>
    static exact_preference<T> whole(const exo& o) {
        return {T(o.beta), T(-lane::log1p(-o.label_smoothing)), T(-lane::log(o.label_smoothing))};
    }
    static void bounds(const exo& o, auto&& within) {
        within("beta", o.beta, 1e-6, 1e6), within("label_smoothing", o.label_smoothing, 1e-6, 0.5);
    }
};

} // namespace RLHF_NAMESPACE::formula
