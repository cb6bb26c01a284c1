// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// Options of GMPO: the geometric mean of a sequence's token ratios, each of which is clipped. Use it with
/// aggregation::sequence_mean_token_mean.
///
///     | trainer, paper | range            |
///     |---|---|
///     | paper, TRL     | 0.4              |
///     | verl, geo_mean | 0.2 (clip_ratio) |
struct gmpo {
    ratio_range range = 0.4; ///< ε₋ and ε₊, at least 0: log ρ is clipped to [−ε₋, ε₊]
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

template <class Kind>
struct bounded_log_ratio_statistics {
    typename Kind::sum bounded_above = {}, bounded_below = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.bounded_above...), f(s.bounded_below...); }
};

/// What a token adds to the log ratio of its sequence: min(log ρ, ε₊) if Â ≥ 0, max(log ρ, −ε₋) if Â < 0.
template <class T>
struct bounded_log_ratio_term {
    T low, high; ///< −ε₋ and ε₊

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 0, bounded_log_ratio_statistics> operator()(V log_prob,
                                                                                          V old_log_prob) const {
        using lane::larger, lane::smaller;
        const V d = log_prob - old_log_prob;
        return {.writes = {}, .statistics = {.bounded_above = smaller(V(high), d), .bounded_below = larger(V(low), d)}};
    }
};

/// One token of GMPO, in a sequence of n tokens that count, with d = log π − log π_old.
///
///     x    = mean of min(d, ε₊) over the n tokens           mean of max(d, −ε₋) at Â < 0
///     s    = e^x, x clamped to ±log_ratio_limit
///     loss = −s Â
///     ∂loss/∂logp = −s Â  where d of this token is not clipped and x not clamped, else 0
///
/// The slope is the derivative of the losses of all n tokens by log π of this token: 1/n from each. It is exact if all
/// tokens of the sequence have the same Â and weight; if they differ, each token learns by its own Â. clipped_low
/// counts d < −ε₋ at Â < 0, clipped_high counts d > ε₊ at Â > 0. The ratio in the statistics is s. A NaN in any token
/// makes its whole sequence NaN.
///
/// Source: Zhao et al. 2025, arXiv:2507.20673.
template <class T>
struct gmpo {
    bounded_log_ratio_term<T> bounds;
    T above = 1, below = 1;             ///< s with d bounded above, and with d bounded below
    T slope_above = 1, slope_below = 1; ///< the same; 0 where x is clamped

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return false; } // but by the ratio of the sequence
    RLHF_FORMULA bounded_log_ratio_term<T> reduction() const { return bounds; }

    /// Sets the numbers that the tokens of a sequence share, from the sequence's sums and its number of tokens.
    template <class Sums, class Number>
    RLHF_FORMULA void decide(const Sums& sums, Number tokens, T limit) {
        const T up = static_cast<T>(sums.bounded_above / tokens), down = static_cast<T>(sums.bounded_below / tokens);
        above = lane::exp(lane::clamp(up, -limit, limit)), below = lane::exp(lane::clamp(down, -limit, limit));
        slope_above = lane::abs(up) > limit ? T(0) : above, slope_below = lane::abs(down) > limit ? T(0) : below;
    }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::select;
        const V zero(0), d = t.log_prob - t.old_log_prob;
        const auto bad = t.advantage < zero;
        const auto low = bad && d < V(bounds.low);
        const auto high = t.advantage > zero && d > V(bounds.high);
        const V s = select(bad, V(below), V(above)), factor = select(bad, V(slope_below), V(slope_above));
        return {-s * t.advantage, select(low || high || factor == zero, zero, -factor * t.advantage), s, low, high};
    }
};

template <>
struct objective<rlhf::gmpo> {
    template <class T>
    static gmpo<T> whole(const rlhf::gmpo& o) {
        return {{T(-o.range.low), T(o.range.high)}};
    }
    static void bounds(const rlhf::gmpo& o, auto&& within) {
        within("range.low", o.range.low, 0.0, unlimited), within("range.high", o.range.high, 0.0, unlimited);
    }
};

} // namespace RLHF_NAMESPACE::formula
