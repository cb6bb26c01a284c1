// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/steps/chain_sweep.hpp>
#include <rlhf/formula/vtrace.hpp>

namespace rlhf {

/// The three bounds are upper bounds of the ratio w = π / μ, at least 0; rlhf::unlimited is no bound.
struct vtrace_options {
    double gamma = 1;                   ///< γ in [0, 1]
    double lambda = 1;                  ///< λ in [0, 1]
    double rho_bar = 1;                 ///< ρ̄, for δ; it decides which policy's value is estimated
    double c_bar = 1;                   ///< c̄, for the trace γλ min(c̄, w); it decides how fast the trace fades
    double policy_rho_bar = 1;          ///< ρ̄_pg, for the advantages
    rlhf::gaps gaps = rlhf::gaps::skip; ///< what masked steps mean
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct vtrace_arrays {
    view<const T> rewards = detail::required<T>();            ///< [B, T]
    view<const T> values = detail::required<T>();             ///< [B, T] V(sₜ)
    view<const T> log_probs = detail::required<T>();          ///< [B, T] log π of the policy that learns, nats
    view<const T> behavior_log_probs = detail::required<T>(); ///< [B, T] log μ of the policy that acted, nats
    view<const T> next_values = {};           ///< [B, T] V(sₜ₊₁); absent: the value of the next step
    view<const T> bootstrap_values = {};      ///< [B] V after the last step; absent: 0
    view<const std::uint8_t> terminated = {}; ///< [B, T] the episode ended at t: V(sₜ₊₁) = 0, Aₜ₊₁ = 0
    view<const std::uint8_t> truncated = {};  ///< [B, T] the episode was cut after t: Aₜ₊₁ = 0
    view<T> targets = {};                     ///< [B, T] out; may be values' memory
    view<T> advantages = {};                  ///< [B, T] out; may be rewards' memory
};

namespace detail {

inline void check_options(const char* f, const vtrace_options& o) {
    check_range(f, "gamma", o.gamma, 0, 1);
    check_range(f, "lambda", o.lambda, 0, 1);
    check_not_negative(f, "rho_bar", o.rho_bar);
    check_not_negative(f, "c_bar", o.c_bar);
    check_not_negative(f, "policy_rho_bar", o.policy_rho_bar);
}

template <class T>
struct vtrace_kernel {
    enum input { reward, value, next, log_prob, behavior };
    static constexpr std::size_t inputs = 5, outputs = 2, heads = 4;
    formula::vtrace_rule<T> rule;

    template <class V>
    RLHF_FORMULA std::array<V, heads> head(const std::array<V, inputs>& x) const {
        const auto s = rule.step(x[reward], x[value], x[next], x[log_prob], x[behavior]);
        return {s.error, s.factor, s.residual, s.weight};
    }
    template <class N>
    RLHF_FORMULA static N joined(N error, N factor, N after) {
        return formula::vtrace_rule<T>::error(error, factor, after);
    }
    template <class V>
    RLHF_FORMULA std::array<V, outputs> finish(const std::array<V, heads>& h, const V& v, const V& sum,
                                               const V& after) const {
        const auto y = rule.finish(v, h[2], h[3], sum, after);
        return {y.target, y.advantage};
    }
};

} // namespace detail

/// V-trace: value targets and advantages of a policy π, from steps that another policy μ took.
///
///     wₜ = e^(log π − log μ)
///     δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)
///     Aₜ = min(ρ̄, wₜ) δₜ + γλ min(c̄, wₜ) Aₜ₊₁
///     targetₜ = V(sₜ) + Aₜ
///     advantageₜ = min(ρ̄_pg, wₜ) (δₜ + γλ Aₜ₊₁)
///
/// δₜ + γλ Aₜ₊₁ is rₜ + γ ((1 − λ) V(sₜ₊₁) + λ targetₜ₊₁) − V(sₜ), as in rlax; with λ = 1 it is the paper's rₜ + γ
/// targetₜ₊₁ − V(sₜ). The advantage contains the ratio already, so the policy loss is −advantage · log π. With π = μ
/// and bounds of 1 or more, A is the advantage of `gae`. ρ̄ ≥ c̄ is usual, and is not checked.
///
/// Episodes, gaps and masks are as in `gae`. At a terminated step V(sₜ₊₁) is 0 and Aₜ₊₁ is left out. At a truncated
/// step only Aₜ₊₁ is left out, so next_values are needed. With next_values, bootstrap_values are not read. A masked
/// step that advances time, with gaps::zero, has the ratio 1.
///
/// Edges: A ratio of NaN stays NaN; an infinite one is bounded. Where γλ or min(c̄, wₜ) is 0, Aₜ₊₁ is left out of Aₜ,
/// even if Aₜ₊₁ or wₜ is infinite.
///
/// Arrays are [B, T] (or packed [tokens]). targets may lie exactly on values, advantages on rewards; both are +0 where
/// masked. Masked data is not read, except by gaps::ignore. Computed in T, with the same bits in [T, B] as in [B, T]. A
/// sequence is not divided over threads.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, γ or λ outside [0, 1], a bound that is
/// negative or NaN, truncated without next_values, an output that overlaps another array.
///
/// Source: Espeholt et al. 2018, arXiv:1802.01561, eq. 1, remark 2 and section 4.2 (IMPALA).
template <class T = float, class Arch = native>
void vtrace(const batch& b, const vtrace_arrays<T>& a, const vtrace_options& o = {}, const executor& run = {}) {
    detail::call c("vtrace", b);
    detail::check_options(c.function(), o);
    const auto rewards = c.in(a.rewards, "rewards"), values = c.in(a.values, "values");
    const auto log_probs = c.in(a.log_probs, "log_probs");
    const auto behavior = c.in(a.behavior_log_probs, "behavior_log_probs");
    const auto next_values = c.optional(a.next_values, "next_values");
    const auto bootstrap = c.per_sequence(a.bootstrap_values, "bootstrap_values");
    const detail::scan_flags flags{c.optional(a.terminated, "terminated"), c.optional(a.truncated, "truncated")};
    const std::array targets{c.out(a.targets, "targets", a.values.data()),
                             c.out(a.advantages, "advantages", a.rewards.data())};
    if (flags.truncated && !next_values && c.tokens() > 0)
        detail::fail(c.function(), "truncated needs next_values: values[t + 1] belongs to the next episode");
    c.done();

    using kernel = detail::vtrace_kernel<T>;
    const std::array in{rewards, values, next_values, log_probs, behavior};
    const auto bound = [](double x) { return static_cast<T>(x); };
    const T gamma_lambda = bound(o.gamma * o.lambda);
    const T c_bar = gamma_lambda == 0 ? T(0) : bound(o.c_bar); // so that 0 · ∞ cannot arise
    const kernel k{{bound(o.gamma), gamma_lambda, bound(o.rho_bar), c_bar, bound(o.policy_rho_bar)}};
    detail::chain_sweep<T, Arch, kernel>({c, in, targets, k, o.gaps, flags, {.edge = bootstrap}})(run);
}

} // namespace RLHF_NAMESPACE
