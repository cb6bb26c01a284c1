// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// Options of TOPR: good answers are learned without a ratio, bad answers with the ratio truncated to 1.
struct topr {
    double positive = 1; ///< w₊, the weight at Â > 0, in [0, 10⁶]
    double negative = 1; ///< w₋, the weight at Â ≤ 0, in [0, 10⁶]
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One token of TOPR.
///
///     φ    = w₊                at Â > 0
///            w₋ min(ρ, 1)      at Â ≤ 0, ρ = e^x, x = logp − old_logp; a constant to gradients
///     loss = −φ Â logp
///     ∂loss/∂logp = −φ Â
///
/// The loss is 0 where φ Â = 0, also for logp = −∞. NaN in any argument gives a NaN loss. clipped_high counts ρ > 1 at
/// Â < 0.
///
/// Here the sign of Â decides. In ROLL the sign of the answer's score decides: pass the score as Â, or an Â with its
/// sign.
///
/// Source: Le Roux et al. 2025, arXiv:2503.14286, eq. 8, with the ratio of a token; w₊ and w₋: ROLL.
template <class T>
struct topr {
    T positive, negative; ///< w₊ and w₋

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return false; }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::exp, lane::larger, lane::select, lane::smaller;
        const V zero(0), one(1), ratio = exp(t.log_ratio);
        const auto good = t.advantage > zero;
        const V held = larger(select(good, one, zero), smaller(one, ratio)); // 1 at Â > 0; NaN stays NaN
        const V slope = -(select(good, V(positive), V(negative)) * held) * t.advantage;
        return {by_log_prob(slope, t.log_prob), slope, ratio, typename surrogate<V>::mask(false),
                ratio > one && t.advantage < zero};
    }
};

template <>
struct objective<rlhf::topr> {
    template <class T>
    static topr<T> whole(const rlhf::topr& o) {
        return {T(o.positive), T(o.negative)};
    }
    static void bounds(const rlhf::topr& o, auto&& within) {
        within("positive", o.positive, 0.0, 1e6), within("negative", o.negative, 0.0, 1e6);
    }
};

} // namespace RLHF_NAMESPACE::formula
