// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

template <class Kind>
struct covariance_means {
    typename Kind::sum advantage = {}, log_prob = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.advantage...), f(s.log_prob...); }
};

/// What a token adds to the means of Â and log π.
struct covariance_mean_term {
    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 0, covariance_means> operator()(V advantage, V log_prob) const {
        return {.writes = {}, .statistics = {.advantage = advantage, .log_prob = log_prob}};
    }
};

/// A token's share of the covariance of advantage and log-probability, by which its update lowers the entropy, or NaN
/// if the token may not be picked.
///
///     cov       = (Â − mean Â)(log π − mean log π)
///     candidate = low < cov < high, and not clipped: neither Â > 0 and ρ > 1 + ε₊, nor Â < 0 and ρ < 1 − ε₋
///
/// A token with a NaN covariance is not a candidate.
///
/// Source: Cui et al. 2025, arXiv:2505.22617, eq. 10.
template <class T>
struct token_covariance {
    T mean_advantage, mean_log_prob, low, high;
    T lower, upper; ///< 1 − ε₋ and 1 + ε₊

    /// The covariance, or NaN if the token is not a candidate.
    template <class V>
    [[nodiscard]] RLHF_FORMULA V operator()(V advantage, V log_prob, V old_log_prob) const {
        using lane::exp, lane::select;
        const V zero(0), none = V(lane::infinity) - V(lane::infinity);
        const V covariance = (advantage - V(mean_advantage)) * (log_prob - V(mean_log_prob));
        const V ratio = exp(log_prob - old_log_prob);
        const auto stopped = (advantage > zero && ratio > V(upper)) || (advantage < zero && ratio < V(lower));
        return select(covariance > V(low) && covariance < V(high) && !stopped, covariance, none);
    }
};

} // namespace RLHF_NAMESPACE::formula
