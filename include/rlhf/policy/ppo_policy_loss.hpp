// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/policy_loss.hpp>

namespace rlhf {

struct ppo_policy_loss_options {
    ratio_range clip_range = 0.2;       ///< ε₋ in [0, 1], ε₊ ≥ 0: clips ρ to [1 − ε₋, 1 + ε₊]
    double dual_clip = unlimited;       ///< c ≥ 1 + ε₊: at Â < 0 the loss is at most c |Â|
    double log_ratio_limit = unlimited; ///< this and the next options are as in policy_loss_options
    double kl_coef = 0;
    rlhf::kl_estimator kl_estimator = rlhf::kl_estimator::k3;
    std::optional<rlhf::kl_estimator> kl_gradient = {};
    double kl_limit = unlimited;
    rlhf::kl_weight kl_weight = rlhf::kl_weight::one;
    importance_range importance_limit = unlimited;
    rlhf::importance importance = rlhf::importance::truncate;
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
using ppo_policy_loss_arrays = policy_loss_arrays<T>;
using ppo_policy_loss_result = policy_loss_result;

namespace detail {
inline ppo_clip objective_of(const ppo_policy_loss_options& o) { return {o.clip_range, o.dual_clip}; }
inline policy_loss_options common_of(const ppo_policy_loss_options& o) {
    return {.log_ratio_limit = o.log_ratio_limit,
            .kl_coef = o.kl_coef,
            .kl_estimator = o.kl_estimator,
            .kl_gradient = o.kl_gradient,
            .kl_limit = o.kl_limit,
            .kl_weight = o.kl_weight,
            .importance_limit = o.importance_limit,
            .importance = o.importance,
            .aggregation = o.aggregation};
}

inline void check_clips(const char* f, const ppo_policy_loss_options& o) {
    check_range(f, "clip_range.low", o.clip_range.low, 0, 1);
    check_not_negative(f, "clip_range.high", o.clip_range.high);
    check_range(f, "dual_clip", o.dual_clip, 1, unlimited);
    if (o.dual_clip < 1 + o.clip_range.high)
        fail(f, "dual_clip is %g, less than 1 + clip_range.high = %g", o.dual_clip, 1 + o.clip_range.high);
}
template <class T = double>
void check_options(const char* f, const ppo_policy_loss_options& o) {
    check_clips(f, o);
    check_options<T>(f, common_of(o));
}

/// Checks and binds the arguments of ppo_policy_loss.
template <class T, class Arch>
auto ppo_policy_sweep(call& c, const ppo_policy_loss_arrays<T>& a, const ppo_policy_loss_options& o) {
    check_clips(c.function(), o);
    return policy_sweep<T, Arch>(c, a, objective_of(o), common_of(o));
}
} // namespace detail

/// The clipped surrogate loss of PPO: policy_loss with the objective ppo_clip, its options and the common ones in one
/// struct.
///
///     x    = log π(a|s) − log π_old(a|s), clamped to ±log_ratio_limit      ρ = eˣ
///     l    = max(−ρ Â, −clip(ρ, 1 − ε₋, 1 + ε₊) Â)                          at Â < 0 at most c |Â|
///     l   += kl_coef · k(log π − log π_ref)                                 with ref_log_probs
///     loss = Σ w l / denominator                                            by the aggregation
///
/// A ratio at a bound of the clip range is not clipped and has a gradient. Arrays and edge cases are as in policy_loss.
/// Throws as policy_loss does.
///
/// Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7; KL in the loss: Shao et al. 2024, arXiv:2402.03300, eq. 3.
template <class T = float, class Arch = native>
ppo_policy_loss_result ppo_policy_loss(const batch& b, const ppo_policy_loss_arrays<T>& a,
                                       const ppo_policy_loss_options& o = {}, const executor& run = {}) {
    detail::call c("ppo_policy_loss", b);
    const auto [n, sweep] = detail::ppo_policy_sweep<T, Arch>(c, a, o);
    return ppo_policy_loss_result(n, sweep, run);
}

} // namespace RLHF_NAMESPACE
