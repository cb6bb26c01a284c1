// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// Options of the clipped surrogate, the objective of PPO, GRPO and DAPO. With range = {1, unlimited} nothing is
/// clipped: the loss is −ρ Â, which tinker and SkyRL call importance_sampling.
struct ppo_clip {
    ratio_range range = 0.2; ///< ε₋ in [0, 1] and ε₊ ≥ 0
    double dual = unlimited; ///< c ≥ 1 + ε₊: at Â < 0 the loss is at most c |Â|
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One token of the clipped surrogate loss.
///
///     ρ    = e^x,  x = logp − old_logp
///     loss = −min(ρ Â, clip(ρ, 1 − ε₋, 1 + ε₊) Â)
///     ∂loss/∂logp = −ρ Â  where the ratio is not clipped, else 0
///
/// The ratio is clipped above if Â ≥ 0, and below if Â < 0, so that inf · 0 cannot arise unless ε₊ = ∞. A ratio at a
/// bound is not clipped. NaN in any argument gives a NaN loss.
///
/// Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7; ε₋ ≠ ε₊: Yu et al. 2025 (DAPO), arXiv:2503.14476, eq. 8.
template <class T>
struct clipped_surrogate {
    T lower, upper; ///< 1 − ε₋ and 1 + ε₊

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return true; }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::exp, lane::larger, lane::select,
            lane::smaller; // the versions for registers and duals are found beside their types
        const V zero(0), ratio = exp(t.log_ratio);
        const V used = select(t.advantage < zero, larger(V(lower), ratio), smaller(V(upper), ratio));
        const auto low = used > ratio, high = used < ratio && t.advantage > zero;
        const V loss = -used * t.advantage;
        return {loss, select(low || high, zero, loss), ratio, low, high};
    }
};

/// One token of the clipped surrogate loss with a dual clip: at Â < 0 the loss is at most c |Â|.
///
///     loss = min(loss, c |Â|) at Â < 0, with slope 0 where c |Â| is the smaller one
///
/// Source: Ye et al. 2020, arXiv:1912.09729, eq. 5.
template <class T>
struct dual_clipped_surrogate {
    clipped_surrogate<T> plain;
    T limit; ///< c

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return true; }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::select;
        surrogate<V> s = plain(t);
        const auto dual = s.ratio > V(limit) && t.advantage < V(0);
        s.loss = select(dual, -V(limit) * t.advantage, s.loss);
        s.slope = select(dual, V(0), s.slope);
        s.dual_clipped = dual;
        return s;
    }
};

template <>
struct objective<ppo_clip> {
    static bool is_usual(const ppo_clip& o) { return !(o.dual < unlimited); }
    template <class T>
    static clipped_surrogate<T> usual(const ppo_clip& o) {
        return {T(1 - o.range.low), T(1 + o.range.high)};
    }
    template <class T>
    static dual_clipped_surrogate<T> whole(const ppo_clip& o) {
        return {usual<T>(o), T(o.dual)};
    }
    static void bounds(const ppo_clip& o, auto&& within) {
        within("range.low", o.range.low, 0.0, 1.0), within("range.high", o.range.high, 0.0, unlimited);
        within("dual", o.dual, 1 + o.range.high, unlimited);
    }
};

} // namespace RLHF_NAMESPACE::formula
