// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/log_ratio.hpp>
#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// How the log ratios of a sequence's tokens become the log ratio of the sequence.
enum class sequence_ratio {
    mean,    ///< their mean: the ratio is the geometric mean of the tokens' ratios
    product, ///< their sum: the ratio is the one of the probabilities of the whole answers
};

/// Options of GSPO, the clipped surrogate of a ratio that the tokens of a sequence share. The range has no default: the
/// paper's is {3e-4, 4e-4}, for the mean; a product is cut as wide as PPO's.
struct gspo {
    ratio_range range;
    sequence_ratio ratio = sequence_ratio::mean;
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One token of GSPO, in a sequence of n tokens that count.
///
///     x    = mean of log π − log π_old over the n tokens       sequence_ratio::product: their sum
///     s    = e^x, x clamped to ±log_ratio_limit
///     loss = −min(s Â, clip(s, 1 − ε₋, 1 + ε₊) Â)
///     ∂loss/∂logp = −s Â  where the ratio is not cut, else 0   sequence_ratio::product: times n
///
/// The slope is what log π of this token does to the losses of all n tokens: by a mean, 1/n of each. It is exact if all
/// tokens of the sequence have one Â and one weight. If they differ, the mean's slope is the slope of GSPO-token (eq.
/// 13): each token learns by its own Â. The ratio is cut as in formula/clipped_surrogate.hpp. LUSPO, which multiplies
/// the loss of a sequence by its length, is aggregation::sequence_mean_token_sum.
///
/// Source: Zheng et al. 2025, arXiv:2507.18071, eq. 5, 7 and 13; the product: Ahmadian et al. 2024, arXiv:2402.14740.
template <class T>
struct sequence_surrogate {
    T lower, upper; ///< 1 − ε₋ and 1 + ε₊
    sequence_ratio kind;
    T ratio = 1, cut_below = 1, cut_above = 1; ///< of the sequence: s, max(s, lower) and min(s, upper)
    T slope_factor = 1;                        ///< 1 or n; 0 beyond the limit

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return false; } // of the token

    RLHF_FORMULA static constexpr log_ratio_term reduction() { return {}; }

    /// Sets what is of the sequence, for one with these sums and so many tokens.
    template <class Sums, class Number>
    RLHF_FORMULA void decide(const Sums& sums, Number tokens, T limit) {
        const bool mean = kind == sequence_ratio::mean;
        const T x = static_cast<T>(mean ? sums.log_ratio / tokens : sums.log_ratio), size = lane::abs(x);
        ratio = lane::exp(lane::clamp(x, -limit, limit));
        cut_below = lane::larger(lower, ratio), cut_above = lane::smaller(upper, ratio);
        slope_factor = size > limit ? T(0) : mean ? T(1) : static_cast<T>(tokens);
    }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::select;
        const V zero(0), s(ratio), used = select(t.advantage < zero, V(cut_below), V(cut_above));
        const auto low = used > s, high = used < s && t.advantage > zero;
        const V loss = -used * t.advantage, factor(slope_factor);
        return {loss, select(low || high || factor == zero, zero, factor * loss), s, low, high};
    }
};

template <>
struct objective<gspo> {
    template <class T>
    static sequence_surrogate<T> whole(const gspo& o) {
        return {T(1 - o.range.low), T(1 + o.range.high), o.ratio};
    }
    static void bounds(const gspo& o, auto&& within) {
        within("range.low", o.range.low, 0.0, 1.0), within("range.high", o.range.high, 0.0, unlimited);
    }
};

} // namespace RLHF_NAMESPACE::formula
