// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/importance.hpp>
#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// Options of CISPO: the log-likelihood times the advantage and the bounded ratio ρ, which is a constant to gradients.
///
///     | trainer, paper                             | low   | high   | beyond                  |
///     |---|---|---|---|
///     | CISPO: MiniMax-M1                          | 0     | tuned  | truncate                |
///     | CISPO: ScaleRL, SkyRL, AReaL               | 0     | 5      | truncate (the defaults) |
///     | CISPO: verl                                | 0.8   | 1.2    | truncate                |
///     | CISPO: slime, NeMo-RL                      | 1 − ε | 1 + ε₊ | truncate                |
///     | CISPO: TRL, Liger, ms-swift (epsilon_high) | 0     | ε₊     | truncate                |
///     | REINFORCE                                  | 1     | 1      | truncate                |
///     | truncated importance sampling: ROLL        | 0     | 1      | truncate                |
///     | rollout_is: SkyRL                          | 0.8   | 1.2    | mask                    |
struct cispo {
    double low = 0;                                       ///< the lower bound of ρ, in [0, high]
    double high = 5;                                      ///< the upper bound of ρ, at least 0
    rlhf::importance beyond = rlhf::importance::truncate; ///< whether ρ becomes the bound beyond it, or 0
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One token of CISPO.
///
///     φ    = ρ = e^x,  x = logp − old_logp, within [low, high]; beyond it the bound, or 0; a constant to gradients
///     loss = −φ Â logp
///     ∂loss/∂logp = −φ Â
///
/// The loss is 0 where φ Â = 0, also for logp = −∞. NaN in any argument gives a NaN loss, and so does Â = 0 where ρ = ∞
/// has no bound. clipped_low and clipped_high count tokens with Â ≠ 0 whose ρ is below low or above high.
///
/// Source: MiniMax 2025 (MiniMax-M1), arXiv:2506.13585, eq. 4 and 5.
template <class T>
struct cispo {
    T low, high, below, above; ///< below and above: what ρ becomes beyond low and high

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return false; }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::exp, lane::select;
        const V ratio = exp(t.log_ratio);
        const auto under = ratio < V(low);
        const auto over = ratio > V(high);
        const auto active = t.advantage != V(0);
        const V slope = -select(under, V(below), select(over, V(above), ratio)) * t.advantage;
        return {by_log_prob(slope, t.log_prob), slope, ratio, under && active, over && active};
    }
};

template <>
struct objective<rlhf::cispo> {
    template <class T>
    static cispo<T> whole(const rlhf::cispo& o) {
        const bool mask = o.beyond == importance::mask;
        return {T(o.low), T(o.high), mask ? T(0) : T(o.low), mask ? T(0) : T(o.high)};
    }
    static void bounds(const rlhf::cispo& o, auto&& within) {
        within("high", o.high, 0.0, unlimited), within("low", o.low, 0.0, o.high);
    }
};

} // namespace RLHF_NAMESPACE::formula
