// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// Estimators of KL(π ‖ π_ref) from one sampled token, with d = log π − log π_ref.
enum class kl_estimator {
    k1,  ///< d: unbiased; its gradient has mean 0, so do not use it in a loss
    k2,  ///< d² / 2: biased; its mean gradient is the gradient of KL(π ‖ π_ref)
    k3,  ///< e⁻ᵈ − 1 + d: unbiased and never negative; its mean gradient is the gradient of KL(π_ref ‖ π)
    abs, ///< |d|: biased; its mean gradient is the gradient of Σ |π − π_ref|
};

/// The factor of the estimate in a loss. ρ = π / π_old, and π_old sampled the tokens.
enum class kl_weight {
    one,            ///< 1
    ratio,          ///< ρ, with a gradient: TRL, Liger's chunks, slime
    constant_ratio, ///< ρ as a constant: Liger's kernels
    own_ratio,      ///< π / (π as a constant): it is 1 and has a gradient: NeMo-RL
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

template <class V>
struct kl_term {
    V value, slope;
};

/// One token's estimate, and its slope ∂/∂ log π. Estimate and slope may come from different estimators.
///
///     k1  = d            ∂k1  = 1
///     k2  = d² / 2       ∂k2  = d
///     k3  = e⁻ᵈ − 1 + d  ∂k3  = 1 − e⁻ᵈ
///     abs = |d|          ∂abs = sign of d, 0 at 0
///
/// k3 is +∞ at d = ±∞; near 0 its value and slope lose no digits. Beyond ±limit the value is the limit and the slope is
/// 0.
///
/// Source: J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html.
template <class V>
[[nodiscard]] RLHF_FORMULA kl_term<V> kl(V d, kl_estimator value, kl_estimator slope, V limit) {
    using lane::abs, lane::exp_excess, lane::select;
    const bool exponential = value == kl_estimator::k3 || slope == kl_estimator::k3;
    const auto e = exponential ? exp_excess(-d) : lane::excess<V>{V(0), V(0)};
    const V k = value == kl_estimator::k1    ? d
                : value == kl_estimator::k2  ? V(0.5) * d * d
                : value == kl_estimator::abs ? abs(d)
                                             : e.value;
    const V g = slope == kl_estimator::k1    ? V(1)
                : slope == kl_estimator::k2  ? d
                : slope == kl_estimator::abs ? select(d > V(0), V(1), select(d < V(0), V(-1), d))
                                             : -e.slope;
    return {lane::clamp(k, -limit, limit), select(abs(k) > limit, V(0), g)};
}

/// A token's estimate k(d) times a weight other than one, and the slope of the product.
///
///     ratio           ρ k   ∂ = ρ (k + ∂k)      ρ ∂k where log_ratio_limit replaces the ratio
///     constant_ratio  ρ k   ∂ = ρ ∂k
///     own_ratio       k     ∂ = k + ∂k
///
/// k + ∂k is the gradient of the expectation of k under π. For k3 with its own slope it is d, and is computed as d.
///
/// Source: DeepSeek-AI 2025 (DeepSeek-V3.2), arXiv:2512.02556, §3.1; k + ∂k: Tang and Munos 2025, arXiv:2506.09477.
template <class V>
[[nodiscard]] RLHF_FORMULA kl_term<V> weighted_kl(const kl_term<V>& k, V d, V limit, bool is_k3, V ratio,
                                                  lane::mask_of<V> learns, kl_weight weight) {
    using lane::abs, lane::select;
    const auto within = abs(k.value) < limit || !(limit < V(lane::infinity)); // without a limit k may be ∞
    const V sum = is_k3 ? select(within, d, k.value + k.slope) : k.value + k.slope;
    if (weight == kl_weight::own_ratio) return {k.value, sum};
    const V slope = weight == kl_weight::ratio ? select(learns, sum, k.slope) : k.slope;
    return {ratio * k.value, ratio * slope};
}

} // namespace RLHF_NAMESPACE::formula
