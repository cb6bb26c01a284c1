// SPDX-License-Identifier: MIT
#pragma once

#include "kl.hpp"

/// The clipped surrogate (Schulman et al. 2017, arXiv:1707.06347, eq. 7), as a loss:
///
///     ρ = π / π_old      l = −min(ρ Â, clip(ρ, 1 − ε₋, 1 + ε₊) Â)
///
/// with a lower bound c Â at Â < 0 (dual clip: Ye et al. 2020, arXiv:1912.09729, eq. 5), importance weights between the
/// policy that sampled and π_old, and β KL(π‖π_ref) estimated from the sampled token.
namespace reference {

/// What becomes of an importance weight π_old / π_behavior out of bounds.
enum class importance { truncate, mask };

struct ppo_policy_loss_arrays {
    array log_probs, old_log_probs;
    array ref_log_probs = {};
    array behavior_log_probs = {};
    array advantages;
    array weights = {};
};

struct ppo_policy_loss_options {
    real clip_low = 0.2L, clip_high = 0.2L;
    real dual_clip = unlimited;
    real log_ratio_limit = unlimited; ///< cuts log ρ to ±limit; beyond it the surrogate has no slope
    real kl_coef = 0;
    kl_estimator kl_value = kl_estimator::k3;
    std::optional<kl_estimator> kl_gradient = {}; ///< whose slope stands for that of kl_value; absent: its own
    real kl_limit = unlimited; ///< cuts each token's estimate to ±limit; beyond it there is no slope
    reference::importance importance = importance::truncate;
    real importance_low = 0, importance_high = unlimited;
    reference::aggregation aggregation = aggregation::token_mean;
};

struct ppo_policy_loss_result {
    real loss = 0;
    array d_log_probs;
    array token_losses;
    real clip_fraction = 0;         ///< Â > 0 with ρ > 1 + ε₊, or Â < 0 with ρ < 1 − ε₋
    real dual_clip_fraction = 0;    ///< Â < 0 and the surrogate lies above c |Â|
    real approx_kl = 0;             ///< mean of log π_old − log π
    real approx_kl_half_square = 0; ///< mean of (log π − log π_old)² / 2
    real mean_ratio = 0;
    real max_abs_log_ratio = 0;     ///< this and the two of approx_kl before log_ratio_limit, the others after it
    real effective_sample_size = 0; ///< (Σ ρ)² / (n Σ ρ²), 1 where all ratios agree
    real ref_kl = 0;                ///< mean of the kl_value estimate
    real mean_importance = 0;
};

namespace detail {

struct surrogate {
    real loss, slope;
    bool clipped, dual_clipped;
};

[[nodiscard]] inline surrogate clipped_surrogate(real log_ratio, real advantage, const ppo_policy_loss_options& o) {
    const bool limited = std::fabs(log_ratio) > o.log_ratio_limit;
    const real ratio = std::exp(clamped(log_ratio, -o.log_ratio_limit, o.log_ratio_limit));
    const bool clipped = (advantage > 0 && ratio > 1 + o.clip_high) || (advantage < 0 && ratio < 1 - o.clip_low);
    const real used = clipped ? (advantage > 0 ? 1 + o.clip_high : 1 - o.clip_low) : ratio;
    surrogate l{-used * advantage, clipped || limited ? 0 : -ratio * advantage, clipped, false};
    if (advantage == 0) l.loss = l.slope = 0;
    if (advantage < 0 && l.loss > -o.dual_clip * advantage) l = {-o.dual_clip * advantage, 0, clipped, true};
    if (std::isnan(log_ratio)) l.loss = l.slope = log_ratio;
    return l;
}

[[nodiscard]] inline real importance_weight(real log_weight, const ppo_policy_loss_options& o) {
    const real weight = std::exp(log_weight);
    if (o.importance == importance::truncate) return clamped(weight, o.importance_low, o.importance_high);
    return weight < o.importance_low || weight > o.importance_high ? 0 : weight;
}

} // namespace detail

[[nodiscard]] inline ppo_policy_loss_result ppo_policy_loss(const batch& b, const ppo_policy_loss_arrays& a,
                                                            const ppo_policy_loss_options& o = {}) {
    ppo_policy_loss_result r{.d_log_probs = array(b.size, 0), .token_losses = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    const real n = count(b).tokens;
    real ratios = 0, squares = 0;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real log_ratio = a.log_probs[e] - a.old_log_probs[e];
            const auto l = detail::clipped_surrogate(log_ratio, a.advantages[e], o);
            const real is = a.behavior_log_probs.empty()
                                ? 1
                                : detail::importance_weight(a.old_log_probs[e] - a.behavior_log_probs[e], o);
            real loss = is == 0 ? 0 : is * l.loss, slope = is == 0 ? 0 : is * l.slope;
            if (!a.ref_log_probs.empty()) {
                const real x = a.log_probs[e] - a.ref_log_probs[e];
                const real value = kl(o.kl_value, x, o.kl_limit).value;
                r.ref_kl += value / n;
                if (o.kl_coef != 0) {
                    loss += o.kl_coef * value;
                    const bool beyond = std::fabs(kl(o.kl_value, x).value) > o.kl_limit;
                    slope += beyond ? 0 : o.kl_coef * kl(o.kl_gradient.value_or(o.kl_value), x).slope;
                }
            }
            const real weight = share[e] * (a.weights.empty() ? 1 : a.weights[e]);
            r.token_losses[e] = loss;
            r.loss += weight * loss;
            r.d_log_probs[e] = weight * slope;

            const real used = clamped(log_ratio, -o.log_ratio_limit, o.log_ratio_limit), ratio = std::exp(used);
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
