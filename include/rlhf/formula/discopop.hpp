// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// Discovered preference optimisation, also called the log ratio modulated loss.
struct discopop {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶]
    double tau = 0.05; ///< τ in [10⁻³, 1]: the smaller, the sharper the step from one term to the other
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under discopop.
///
///     m    = β (c − j),  μ = σ(m / τ)
///     loss = (1 − μ) · −log σ(m) + μ e⁻ᵐ
///     ∂loss/∂c = β (−(1 − μ) (μ/τ · −log σ(m) + σ(−m)) + ((1 − μ) / τ − 1) μ e⁻ᵐ) = −∂loss/∂j
///
/// μ e⁻ᵐ is computed as one term, so that it is at most 1 for a pair far on the wrong side, where e⁻ᵐ alone would
/// overflow.
///
/// Source: Lu et al. 2024, arXiv:2406.08414, eq. 5.
template <class T>
struct modulated_preference {
    T beta, sharpness, excess; ///< β, 1 / τ and 1 / τ − 1

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        using lane::abs, lane::exp_nonpositive, lane::select;
        const V zero(0), m = V(beta) * (p.chosen - p.rejected), distance = -abs(m);
        const comparison_term<V> logistic = bradley_terry(m, zero, zero, zero);
        const both_sigmoids<V> s = sigmoids(V(sharpness) * m);
        const auto right = m >= zero;
        const V rest = select(right, s.other, s.large); // 1 − μ
        const V beyond = select(V(excess) == zero, zero, V(excess) * distance);
        const V exponential = s.large * exp_nonpositive(select(right, distance, beyond)); // μ e⁻ᵐ
        const V fades = select(s.other == zero, zero, s.other * logistic.loss);           // else 0 · ∞

        const V by_m =
            rest * logistic.d_chosen - V(sharpness) * (s.large * fades) + (V(sharpness) * rest - V(1)) * exponential;
        const V slope = V(beta) * by_m;
        return {select(right, fades, s.large * logistic.loss) + exponential, slope, -slope};
    }
};

template <>
struct objective<discopop> {
    template <class T>
    static modulated_preference<T> whole(const discopop& o) {
        return {T(o.beta), T(1 / o.tau), T(1 / o.tau - 1)};
    }
    static void bounds(const discopop& o, auto&& within) {
        within("beta", o.beta, 1e-6, 1e6), within("tau", o.tau, 1e-3, 1.0);
    }
};

} // namespace RLHF_NAMESPACE::formula
