// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/ppo_value_loss.hpp>
#include <rlhf/results/loss_result.hpp>
#include <rlhf/results/moments.hpp>

namespace rlhf {

struct ppo_value_loss_options {
    double clip_range = unlimited; ///< above 0: the clipped value is at most this far from v_old
    double huber = unlimited;      ///< δ > 0: beyond it the loss is linear; unlimited: ½ (v − R)²
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct ppo_value_loss_arrays {
    view<const T> values = detail::required<T>();  ///< [B, T] V(sₜ) now
    view<const T> old_values = {};                 ///< [B, T] v_old at rollout; needed if clip_range is finite
    view<const T> returns = detail::required<T>(); ///< [B, T] R, the targets of the values
    view<const T> weights = {};                    ///< [B, T], or per_sequence [B]; factor of the loss; absent: 1
    gradient<T> d_values = {};                     ///< [B, T] ∂loss/∂values
};

/// Sums over the tokens that count; the parts of a step join by +=.
class ppo_value_loss_result : public loss_result<ppo_value_loss_result, formula::value_statistics> {
public:
    using loss_result::loss_result;

    /// The share of tokens whose value moved beyond clip_range and whose clipped value has the larger loss. These
    /// tokens have no gradient.
    [[nodiscard]] double clip_fraction() const { return per_token(totals_.clipped); }
    [[nodiscard]] moments returns() const { return moments(totals_.returns); }     ///< the moments of R
    [[nodiscard]] moments residuals() const { return moments(totals_.residuals); } ///< the moments of R − v
    /// 1 − Var(R − v) / Var(R); 0 where the returns do not vary.
    [[nodiscard]] double explained_variance() const {
        const double total = returns().variance(0);
        return total > 0 ? 1 - residuals().variance(0) / total : 0;
    }
};

/// The value loss of PPO over the tokens of a batch, with its gradient and the explained variance.
///
///     h(e) = ½ e², beyond ±huber continued by its tangent
///     l    = max(h(v − R), h(v_old + clip(v − v_old, ±clip_range) − R))      clip_range unlimited: h(v − R)
///     loss = Σ w l / denominator                                             by the aggregation
///     ∂l/∂v = h′(v − R), or 0 where the clipped value has the larger loss
///
/// The loss includes the factor ½. Pass a coefficient with the gradient's buffer: `.d_values = write_to(d_values,
/// value_coef)`. Arrays are [B, T] or packed; weights may be rlhf::per_sequence. Masked tokens may hold anything; their
/// gradient is +0, or left as it is with add_to. No counted token: loss 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options that are not positive, a finite
/// clip_range without old_values, a gradient that overlaps an input, a batch that counts more than its denominator.
///
/// Source: openai/baselines ppo2, 2017; Huang et al. 2022, The 37 implementation details of PPO, no. 9.
template <class T = float, class Arch = native>
ppo_value_loss_result ppo_value_loss(const batch& b, const ppo_value_loss_arrays<T>& a,
                                     const ppo_value_loss_options& o = {}, const executor& run = {}) {
    detail::call c("ppo_value_loss", b);
    detail::check_positive<T>(c.function(), "clip_range", o.clip_range);
    detail::check_positive<T>(c.function(), "huber", o.huber);
    std::array streams{c.in(a.values, "values"), c.optional(a.old_values, "old_values"), c.in(a.returns, "returns"),
                       c.optional(a.weights, "weights")};
    auto& [values, old_values, returns, weights] = streams; // set in place (DESIGN.md, D32)
    std::array targets{c.out(a.d_values, "d_values")};
    const bool clip = o.clip_range < unlimited;
    if (clip && !old_values && c.tokens() > 0) detail::fail(c.function(), "clip_range needs old_values");
    const detail::normalization n(c, o.aggregation);
    c.done();

    static constexpr T one = 1;
    if (!clip) old_values = {&one, 0, 0};
    if (!weights) weights = {&one, 0, 0};
    targets[0].scale = n.scaled(targets[0].scale);
    const auto with = [&]<bool Clip>(const auto& h) {
        const formula::value_rule<T, std::remove_cvref_t<decltype(h)>, Clip> rule{T(o.clip_range), h};
        return detail::token_sweep_of<T, Arch>(c, streams, targets, rule, n.weight);
    };
    const auto of = [&](const auto& h) {
        return clip ? with.template operator()<true>(h) : with.template operator()<false>(h);
    };
    const auto sweep = o.huber < unlimited ? of(formula::huber<T>{T(o.huber)}) : of(formula::half_square());
    return ppo_value_loss_result(n, sweep, run);
}

} // namespace RLHF_NAMESPACE
