// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/gae.hpp>

namespace RLHF_NAMESPACE::formula {

/// The numbers of one step of V-trace: error and factor of the recurrence Aₜ = error + factor Aₜ₊₁, and residual and
/// weight of the advantage weight (residual + γλ Aₜ₊₁).
template <class V>
struct vtrace_step {
    V error, factor, residual, weight;
};

/// min(bound, ratio); NaN stays NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA V truncated_ratio(V ratio, V bound) {
    using lane::select;
    return select(ratio > bound, bound, ratio);
}

/// The results of one step: the target of its value, and the advantage of its action.
template <class V>
struct vtrace_result {
    V target, advantage;
};

/// V-trace, step by step from the last step to the first. γλ is the product, rounded to T.
///
///     w = e^(log π − log μ)      δ = r + γ V(s′) − V(s)
///     A = min(ρ̄, w) δ + γλ min(c̄, w) A′      target = V(s) + A      advantage = min(ρ̄_pg, w) (δ + γλ A′)
///
/// Source: Espeholt et al. 2018, arXiv:1802.01561, eq. 1, remarks 1 and 2, section 4.2.
template <class T>
struct vtrace_rule {
    T gamma, gamma_lambda, rho_bar, c_bar, policy_rho_bar;

    /// The numbers of a step; `next_value` is 0 where the episode ended.
    template <class V>
    [[nodiscard]] RLHF_FORMULA vtrace_step<V> step(V reward, V value, V next_value, V log_prob, V behavior) const {
        using lane::exp;
        const V ratio = exp(log_prob - behavior), residual = td_error(reward, value, next_value, V(gamma));
        return {truncated_ratio(ratio, V(rho_bar)) * residual, V(gamma_lambda) * truncated_ratio(ratio, V(c_bar)),
                residual, truncated_ratio(ratio, V(policy_rho_bar))};
    }

    /// error + factor A′, or the error alone if the factor is 0, even for an infinite A′.
    template <class V>
    [[nodiscard]] static RLHF_FORMULA V error(V own, V factor, V after) {
        using lane::fma;
        return fma(factor, unless_zero(factor, after), own);
    }

    /// Target and advantage of a step whose recurrence gave A; `after` is A′, or 0 where A′ is left out.
    template <class V>
    [[nodiscard]] RLHF_FORMULA vtrace_result<V> finish(V value, V residual, V weight, V sum, V after) const {
        using lane::fma;
        return {value + sum, weight * fma(V(gamma_lambda), unless_zero(V(gamma_lambda), after), residual)};
    }
};

} // namespace RLHF_NAMESPACE::formula
