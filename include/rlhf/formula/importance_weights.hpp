// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/importance.hpp>

namespace rlhf {

/// Which tokens share one ratio π / μ. π is the policy that learns, μ the policy that sampled.
enum class importance_level {
    token,            ///< each token has its own ratio: e^ρ, with ρ = log π − log μ
    sequence_mean,    ///< the tokens of a sequence share the geometric mean of their ratios: e^(mean ρ)
    sequence_product, ///< the tokens of a sequence share the product of their ratios: e^(Σ ρ)
    none,             ///< all weights are 1
};

/// What one sequence is, in the options of importance weights that act on sequences.
enum class importance_unit {
    sequence, ///< all counted tokens of a sequence of the batch
    run,      ///< each run of counted tokens without a gap: a turn
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

template <class Kind>
struct log_weight_statistics {
    typename Kind::sum log_weight = {};
    typename Kind::maximum largest = {}, smallest = {}; ///< largest is max ρ, smallest is max(−ρ)

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.log_weight...), f(s.largest...), f(s.smallest...);
    }
};

/// What a token adds to the sums that decide about its sequence, with ρ = log π − log μ.
struct log_weight_term {
    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 0, log_weight_statistics> operator()(V log_prob, V behavior) const {
        const V rho = log_prob - behavior;
        return {.writes = {}, .statistics = {.log_weight = rho, .largest = rho, .smallest = -rho}};
    }
};

template <class Kind>
struct importance_statistics {
    typename Kind::sum log_weight = {};
    typename Kind::spread weight = {};
    typename Kind::maximum largest = {};
    typename Kind::count below = {}, above = {}, dropped = {}, nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.log_weight...), f(s.weight...), f(s.largest...), f(s.below...), f(s.above...), f(s.dropped...),
            f(s.nonfinite...);
    }
};

/// Tests whether x is beyond the range. NaN is not.
template <class T>
struct range_of {
    T low, high;

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::mask_of<V> beyond(V x) const {
        return x < V(low) || x > V(high);
    }
};

/// The larger of the two KL divergences between π and μ over the two outcomes "this token" and "another one".
///
///     max(D(π, μ), D(μ, π)),  D(p, q) = p log(p / q) + (1 − p) log((1 − p) / (1 − q))
///
/// p and 1 − p are at least ε = 10⁻⁸. The result is NaN if an argument is NaN.
///
/// Source: KPop, as AReaL computes it.
template <class V>
[[nodiscard]] RLHF_FORMULA V larger_binary_kl(V log_prob, V behavior) {
    using lane::exp, lane::expm1, lane::larger, lane::log;
    const V epsilon(1e-8F), lowest(-18.420681F); // log ε
    const V log_p = larger(lowest, log_prob), log_q = larger(lowest, behavior), ratio = log_p - log_q;
    const V others_p = larger(epsilon, -expm1(log_prob)), others_q = larger(epsilon, -expm1(behavior));
    const V others = log(others_p / others_q);
    const V there = exp(log_p) * ratio + others_p * others, back = -(exp(log_q) * ratio) - others_q * others;
    return larger(there, back);
}

/// The importance weight of one token, which corrects for sampling from μ instead of π.
///
///     ρ = log π − log μ
///     w = e^ρ, e^(mean ρ) or e^(Σ ρ), as the level says; beyond its range the bound, or 0 (importance::mask)
///     w = 0 for all tokens of a sequence    if e^(mean ρ), e^(Σ ρ) or any e^ρ is beyond its range
///     w = 0 for its tokens with Â < 0       if mean(−ρ) > drift_limit
///     w = 0 for the token                   if |π − μ| > probability_limit, |ρ| > log_ratio_limit or
///                                              max(D(π, μ), D(μ, π)) > binary_kl_limit
///
/// NaN is not beyond any bound: the weight of a token or sequence with NaN is NaN.
///
/// Source: truncation: Espeholt et al. 2018, arXiv:1802.01561, eq. 1; the mask by drift: DeepSeek-V3.2,
/// arXiv:2512.02556, §3.1; the other rules are from trainers' code.
template <class T>
struct importance_weight_rule {
    importance_level level;
    bool mask;                                      ///< weights beyond the range become 0
    bool sequence_dropped = false, drifted = false; ///< the sequence decides them
    range_of<T> range, mean, product, token;        ///< of the weight, e^(mean ρ), e^(Σ ρ), and e^ρ of every token
    T drift_limit, probability_limit, log_ratio_limit, binary_kl_limit;
    T sequence_weight = 1; ///< the weight that the tokens of the sequence share

    /// Sets the weight that the tokens of a sequence share, from the sequence's sums and its number of tokens.
    template <class Sums, class Number>
    RLHF_FORMULA void decide(const Sums& sums, Number tokens) {
        using lane::exp;
        const T average = static_cast<T>(sums.log_weight / tokens);
        const T of_mean = exp(average), of_product = exp(static_cast<T>(sums.log_weight));
        const T most = exp(static_cast<T>(sums.largest.value)), least = exp(static_cast<T>(-sums.smallest.value));
        sequence_dropped = mean.beyond(of_mean) || product.beyond(of_product) || least < token.low || most > token.high;
        drifted = -average > drift_limit;
        sequence_weight = level == importance_level::sequence_mean ? of_mean : of_product;
    }

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, importance_statistics> operator()(V log_prob, V behavior,
                                                                                   V advantage) const {
        using lane::abs, lane::exp, lane::select;
        const V rho = log_prob - behavior, zero(0);
        const V ratio = level == importance_level::token  ? exp(rho)
                        : level == importance_level::none ? V(1)
                                                          : V(sequence_weight);
        const auto below = ratio<V(range.low), above = ratio> V(range.high);
        const V bounded = select(below, mask ? zero : V(range.low), select(above, mask ? zero : V(range.high), ratio));
        auto off = lane::mask_of<V>(sequence_dropped);
        if (drifted) off = off || advantage < zero;
        if (probability_limit < lane::infinity) off = off || abs(exp(log_prob) - exp(behavior)) > V(probability_limit);
        off = off || abs(rho) > V(log_ratio_limit);
        if (binary_kl_limit < lane::infinity) off = off || larger_binary_kl(log_prob, behavior) > V(binary_kl_limit);
        const V weight = select(off, zero, bounded);
        return {.writes = {weight},
                .statistics = {.log_weight = rho,
                               .weight = weight,
                               .largest = ratio,
                               .below = below,
                               .above = above,
                               .dropped = weight == zero,
                               .nonfinite = lane::nonfinite(weight)}};
    }
};

} // namespace RLHF_NAMESPACE::formula
