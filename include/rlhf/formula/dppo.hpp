// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// The value that a DPPO loss reports. The slope is the derivative of that value.
enum class dppo_value {
    log_prob, ///< −φ Â log π with φ = min(ρ, cap), a constant: verl
    ratio,    ///< −min(ρ, cap) Â, which has no slope where ρ is above the cap: SkyRL, prime-rl
};

/// Options of DPPO with the total variation of the two outcomes "this token" and "another one". A token is stopped if π
/// has moved from π_old by more than δ and Â pushes it further.
///
///     | trainer         | range | cap                                           | value    |
///     |---|---|---|---|
///     | verl, dppo_tv   | 0.2   | 3 (clip_ratio_c; verl's documentation has 20) | log_prob |
///     | SkyRL, prime-rl | 0.2   | unlimited                                     | ratio    |
///
/// prime-rl adds τ d² with d = log π − log π_old. For this term use kl_coef = 2 τ and kl_estimator::k2, with
/// old_log_probs as ref_log_probs.
struct dppo_tv {
    /// δ₋ and δ₊, at least 0: how far π may be below and above π_old, as a difference of probabilities
    ratio_range range = 0.2;
    double cap = unlimited; ///< the largest ρ in the loss, at least 0
    dppo_value value = dppo_value::log_prob;
};

/// Options of DPPO with the KL divergence of the two outcomes "this token" and "another one".
///
///     | trainer, paper | range | cap       | value    |
///     |---|---|---|---|
///     | paper          | 0.05  | unlimited |          |
///     | verl, dppo_kl  | 0.2   | 3         | log_prob |
struct dppo_kl {
    ratio_range range = 0.05; ///< δ₋ and δ₊, at least 0: the most nats below and above π_old
    double cap = unlimited;   ///< the largest ρ in the loss, at least 0
    dppo_value value = dppo_value::log_prob;
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// Loss and slope of a token, stopped or not, for both kinds of DPPO.
///
///     φ    = min(ρ, cap)
///     loss = −φ Â logp  or  −φ Â                0 where the token is stopped
///     ∂loss/∂logp = −φ Â                        0 where it is stopped; for −φ Â also 0 where ρ > cap
template <class T>
struct dppo_surrogate {
    T cap;
    bool by_ratio; ///< dppo_value::ratio

    template <class V, class Mask>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t, V ratio, Mask low, Mask high) const {
        using lane::select, lane::smaller;
        const V zero(0), slope = select(low || high, zero, -smaller(V(cap), ratio) * t.advantage);
        if (by_ratio) return {slope, select(ratio > V(cap), zero, slope), ratio, low, high};
        return {by_log_prob(slope, t.log_prob), slope, ratio, low, high};
    }
};

/// One token of DPPO with the binary total variation.
///
///     low  = Â < 0 and π − π_old < −δ₋      high = Â > 0 and π − π_old > δ₊       stopped: low or high
///
/// π and π_old are not changed by log_ratio_limit. NaN in any argument gives a NaN loss. clipped_low and clipped_high
/// count low and high.
///
/// Source: the paper of DPPO, arXiv:2602.04879, eq. 13.
template <class T>
struct dppo_tv {
    T low, high; ///< δ₋, δ₊
    dppo_surrogate<T> rest;

    [[nodiscard]] RLHF_FORMULA bool learns_by_ratio() const { return rest.by_ratio; }

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::exp;
        const V zero(0), ratio = exp(t.log_ratio), moved = exp(t.log_prob) - exp(t.old_log_prob);
        const auto fell = moved < V(-low);
        const auto rose = moved > V(high);
        return rest(t, ratio, fell && t.advantage < zero, rose && t.advantage > zero);
    }
};

/// One token of DPPO with the binary KL divergence.
///
///     D    = π_old (log π_old − log π) + (1 − π_old) log((1 − π_old + ε) / (1 − π + ε)),  ε = 10⁻⁸
///     low  = Â < 0, ρ < 1 and D > δ₋        high = Â > 0, ρ > 1 and D > δ₊         stopped: low or high
///
/// D > δ is computed as 1 − π_old + ε > (1 − π + ε) exp((δ + π_old (log π − log π_old)) / (1 − π_old)), without a
/// logarithm. π and π_old, at most 1, are not changed by log_ratio_limit. NaN in any argument gives a NaN loss.
/// clipped_low and clipped_high count low and high.
///
/// Source: the paper of DPPO, arXiv:2602.04879, eq. 14; the trainers add ε.
template <class T>
struct dppo_kl {
    T low, high; ///< δ₋, δ₊
    dppo_surrogate<T> rest;

    [[nodiscard]] RLHF_FORMULA bool learns_by_ratio() const { return rest.by_ratio; }

    template <class V>
    [[nodiscard]] RLHF_FORMULA V first(const sampled_token<V>& t) const {
        using lane::exp;
        return exp(t.old_log_prob);
    }
    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        return (*this)(t, first(t));
    }
    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t, V old) const {
        using lane::exp, lane::larger, lane::select;
        const V zero(0), one(1), epsilon(T(1e-8)), ratio = exp(t.log_ratio);
        const V others_old = larger(zero, one - old), others = larger(zero, one - exp(t.log_prob)); // 1 − π_old, 1 − π
        const auto up = t.advantage > zero, down = t.advantage < zero;
        const V own = select(old == zero, zero, old * (t.log_prob - t.old_log_prob)); // π_old = 0 is not 0 · ∞
        // e⁻⁶⁰ is less than ε, and not a subnormal number, which would be slow.
        const V bound = larger(V(-60), (select(up, V(high), V(low)) + own) / others_old);
        const auto beyond = others_old + epsilon > (others + epsilon) * exp(bound);
        const auto fell = ratio < one;
        const auto rose = ratio > one;
        return rest(t, ratio, beyond && fell && down, beyond && rose && up);
    }
};

template <class Options, template <class> class Formula>
struct dppo_objective {
    template <class T>
    static Formula<T> whole(const Options& o) {
        return {T(o.range.low), T(o.range.high), {T(o.cap), o.value == dppo_value::ratio}};
    }
    static void bounds(const Options& o, auto&& within) {
        within("range.low", o.range.low, 0.0, unlimited), within("range.high", o.range.high, 0.0, unlimited);
        within("cap", o.cap, 0.0, unlimited);
    }
};
template <>
struct objective<rlhf::dppo_tv> : dppo_objective<rlhf::dppo_tv, dppo_tv> {};
template <>
struct objective<rlhf::dppo_kl> : dppo_objective<rlhf::dppo_kl, dppo_kl> {};

} // namespace RLHF_NAMESPACE::formula
