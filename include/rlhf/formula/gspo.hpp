// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/log_ratio.hpp>
#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// How the log ratios of a sequence's tokens become the log ratio of the sequence.
enum class sequence_ratio {
    mean,    ///< their mean: the ratio is the geometric mean of the tokens' ratios
    product, ///< their sum: the ratio is π / π_old of the whole answer
};

/// Options of GSPO: the clipped surrogate with a ratio that all tokens of a sequence share. The range has no default:
/// the paper has {3e-4, 4e-4} for the mean; a product needs a range as wide as PPO's.
struct gspo {
    ratio_range range;                           ///< ε₋ in [0, 1] and ε₊ ≥ 0
    sequence_ratio ratio = sequence_ratio::mean; ///< how the tokens' log ratios become one
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One token of GSPO, in a sequence of n tokens that count.
///
///     x    = mean of log π − log π_old over the n tokens       sequence_ratio::product: their sum
///     s    = e^x, x clamped to ±log_ratio_limit
///     loss = −min(s Â, clip(s, 1 − ε₋, 1 + ε₊) Â)
///     ∂loss/∂logp = −s Â  where the ratio is not clipped, else 0   sequence_ratio::product: times n
///
/// The slope is the derivative of the losses of all n tokens by log π of this token: with the mean, 1/n from each. It
/// is exact if all tokens of the sequence have the same Â and weight. If they differ, the mean's slope is the slope of
/// GSPO-token (eq. 13): each token learns by its own Â. The ratio is clipped as in formula/clipped_surrogate.hpp. For
/// LUSPO, which multiplies the loss of a sequence by its length, use aggregation::sequence_mean_token_sum.
///
/// Source: Zheng et al. 2025, arXiv:2507.18071, eq. 5, 7 and 13; the product: Ahmadian et al. 2024, arXiv:2402.14740.
template <class T>
struct sequence_surrogate {
    T lower, upper; ///< 1 − ε₋ and 1 + ε₊
    sequence_ratio kind;
    T ratio = 1, cut_below = 1, cut_above = 1; ///< s, max(s, lower) and min(s, upper) of the sequence
    T slope_factor = 1;                        ///< 1 or n; 0 where x is clamped

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return false; } // but by the ratio of the sequence

    RLHF_FORMULA static constexpr log_ratio_term reduction() { return {}; }

    /// Sets the numbers that the tokens of a sequence share, from the sequence's sums and its number of tokens.
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
