// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// The factor of γ: x, or 0 at γ = 0, so that 0 · ∞ cannot arise.
template <class V>
[[nodiscard]] RLHF_FORMULA V unless_zero(V gamma, V x) {
    using lane::select; // argument-dependent lookup finds the overloads for registers and duals
    return select(gamma == V(0), V(0), x);
}

/// γ x, and 0 at γ = 0 even for an infinite x.
template <class V>
[[nodiscard]] RLHF_FORMULA V discounted(V gamma, V x) {
    return gamma * unless_zero(gamma, x);
}

/// The residual of one step. The advantage is the recurrence Âₜ = δₜ + γλ Âₜ₊₁ over it.
///
///     δ = r + γ V(s′) − V(s)      V(s′) = 0 where the episode ends
///
/// Source: Schulman et al. 2016, arXiv:1506.02438, section 3, and eq. 16 for the recurrence.
template <class V>
[[nodiscard]] RLHF_FORMULA V td_error(V reward, V value, V next_value, V gamma) {
    using lane::fma;
    return fma(gamma, unless_zero(gamma, next_value), reward) - value;
}

/// λ for a response of n tokens, for which the weights λᵏ add up to α n: max(0, 1 − 1 / (α n)).
///
/// Source: Yue et al. 2025, arXiv:2504.05118, section 4.2 (VAPO).
template <class V>
[[nodiscard]] RLHF_FORMULA V length_lambda(V tokens, V alpha) {
    using lane::select;
    const V lambda = V(1) - V(1) / (alpha * tokens);
    return select(lambda > V(0), lambda, V(0));
}

/// λ for a response of n tokens, with which the first token gets the share q of the last reward for every n (γ = 1):
/// q^(1 / (n − 1)), and 0 for n ≤ 1, where λ is not used.
///
/// Source: AReaL, which calls it relative position.
template <class V>
[[nodiscard]] RLHF_FORMULA V relative_lambda(V tokens, V share) {
    using lane::exp, lane::log, lane::select;
    const V steps = tokens - V(1);
    return select(steps > V(0), exp(log(share) / steps), V(0));
}

/// The return that belongs to an advantage: the target of the value.
///
///     R = Â + V(s)
template <class V>
[[nodiscard]] RLHF_FORMULA V gae_return(V advantage, V value) {
    return advantage + value;
}

/// ∂L/∂r, ∂L/∂V(s) and ∂L/∂V(s′) of one step.
template <class V>
struct gae_slopes {
    V reward, value, next_value;
};

/// One step of the backward pass, from the derivative u = ∂L/∂δ.
///
///     uₜ = ∂L/∂Âₜ + ∂L/∂Rₜ + γλ uₜ₋₁
///     ∂L/∂r = u      ∂L/∂V(s) = ∂L/∂R − u + the part from the step before      ∂L/∂V(s′) = the part for the next step
///
/// A step passes γ u to the value of the next step, or 0 where δ does not read that value.
///
/// Source: td_error and gae_return, transposed.
template <class V>
[[nodiscard]] RLHF_FORMULA gae_slopes<V> gae_backward(V d_return, V adjoint, V from_before, V to_next) {
    return {adjoint, d_return - adjoint + from_before, to_next};
}

} // namespace RLHF_NAMESPACE::formula
