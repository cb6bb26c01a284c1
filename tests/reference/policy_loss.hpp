// SPDX-License-Identifier: MIT
#pragma once

#include "kl.hpp"

/// Policy losses l = objective(π, π_old, Â), with importance weights between the policy that sampled and π_old, and
/// β KL(π‖π_ref) estimated from the sampled token.
namespace reference {

/// What multiplies the KL estimate of a token: nothing, ρ, ρ as a constant, or π / (π as a constant).
enum class kl_weight { one, ratio, constant_ratio, own_ratio };

/// What becomes of a ratio of policies out of bounds.
enum class importance { truncate, mask };

struct policy_loss_arrays {
    array log_probs, old_log_probs;
    array ref_log_probs = {};
    array behavior_log_probs = {};
    array advantages;
    array weights = {};
};

struct policy_loss_options {
    real clip_low = 0.2L, clip_high = 0.2L; ///< these and dual_clip: of ppo_policy_loss alone
    real dual_clip = unlimited;
    real log_ratio_limit = unlimited; ///< cuts log ρ to ±limit; beyond it the ratio has no slope
    real kl_coef = 0;
    kl_estimator kl_value = kl_estimator::k3;
    std::optional<kl_estimator> kl_gradient = {}; ///< its slope replaces the slope of kl_value; absent: kl_value's own
    real kl_limit = unlimited; ///< cuts each token's estimate to ±limit; beyond it there is no slope
    reference::kl_weight kl_weight = kl_weight::one;
    reference::importance importance = importance::truncate;
    real importance_low = 0, importance_high = unlimited;
    reference::aggregation aggregation = aggregation::token_mean;
};

struct policy_loss_result {
    real loss = 0;
    array d_log_probs;
    array token_losses;
    real clip_fraction = 0;         ///< Â ≠ 0, and a bound of the objective replaces or stops the ratio
    real dual_clip_fraction = 0;    ///< Â < 0 and the surrogate lies above c |Â|
    real approx_kl = 0;             ///< mean of log π_old − log π
    real approx_kl_half_square = 0; ///< mean of (log π − log π_old)² / 2
    real mean_ratio = 0;
    real max_abs_log_ratio = 0;     ///< this and the two of approx_kl before log_ratio_limit, the others after it
    real effective_sample_size = 0; ///< (Σ ρ)² / (n Σ ρ²), 1 where all ratios agree
    real ref_kl = 0;                ///< mean of the kl_value estimate
    real mean_importance = 0;
};

/// A token's loss and its slope by log π.
struct surrogate {
    real loss, slope;
    bool clipped = false, dual_clipped = false;
};

/// What an objective sees. `limited`: log_ratio_limit has cut the log ratio.
struct sampled_token {
    real log_prob, old_log_prob, log_ratio, advantage;
    bool limited;
};

/// CISPO (MiniMax 2025, arXiv:2506.13585, eq. 4 and 5): −φ Â log π, where φ is ρ within [low, high] and a constant.
[[nodiscard]] inline surrogate cispo(const sampled_token& t, real low, real high, importance beyond) {
    const real ratio = std::exp(t.log_ratio);
    const bool out = ratio < low || ratio > high;
    real factor = out ? (ratio < low ? low : high) : ratio;
    if (out && beyond == importance::mask) factor = 0;
    return {-factor * t.advantage * t.log_prob, -factor * t.advantage, out && t.advantage != 0};
}

/// SAPO (Gao et al. 2025, arXiv:2511.20347): −(4 / τ) σ(τ (ρ − 1)) Â.
[[nodiscard]] inline surrogate sapo(const sampled_token& t, real tau_positive, real tau_negative) {
    const real tau = t.advantage > 0 ? tau_positive : tau_negative, ratio = std::exp(t.log_ratio);
    const real gate = sigmoid(tau * (ratio - 1)), slope = -4 * gate * (1 - gate) * ratio * t.advantage;
    return {-4 / tau * gate * t.advantage, t.limited ? 0 : slope};
}

/// TOPR (Le Roux et al. 2025, arXiv:2503.14286, eq. 8): −φ Â log π, φ = w₊ at Â > 0 and w₋ min(ρ, 1) elsewhere, a
/// constant.
[[nodiscard]] inline surrogate topr(const sampled_token& t, real positive, real negative) {
    const real ratio = std::exp(t.log_ratio);
    const real factor = t.advantage > 0 ? positive : negative * (ratio < 1 ? ratio : 1);
    return {-factor * t.advantage * t.log_prob, -factor * t.advantage, ratio > 1 && t.advantage < 0};
}

/// DPPO (arXiv:2602.04879, eq. 13 and 14), where `divergence` is how far π is from π_old.
[[nodiscard]] inline surrogate dppo(const sampled_token& t, real divergence, real low, real high, real cap,
                                    bool by_ratio) {
    const real ratio = std::exp(t.log_ratio), factor = ratio > cap ? cap : ratio;
    if (t.advantage > 0 && ratio > 1 && divergence > high) return {0, 0, true};
    if (t.advantage < 0 && ratio < 1 && divergence > low) return {0, 0, true};
    if (by_ratio) return {-factor * t.advantage, t.limited || ratio > cap ? 0 : -factor * t.advantage};
    return {-factor * t.advantage * t.log_prob, -factor * t.advantage};
}
[[nodiscard]] inline real binary_tv(const sampled_token& t) {
    return std::fabs(std::exp(t.log_prob) - std::exp(t.old_log_prob));
}
[[nodiscard]] inline real binary_kl(const sampled_token& t) {
    const real old = std::exp(t.old_log_prob), now = std::exp(t.log_prob), epsilon = 1e-8L;
    return old * (t.old_log_prob - t.log_prob) +
           (1 - old) * std::log((1 - old + epsilon) / (1 - (now < 1 ? now : 1) + epsilon));
}

namespace detail {

[[nodiscard]] inline real importance_weight(real log_weight, const policy_loss_options& o) {
    const real weight = std::exp(log_weight);
    if (o.importance == importance::truncate) return clamped(weight, o.importance_low, o.importance_high);
    return weight < o.importance_low || weight > o.importance_high ? 0 : weight;
}

} // namespace detail

/// objective(sampled_token) is a surrogate.
template <class Objective>
[[nodiscard]] policy_loss_result policy_loss(const batch& b, const policy_loss_arrays& a, const Objective& objective,
                                             const policy_loss_options& o = {}) {
    policy_loss_result r{.d_log_probs = array(b.size, 0), .token_losses = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    const real n = count(b).tokens;
    real ratios = 0, squares = 0;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real log_ratio = a.log_probs[e] - a.old_log_probs[e];
            const real used = clamped(log_ratio, -o.log_ratio_limit, o.log_ratio_limit), ratio = std::exp(used);
            const surrogate l =
                objective(sampled_token{a.log_probs[e], a.old_log_probs[e], used, a.advantages[e], used != log_ratio});
            const real is = a.behavior_log_probs.empty()
                                ? 1
                                : detail::importance_weight(a.old_log_probs[e] - a.behavior_log_probs[e], o);
            real loss = is == 0 ? 0 : is * l.loss, slope = is == 0 ? 0 : is * l.slope;
            if (!a.ref_log_probs.empty()) {
                const real x = a.log_probs[e] - a.ref_log_probs[e];
                const real value = kl(o.kl_value, x, o.kl_limit).value;
                r.ref_kl += value / n;
                if (o.kl_coef != 0) {
                    const bool beyond = std::fabs(kl(o.kl_value, x).value) > o.kl_limit;
                    const real own = beyond ? 0 : kl(o.kl_gradient.value_or(o.kl_value), x).slope;
                    const bool by_ratio = o.kl_weight == kl_weight::ratio || o.kl_weight == kl_weight::constant_ratio;
                    const bool learns =
                        o.kl_weight == kl_weight::own_ratio || (o.kl_weight == kl_weight::ratio && used == log_ratio);
                    loss += o.kl_coef * (by_ratio ? ratio : 1) * value;
                    slope += o.kl_coef * (by_ratio ? ratio : 1) * (learns ? value + own : own);
                }
            }
            const real weight = share[e] * (a.weights.empty() ? 1 : a.weights[e]);
            r.token_losses[e] = loss;
            r.loss += weight * loss;
            r.d_log_probs[e] = weight * slope;
            r.clip_fraction += l.clipped ? 1 / n : 0;
            r.dual_clip_fraction += l.dual_clipped ? 1 / n : 0;
            r.approx_kl -= log_ratio / n;
            r.approx_kl_half_square += log_ratio * log_ratio / 2 / n;
            r.mean_ratio += ratio / n;
            if (std::fabs(log_ratio) > r.max_abs_log_ratio) r.max_abs_log_ratio = std::fabs(log_ratio);
            r.mean_importance += is / n;
            ratios += ratio, squares += ratio * ratio;
        }
    if (squares > 0) r.effective_sample_size = ratios * ratios / (n * squares);
    return r;
}

} // namespace reference
