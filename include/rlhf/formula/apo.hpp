// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// Anchored preference optimisation (APO-zero), for preferred answers that are better than the model's own: it raises c
/// and lowers j.
struct apo_zero {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶]
};

/// Anchored preference optimisation (APO-down), for preferred answers that are worse than the model's own: it lowers
/// both c and j, and j more.
struct apo_down {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶]
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under apo_zero.
///
///     loss = 1 − σ(β c) + σ(β j)
///     ∂loss/∂c = −β σ(β c) σ(−β c)      ∂loss/∂j = β σ(β j) σ(−β j)
///
/// Source: D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7.
template <class T>
struct zero_anchored_preference {
    T beta;

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        const V b(beta);
        const sigmoid_term<V> c = sigmoid_with_slope(-(b * p.chosen)), j = sigmoid_with_slope(b * p.rejected);
        return {c.value + j.value, -(b * c.slope), b * j.slope};
    }
};

/// One pair under apo_down.
///
///     loss = σ(β c) + 1 − σ(β (c − j))
///     ∂loss/∂c = β σ(β c) σ(−β c) + ∂loss/∂Δ      ∂loss/∂j = −∂loss/∂Δ      ∂loss/∂Δ = −β σ(β Δ) σ(−β Δ)
///
/// Source: D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 8.
template <class T>
struct down_anchored_preference {
    T beta;

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        const V b(beta);
        const sigmoid_term<V> c = sigmoid_with_slope(b * p.chosen),
                              wrong = sigmoid_with_slope(-(b * (p.chosen - p.rejected)));
        return {c.value + wrong.value, b * c.slope - b * wrong.slope, b * wrong.slope};
    }
};

template <>
struct objective<apo_zero> {
    template <class T>
    static zero_anchored_preference<T> whole(const apo_zero& o) {
        return {T(o.beta)};
    }
    static void bounds(const apo_zero& o, auto&& within) { within("beta", o.beta, 1e-6, 1e6); }
};

template <>
struct objective<apo_down> {
    template <class T>
    static down_anchored_preference<T> whole(const apo_down& o) {
        return {T(o.beta)};
    }
    static void bounds(const apo_down& o, auto&& within) { within("beta", o.beta, 1e-6, 1e6); }
};

} // namespace RLHF_NAMESPACE::formula
