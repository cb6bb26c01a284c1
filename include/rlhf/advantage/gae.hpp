// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/steps/step_sweep.hpp>
#include <rlhf/formula/gae.hpp>

namespace rlhf {

struct gae_options {
    double gamma = 1;                   ///< γ in [0, 1]
    double lambda = 0.95;               ///< λ in [0, 1]
    rlhf::gaps gaps = rlhf::gaps::skip; ///< what masked steps mean
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct gae_arrays {
    view<const T> rewards = detail::required<T>(); ///< [B, T]
    view<const T> values = detail::required<T>();  ///< [B, T] V(sₜ)
    view<const T> next_values = {};                ///< [B, T] V(sₜ₊₁); absent: the value of the next step
    view<const T> bootstrap_values = {};           ///< [B] V after the last step; absent: 0, the sequence ended
    view<const T> lambdas = {};                    ///< [B] a λ per sequence, in [0, 1], in place of options.lambda
    view<const std::uint8_t> terminated = {}; ///< [B, T] the episode ended at t: V(sₜ₊₁) = 0, Âₜ₊₁ = 0
    view<const std::uint8_t> truncated = {};  ///< [B, T] the episode was cut after t: Âₜ₊₁ = 0
    view<T> advantages = {};                  ///< [B, T] out; may be rewards' memory
    view<T> returns = {};                     ///< [B, T] out; may be values' memory
};

namespace detail {

inline void check_options(const char* f, const gae_options& o) {
    check_range(f, "gamma", o.gamma, 0, 1);
    check_range(f, "lambda", o.lambda, 0, 1);
}

template <class T>
struct gae_kernel {
    static constexpr bool forward = false;
    enum input { reward, value, next_value };
    static constexpr std::size_t inputs = 3, required = 2, outputs = 2;
    static constexpr bool reads_after(std::size_t k) { return k == value; }
    T gamma, factor;

    template <class V, bool Flagged>
    RLHF_FORMULA V head(const scan_steps<V, inputs, Flagged>& x) const {
        using lane::select;
        V next = x.after[value];
        if (x.given[next_value]) next = x.here[next_value];
        if constexpr (Flagged) {
            if (x.given[next_value]) next = select(x.unread, x.after[value], next);
            next = select(x.terminated, V(T(0)), next);
        }
        return formula::td_error(x.here[reward], x.here[value], next, V(gamma));
    }
    template <class V, bool Flagged>
    RLHF_FORMULA std::array<V, 2> finish(const scan_steps<V, inputs, Flagged>& x, const V& advantage, const V&) const {
        return {advantage, formula::gae_return(advantage, x.here[value])};
    }
};

} // namespace detail

/// Generalised advantage estimation over the steps of a batch, from the last to the first.
///
///     δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)
///     Âₜ = δₜ + γλ Âₜ₊₁
///     Rₜ = Âₜ + V(sₜ)
///
/// At a terminated step V(sₜ₊₁) is 0 and Âₜ₊₁ is left out. At a truncated step only Âₜ₊₁ is left out, so next_values
/// are needed. Without next_values, V(sₜ₊₁) is the value of the next step, and bootstrap_values after the last one.
/// With next_values, bootstrap_values are not read.
///
/// With gaps::skip masked steps do not advance time: the step after a tool's output directly follows the one before it.
/// A reward at a masked step is lost, except with gaps::ignore. With skip and zero the bootstrap value follows the last
/// step that counts; with ignore it follows the last step in memory. With zero, V(sₜ₊₁) at a masked step is the value
/// of the step after it, whether or not next_values are given.
///
/// Only gaps::ignore reads the flags of masked steps. An episode that ends inside a gap needs its flag on the last step
/// that counts before the gap. A flag stands on the step that ends the episode. If `dones` stand on the step after it
/// (SB3's episode_starts, CleanRL), terminated[t] is dones[t + 1], and terminated of the last step is the next done:
/// keep T + 1 dones, and pass the last T.
///
/// With lambdas, each sequence has its own λ, and options.lambda is not used. The bits are the same as in a call with
/// that λ as the option. formula::length_lambda (VAPO) and formula::relative_lambda compute λ from the length of a
/// sequence. VAPO has one λ for the value and another for the policy: call gae twice, for returns with λ = 1 and for
/// advantages with lambdas.
///
/// returns are the λ-returns of the rewards: Rₜ = rₜ + γ ((1 − λ) V(sₜ₊₁) + λ Rₜ₊₁).
///
/// A sequence may be computed in parts, from the last part to the first, if it is cut between two steps that count.
/// bootstrap_values of a part are then the values of the step after it, and the caller adds γλ times the advantage of
/// that step to the part's last reward, unless a flag stands there. Parts agree with the whole to rounding.
///
/// Arrays are [B, T] (or packed [tokens]). advantages may lie exactly on rewards, returns on values; both are +0 where
/// masked. Masked data is not read, except by gaps::ignore. Computed in T. No counted step: all outputs are 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, γ or a λ outside [0, 1], truncated
/// without next_values, an output that overlaps another array.
///
/// Source: Schulman et al. 2016, arXiv:1506.02438, eq. 11 to 16.
template <class T = float, class Arch = native>
void gae(const batch& b, const gae_arrays<T>& a, const gae_options& o = {}, const executor& run = {}) {
    detail::call c("gae", b);
    detail::check_options(c.function(), o);
    const std::array in{c.in(a.rewards, "rewards"), c.in(a.values, "values"), c.optional(a.next_values, "next_values")};
    const auto bootstrap = c.per_sequence(a.bootstrap_values, "bootstrap_values");
    const auto lambdas = detail::bind_lambdas(c, a.lambdas);
    const bool next_values = !a.next_values.absent();
    const detail::scan_flags flags{c.optional(a.terminated, "terminated"), c.optional(a.truncated, "truncated"),
                                   next_values && o.gaps == gaps::zero};
    const std::array targets{c.out(a.advantages, "advantages", a.rewards.data()),
                             c.out(a.returns, "returns", a.values.data())};
    if (flags.truncated && !next_values && c.tokens() > 0)
        detail::fail(c.function(), "truncated needs next_values: values[t + 1] belongs to the next episode");
    c.done();

    using kernel = detail::gae_kernel<T>;
    const kernel k{static_cast<T>(o.gamma), static_cast<T>(o.gamma * o.lambda)};
    detail::step_sweep<T, Arch, kernel>(
        {c, in, targets, k, o.gaps, flags, {.edge = bootstrap, .lambdas = lambdas, .gamma = o.gamma}})(run);
}

} // namespace RLHF_NAMESPACE
