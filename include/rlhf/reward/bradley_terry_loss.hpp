// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/results/comparison.hpp>

namespace rlhf {

struct bradley_terry_loss_options {
    double margin = 0;          ///< finite; `margins` are added to it
    double label_smoothing = 0; ///< ε in [0, ½]: the share of labels that are assumed wrong
    double center_coef = 0;     ///< at least 0; pulls rewards towards 0
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// Pairs are the steps of the batch: `batch{.steps = pairs, …}`.
template <class T>
struct bradley_terry_loss_arrays {
    view<const T> chosen_rewards = detail::required<T>();   ///< [pairs]
    view<const T> rejected_rewards = detail::required<T>(); ///< [pairs]
    view<const T> margins = {};                             ///< [pairs]; absent: 0
    gradient<T> d_chosen_rewards = {};                      ///< [pairs] ∂loss/∂chosen_rewards
    gradient<T> d_rejected_rewards = {};                    ///< [pairs] ∂loss/∂rejected_rewards
};

/// own.tokens is the number of pairs that count.
using bradley_terry_loss_result = comparison_sums;

namespace detail {
template <class T>
struct bradley_terry_kernel {
    T margin, smoothing, center;

    template <class V>
    RLHF_FORMULA auto operator()(V chosen, V rejected, V own_margin) const {
        const auto c = formula::bradley_terry(chosen, rejected, own_margin + V(margin), V(smoothing), V(center));
        return terms<V, 2, comparison_statistics>{
            .writes = {c.d_chosen, c.d_rejected},
            .statistics = {.loss = c.loss,
                           .margin = chosen - rejected,
                           .correct = chosen > rejected,
                           .nonfinite = lane::nonfinite(c.loss)},
        };
    }
};
} // namespace detail

/// The Bradley-Terry loss over pairs of rewards, with its gradient.
///
///     m    = r_c − r_r − margin
///     l    = −(1 − ε) log σ(m) − ε log σ(−m) + center_coef · (r_c + r_r)²
///     loss = Σ l / denominator.tokens
///
/// Arrays are [pairs]. Masked pairs may hold anything; their gradients are +0, or left as they are with add_to. A pair
/// with a NaN reward has a NaN loss. No counted pair: loss 0, gradients 0. For all pairs of K ranked responses per
/// prompt, use rlhf::ranking_loss.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, a gradient that
/// overlaps another array, more pairs than the denominator.
///
/// Source: formula::bradley_terry.
template <class T = float, class Arch = native>
bradley_terry_loss_result bradley_terry_loss(const batch& b, const bradley_terry_loss_arrays<T>& a,
                                             const bradley_terry_loss_options& o = {}, const executor& run = {}) {
    detail::call c("bradley_terry_loss", b);
    detail::check_finite<T>(c.function(), "margin", o.margin);
    detail::check_range(c.function(), "label_smoothing", o.label_smoothing, 0, 0.5);
    detail::check_range(c.function(), "center_coef", o.center_coef, 0, (std::numeric_limits<T>::max)());
    static constexpr T zero = 0;
    const auto chosen = c.in(a.chosen_rewards, "chosen_rewards"),
               rejected = c.in(a.rejected_rewards, "rejected_rewards");
    const auto given = c.optional(a.margins, "margins");
    const auto margins = given ? given : detail::stream<const T>{&zero, 0, 0};
    const auto d_chosen = c.out(a.d_chosen_rewards, "d_chosen_rewards"),
               d_rejected = c.out(a.d_rejected_rewards, "d_rejected_rewards");
    const detail::normalization n(c, aggregation::token_mean);
    c.done();

    const detail::bradley_terry_kernel<T> kernel{T(o.margin), T(o.label_smoothing), T(o.center_coef)};
    const std::array streams{chosen, rejected, margins};
    const std::array targets{n.scaled(d_chosen), n.scaled(d_rejected)};
    return {n, detail::sweep_tokens<T, Arch>(c, streams, targets, run, kernel)};
}

} // namespace RLHF_NAMESPACE
