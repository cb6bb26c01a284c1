// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/judged_answer.hpp>

namespace rlhf {

/// Kahneman-Tversky optimisation, over single answers that are desirable or not. TRL's `apo_zero_unpaired` is kto with
/// z₀ = 0. For n_D desirable and n_U undesirable answers, TRL advises λ_D n_D / (λ_U n_U) between 1 and 4/3.
struct kto {
    double beta = 0.1;             ///< β in [10⁻⁶, 10⁶]
    double reference_point = 0;    ///< z₀ in [0, 10⁶], nats: from the caller, a constant to gradients
    double desirable_weight = 1;   ///< λ_D in [0, 10⁶]
    double undesirable_weight = 1; ///< λ_U in [0, 10⁶]
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One answer under kto.
///
///     u    = β (r − z₀) if the answer is desirable, else β (z₀ − r)
///     loss = λ (1 − σ(u))                  λ is λ_D or λ_U
///     ∂loss/∂r = ∓λ β σ(u) σ(−u)           − for a desirable answer
///
/// The paper writes λ − λ σ(u). An infinite r gives the limits 0 and λ, with slope 0.
///
/// Source: Ethayarajh et al. 2024, arXiv:2402.01306, section 4.1, eq. 8 of version 4.
template <class T>
struct prospect_answer {
    T beta, reference_point, desirable, undesirable; ///< β, z₀, λ_D and λ_U

    template <class V>
    [[nodiscard]] RLHF_FORMULA answer_term<V> operator()(const judged_answer<V>& a) const {
        using lane::select;
        const V b(beta), m = b * (a.log_ratio - V(reference_point));
        const auto good = a.desirable > V(0);
        const sigmoid_term<V> wrong = sigmoid_with_slope(select(good, -m, m));
        const V weight = select(good, V(desirable), V(undesirable)), slope = weight * (b * wrong.slope);
        return {weight * wrong.value, select(good, -slope, slope)};
    }
};

template <>
struct objective<kto> {
    template <class T>
    static prospect_answer<T> whole(const kto& o) {
        return {T(o.beta), T(o.reference_point), T(o.desirable_weight), T(o.undesirable_weight)};
    }
    static void bounds(const kto& o, auto&& within) {
        within("beta", o.beta, 1e-6, 1e6), within("reference_point", o.reference_point, 0.0, 1e6);
        within("desirable_weight", o.desirable_weight, 0.0, 1e6);
        within("undesirable_weight", o.undesirable_weight, 0.0, 1e6);
    }
};

} // namespace RLHF_NAMESPACE::formula
