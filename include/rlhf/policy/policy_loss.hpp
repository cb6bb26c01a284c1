// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/sequence_sweep.hpp>
#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/cispo.hpp>
#include <rlhf/formula/clipped_surrogate.hpp>
#include <rlhf/formula/dppo.hpp>
#include <rlhf/formula/gmpo.hpp>
#include <rlhf/formula/gspo.hpp>
#include <rlhf/formula/policy_token.hpp>
#include <rlhf/formula/sapo.hpp>
#include <rlhf/formula/topr.hpp>
#include <rlhf/formula/vespo.hpp>
#include <rlhf/results/loss_result.hpp>

namespace rlhf {

/// The options that all objectives have in common.
struct policy_loss_options {
    double log_ratio_limit = unlimited; ///< above 0: clamps log ρ to ±limit; beyond it no gradient flows through ρ
    double kl_coef = 0;                 ///< β of KL in the loss, finite; with KL in the reward leave it 0
    rlhf::kl_estimator kl_estimator = rlhf::kl_estimator::k3; ///< k, the estimate of each token
    std::optional<rlhf::kl_estimator> kl_gradient = {};       ///< absent: the gradient of kl_estimator
    double kl_limit = unlimited;                              ///< above 0: clamps k to ±limit; no gradient beyond it
    rlhf::kl_weight kl_weight = rlhf::kl_weight::one;         ///< multiplies k in the loss, not in kl()
    importance_range importance_limit = unlimited;            ///< bounds of the weight exp(old − behavior)
    rlhf::importance importance = rlhf::importance::truncate; ///< what happens beyond importance_limit
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct policy_loss_arrays {
    view<const T> log_probs = detail::required<T>();     ///< [B, T] log π(aₜ|sₜ), nats
    view<const T> old_log_probs = detail::required<T>(); ///< [B, T] log π_old at the time of the rollout
    view<const T> ref_log_probs = {};                    ///< [B, T] log π_ref; absent: no KL in loss and result
    view<const T> behavior_log_probs = {};               ///< [B, T] log μ of the sampler; absent: no importance weight
    view<const T> advantages = detail::required<T>();    ///< [B, T], or per_sequence [B]; no gradient flows to them
    view<const T> weights = {};                          ///< [B, T], or per_sequence [B]; factor of the loss; absent: 1
    gradient<T> d_log_probs = {};                        ///< [B, T] ∂loss/∂log_probs; absent: values only
};

/// Sums over the tokens that count; the parts of a step join by +=. Statistics that an objective does not have stay 0.
class policy_loss_result : public loss_result<policy_loss_result, formula::policy_statistics> {
public:
    using loss_result::loss_result;

