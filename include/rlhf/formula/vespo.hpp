// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/log_ratio.hpp>
#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// Options of VESPO: a sequence is weighted by a soft function of its ratio, which is 1 at ratio 1. The defaults are
/// TRL's. k damps ratios below 1, λ damps ratios above 1. k is in [10⁻⁶, 64], λ in [10⁻⁴, 64].
struct vespo {
    double k_positive = 2;      ///< k where Â ≥ 0
    double lambda_positive = 3; ///< λ where Â ≥ 0
    double k_negative = 3;      ///< k where Â < 0
    double lambda_negative = 2; ///< λ where Â < 0
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One token of VESPO.
///
///     x    = sum of log π − log π_old over the tokens of the sequence that count, clamped to ±log_ratio_limit
///     w    = e^x      φ = w^k e^(λ (1 − w)), a constant to gradients
///     loss = −φ Â logp
///     ∂loss/∂logp = −φ Â
///
/// Nothing is clipped; the ratio in the statistics is w. φ is 0 at w = 0 and at w = ∞. The loss is 0 where φ Â = 0,
/// also for logp = −∞. A NaN in any token makes its whole sequence NaN.
///
/// w is the ratio to the policy that sampled: if that is not π_old, pass its log-probs as old_log_probs. TRL clamps x
/// to [log 10⁻⁸, 20] and each token's log ratio to ±20, where φ is at most 10⁻¹⁴ with the defaults; log_ratio_limit =
/// 18.42 gives TRL's lower limit. Without a limit, φ and the slopes of long sequences far from π_old are subnormal
/// numbers, and the call may take 15 times as long.
///
/// Source: the paper of VESPO, arXiv:2602.10693.
template <class T>
struct vespo {
    T k_positive, lambda_positive, k_negative, lambda_negative;
    T ratio = 1, factor_positive = 1, factor_negative = 1; ///< w of the sequence, and φ for both signs of Â

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return false; }
    RLHF_FORMULA static constexpr log_ratio_term reduction() { return {}; }

    /// Sets the numbers that the tokens of a sequence share, from the sequence's sums.
    template <class Sums, class Number>
    RLHF_FORMULA void decide(const Sums& sums, Number, T limit) {
        const T x = lane::clamp(static_cast<T>(sums.log_ratio), -limit, limit);
        const T held = lane::smaller(T(20), x); // φ is 0 there, and further on w is ∞
        const T short_of_1 = T(1) - lane::exp(held);
        ratio = lane::exp(x);
        factor_positive = lane::exp(lane::fma(k_positive, held, lambda_positive * short_of_1));
        factor_negative = lane::exp(lane::fma(k_negative, held, lambda_negative * short_of_1));
    }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::select;
        const V slope = -select(t.advantage < V(0), V(factor_negative), V(factor_positive)) * t.advantage;
        return {by_log_prob(slope, t.log_prob), slope, V(ratio)};
    }
};

template <>
struct objective<rlhf::vespo> {
    template <class T>
    static vespo<T> whole(const rlhf::vespo& o) {
        return {T(o.k_positive), T(o.lambda_positive), T(o.k_negative), T(o.lambda_negative)};
    }
    static void bounds(const rlhf::vespo& o, auto&& within) {
        within("k_positive", o.k_positive, 1e-6, 64.0), within("k_negative", o.k_negative, 1e-6, 64.0);
        within("lambda_positive", o.lambda_positive, 1e-4, 64.0);
        within("lambda_negative", o.lambda_negative, 1e-4, 64.0);
    }
};

} // namespace RLHF_NAMESPACE::formula