    [[nodiscard]] double clip_fraction() const { return clip_fraction_low() + clip_fraction_high(); }
    /// The share of tokens with Â ≠ 0 whose ratio the objective's lower bound replaces or stops. For ppo_clip: ρ < 1 −
    /// ε₋ and Â < 0. The other objectives document their condition.
    [[nodiscard]] double clip_fraction_low() const { return per_token(totals_.clipped_low); }
    /// The same for the upper bound. For ppo_clip: ρ > 1 + ε₊ and Â > 0.
    [[nodiscard]] double clip_fraction_high() const { return per_token(totals_.clipped_high); }
    /// For ppo_clip with `dual`, the share of tokens with ρ > c and Â < 0.
    [[nodiscard]] double dual_clip_fraction() const { return per_token(totals_.dual_clipped); }
    /// mean(log π_old − log π). This, approx_kl_half_square and max_log_ratio use log ratios before log_ratio_limit.
    [[nodiscard]] double approx_kl() const { return -per_token(totals_.log_ratio); }
    /// ½ mean((log π − log π_old)²)
    [[nodiscard]] double approx_kl_half_square() const { return per_token(totals_.log_ratio_square) / 2; }
    /// mean(ρ). This and effective_sample_size use ratios after log_ratio_limit.
    [[nodiscard]] double mean_ratio() const { return per_token(totals_.ratio.sum); }
    /// mean(k): the estimate of KL to the reference, after kl_limit.
    [[nodiscard]] double kl() const { return per_token(totals_.kl); }
    /// max |log ρ|. If it is still 0 after the first update, old_log_probs is the same array as log_probs.
    [[nodiscard]] double max_log_ratio() const {
        return totals_.log_ratio_size.value > 0 ? totals_.log_ratio_size.value : 0;
    }
    /// (Σρ)² / (n Σρ²), at most 1 up to roundings: the effective share of the tokens if ρ weights them.
    [[nodiscard]] double effective_sample_size() const { return totals_.ratio.evenness(own.tokens); }
};

namespace detail {
template <class T = double>
void check_options(const char* f, const policy_loss_options& o) {
    check_positive<T>(f, "log_ratio_limit", o.log_ratio_limit);
    check_finite<T>(f, "kl_coef", o.kl_coef);
    check_positive<T>(f, "kl_limit", o.kl_limit);
    check_positive<T>(f, "importance_limit", o.importance_limit.high);
    check_range(f, "importance_limit.low", o.importance_limit.low, 0, o.importance_limit.high);
    if (o.importance == importance::mask && !o.importance_limit.limits())
        fail(f, "importance = mask needs importance_limit");
}

/// Throws for options that have no effect because the log-probs that they need are absent.
inline void check_needs(const char* f, const policy_loss_options& o, bool ref, bool behavior) {
    const auto needs = [&](bool used, bool there, const char* what) {
        if (used && !there) fail(f, "%s", what);
    };
    needs(o.kl_coef != 0, ref, "kl_coef needs ref_log_probs");
    needs(o.kl_gradient.has_value(), ref, "kl_gradient needs ref_log_probs");
    needs(o.kl_limit < unlimited, ref, "kl_limit needs ref_log_probs");
    needs(o.kl_weight != kl_weight::one, ref, "kl_weight needs ref_log_probs");
    needs(o.importance_limit.limits(), behavior, "importance_limit needs behavior_log_probs");
}

/// The arrays of a policy loss, bound to a batch.
template <class T>
struct bound_policy {
    stream<const T> log_probs, old_log_probs, ref_log_probs, behavior_log_probs, advantages, weights;
    target<T> d_log_probs; ///< with the divisor in its scale
    normalization n;
};

/// Checks the common options, binds the arrays and ends the call's checks, for any objective.
template <class T>
bound_policy<T> bind_policy(call& c, const policy_loss_arrays<T>& a, const policy_loss_options& o) {
    check_options<T>(c.function(), o);
    bound_policy<T> bound{.log_probs = c.in(a.log_probs, "log_probs"),
                          .old_log_probs = c.in(a.old_log_probs, "old_log_probs"),
                          .ref_log_probs = c.optional(a.ref_log_probs, "ref_log_probs"),
                          .behavior_log_probs = c.optional(a.behavior_log_probs, "behavior_log_probs"),
                          .advantages = c.in(a.advantages, "advantages"),
                          .weights = c.optional(a.weights, "weights"),
                          .d_log_probs = c.out(a.d_log_probs, "d_log_probs"),
                          .n = normalization(c, o.aggregation)};
    if (c.tokens() > 0) check_needs(c.function(), o, bool(bound.ref_log_probs), bool(bound.behavior_log_probs));
    c.done();
    bound.d_log_probs.scale = bound.n.scaled(bound.d_log_probs.scale);
    return bound;
}

/// The common options as numbers of T, rounded once.
template <class T, formula::policy_parts Parts, class Formula>
formula::policy_rule<T, Formula, Parts> policy_rule_of(const policy_loss_options& o, const Formula& objective, bool ref,
                                                       bool behavior) {
    const T low = T(o.importance_limit.low), high = T(o.importance_limit.high);
    const bool mask = o.importance == importance::mask;
    return {.objective = objective,
            .log_ratio_limit = T(o.log_ratio_limit),
            .importance = {low, high, mask ? T(0) : low, mask ? T(0) : high},
            .kl_coef = T(o.kl_coef),
            .kl_limit = T(o.kl_limit),
            .kl_value = o.kl_estimator,
            .kl_slope = o.kl_gradient.value_or(o.kl_estimator),
            .kl_weight = o.kl_weight,
            .ref = ref,
            .behavior = behavior};
}

/// A sweep over tokens, or a sweep over sequences if the tokens of a sequence decide together.
template <class T, class Arch, std::size_t In, class Rule>
auto sweep_of_rule(const call& c, const bound_policy<T>& a, const std::array<stream<const T>, In>& in,
                   const Rule& rule) {
    const std::array targets{a.d_log_probs};
    if constexpr (requires { rule.objective.reduction(); })
        return sequence_sweep_of<T, Arch, 2>(c, in, targets, rule.objective.reduction(), rule, a.n.weight);
    else
        return token_sweep_of<T, Arch>(c, in, targets, rule, a.n.weight);
}

/// Checks and binds the arguments of a policy loss, and chooses the parts that the call needs (DESIGN.md, D19).
template <class T, class Arch, class Objective>
auto policy_sweep(call& c, const policy_loss_arrays<T>& arrays, const Objective& objective,
                  const policy_loss_options& o) {
    using formula::policy_parts;
    const bound_policy<T> a = bind_policy(c, arrays, o);
    using chosen = formula::objective<Objective>;
    const auto with = [&]<policy_parts Parts>(const auto& formula, const auto&... more) {
        const std::array in{a.log_probs, a.old_log_probs, a.advantages, more...};
        const auto rule = policy_rule_of<T, Parts>(o, formula, bool(a.ref_log_probs), bool(a.behavior_log_probs));
        return normalized{a.n, sweep_of_rule<T, Arch>(c, a, in, rule)};
    };
    if constexpr (requires { chosen::template whole<T>(objective).reduction(); })
        if (o.kl_weight == kl_weight::ratio || o.kl_weight == kl_weight::constant_ratio)
            fail(c.function(), "kl_weight needs a ratio per token, but this objective has one per sequence");
    constexpr bool has_rare_options = requires { chosen::is_usual(objective); };
    bool rare = o.log_ratio_limit < unlimited || o.kl_weight != kl_weight::one;
    if constexpr (has_rare_options) rare = rare || !chosen::is_usual(objective);
    if (!a.weights && !a.behavior_log_probs && !rare) {
        const auto formula = [&] {
            if constexpr (has_rare_options)
                return chosen::template usual<T>(objective);
            else
                return chosen::template whole<T>(objective);
        }();
        if (a.ref_log_probs) return with.template operator()<policy_parts::kl>(formula, a.ref_log_probs);
        return with.template operator()<policy_parts::objective>(formula);
    }
    static constexpr T one = 1;
    const auto or_one = [](const auto& s) { return s ? s : stream<const T>{&one, 0, 0}; };
    return with.template operator()<policy_parts::all>(chosen::template whole<T>(objective), or_one(a.ref_log_probs),
                                                       or_one(a.weights), or_one(a.behavior_log_probs));
}
} // namespace detail

/// A policy loss over the tokens of a batch, with its gradient and statistics from the same sweep. The objective is one
/// of rlhf::ppo_clip, cispo, sapo, topr, dppo_tv, dppo_kl, gspo, gmpo and vespo. Each has its formula, options and
/// source in a header in formula/; formula/surrogate.hpp explains M and φ. With the last three, ρ is the ratio of a
/// whole sequence. Importance sampling without a clip (tinker, SkyRL) is ppo_clip{.range = {1, unlimited}}. REINFORCE
/// and GPG are cispo{1, 1}. Kimi k1.5 and DRO are cispo{1, 1} with KL by k2, old_log_probs as ref_log_probs, and
/// kl_coef as their τ or β. LUSPO is gspo with sequence_mean_token_sum.
///
///     x    = log π(a|s) − log π_old(a|s), clamped to ±log_ratio_limit      ρ = eˣ
///     l    = objective(ρ, Â, log π, π_old)                                 its slope is −M φ(ρ) Â
///     l   += kl_coef · k(log π − log π_ref)                                with ref_log_probs, times its kl_weight
///     loss = Σ w l / denominator                                           by the aggregation
///
/// With behavior_log_probs the objective is multiplied by exp(old − behavior), truncated at (or masked beyond)
/// importance_limit; no gradient flows through that factor. One number as importance_limit is an upper bound: truncated
/// importance sampling (TIS). Two bounds with importance::mask are IcePop. Pass weights from rlhf::importance_weights
/// as `weights` instead: with both, a token would be corrected twice. With gspo and gmpo, pass `weights` per sequence:
/// the tokens share a ratio, and the slope is exact if they share the weight. vespo's ratio contains the correction
/// already.
///
/// A mean over sequences may depend on their lengths (arXiv:2607.23364). A sequence with n counted tokens then has the
/// weight n^(α − 1): α = 0 is sequence_mean_token_mean, α = 1 is sequence_mean_token_sum.
///
///     for (std::size_t s = 0; s < w.size(); ++s) w[s] = std::pow(n[s], alpha - 1);
///     arrays.weights = rlhf::per_sequence(w);
///     options.aggregation = rlhf::aggregation::sequence_mean_token_sum;
///
/// An objective is homogeneous in Â: a factor of at least 0 of a token's objective can be given as a factor of its
/// advantage. So a loss that only one trainer has is often a policy_loss with other advantages. In this table d = log π
/// − log π_old, and a = log π_teacher − log π:
///
///     FIPO     ms-swift    Â u, u = clip(e^F, [1, 1.2]), F = Σ γᵏ dₜ₊ₖ by discounted_returns of d, gaps::zero
///     IW-OPD   TRL         cispo{1, 1}, Â = a (1 + γ Rₜ / R₀), Rₜ = Σ_{k ≥ t} |aₖ|, with π_old for π in a
///     ref_kl   prime-rl    preset::prime_rl::ref_kl, Â = a, or 0 where π < π_old − 0.2
///     top-k    miles       Â = −Σ w (log π − log π_teacher) over likely tokens; w: π, π_teacher or 1, over their sum
///     REAL     ms-swift    log(1 + Σ_bad eˢ) + log(1 + Σ_good e⁻ˢ) per group that has both, s = mean d / τ:
///                          sequence_log_probs, then cross_entropy_loss of rows {0, s, …}, whose target is the 0
///
/// preset_ms_swift_test, preset_prime_rl_test and scores_test compare all but top-k with the trainers' own code. The Â
/// of top-k does not depend on the token that was drawn, so its gradient has mean 0; passed to discounted_returns as
/// rewards, it teaches the tokens before. Sources: FIPO arXiv:2603.19835, IW-OPD arXiv:2606.22600, top-k
/// arXiv:2604.13016, REAL arXiv:2602.05630.
///
/// Arrays are [B, T] (or packed [tokens]) in nats; advantages and weights may be rlhf::per_sequence. Masked tokens may
/// hold anything; their gradient is +0, or left as it is with add_to. Tokens whose loss is NaN or infinite are counted
/// by nonfinite(); they are not removed from the sums. No counted token: loss 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, options without
/// effect (for KL without ref_log_probs, for importance without behavior_log_probs), a gradient that overlaps an input,
/// a batch that counts more than its denominator.
///
/// Source: see the objective; KL in the loss: Shao et al. 2024, arXiv:2402.03300, eq. 3.
template <class T = float, class Arch = native, class Objective>
policy_loss_result policy_loss(const batch& b, const policy_loss_arrays<T>& a, const Objective& objective,
                               const policy_loss_options& o = {}, const executor& run = {}) {
    detail::call c("policy_loss", b);
    formula::objective<Objective>::bounds(objective, detail::in_range{c.function()});
    const auto [n, sweep] = detail::policy_sweep<T, Arch>(c, a, objective, o);
    return policy_loss_result(n, sweep, run);
}

} // namespace RLHF_NAMESPACE
