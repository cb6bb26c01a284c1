// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/pair_sweep.hpp>
#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/results/comparison.hpp>
#include <rlhf/results/normalization.hpp>

namespace rlhf {

/// What the sum over the pairs of a prompt is divided by if some pairs are tied, because these are dropped.
enum class tie_divisor {
    kept_pairs, ///< the number of pairs that are not tied
    all_pairs,  ///< C(K, 2), the number of all pairs
};

struct ranking_loss_options {
    double margin = 0;          ///< finite; how much better the preferred response of a pair should be
    double label_smoothing = 0; ///< ε in [0, ½]: the share of labels that are assumed wrong
    double center_coef = 0;     ///< κ ≥ 0: adds κ times the mean of (rᵢ + rⱼ)² over the pairs
    rlhf::tie_divisor ties = rlhf::tie_divisor::kept_pairs;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// The batch has prompts as sequences, and responses as steps. K may differ between prompts, by offsets or by the mask.
template <class T>
struct ranking_loss_arrays {
    view<const T> rewards = detail::required<T>(); ///< [prompts, K] one reward per response
    index_view ranks = {};                         ///< [prompts, K] 1 = best, equal = tie; absent: listed best first
    gradient<T> d_rewards = {};                    ///< [prompts, K] ∂loss/∂rewards
};

/// own.tokens is the number of pairs that are not tied, own.sequences the number of prompts with such a pair.
using ranking_loss_result = comparison_sums;

namespace detail {
/// A pair without margin, label smoothing and centring: the same numbers in fewer operations.
struct plain_pair {
    template <class V>
    RLHF_FORMULA V odds(const V& better, const V& worse) const {
        return formula::odds(better - worse);
    }
    template <class V>
    RLHF_FORMULA auto operator()(const V& better, const V& worse, const V& odds) const {
        return formula::comparison(better - worse, odds);
    }
};
template <class T>
struct ranking_pair {
    T margin, smoothing, center;

    /// f of the pair that needs the fewest steps.
    auto simplest(auto&& f) const { return margin == 0 && smoothing == 0 && center == 0 ? f(plain_pair()) : f(*this); }
    template <class V>
    RLHF_FORMULA V odds(const V& better, const V& worse) const {
        return formula::odds(better - worse - V(margin));
    }
    template <class V>
    RLHF_FORMULA auto operator()(const V& better, const V& worse, const V& odds) const {
        const auto c = formula::comparison(better - worse - V(margin), odds, V(smoothing));
        return center > 0 ? formula::pulled(c, better, worse, V(center)) : c;
    }
};
} // namespace detail

/// Counts the pairs that are not tied (.tokens), and the prompts with such a pair (.sequences). This is the denominator
/// of a whole step.
[[nodiscard]] inline counts count_pairs(const batch& b, const index_view& ranks = {}) {
    detail::call c("count_pairs", b);
    const detail::bound_ranks bound(c, ranks, "ranks");
    detail::check_prompts(c);
    counts n;
    std::array<std::int32_t, detail::most_responses> place, rank_balance;
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const std::int64_t size = bound.counted(s);
        const std::int64_t pairs =
            bound.given() ? bound.sort(s, place.data(), rank_balance.data()).pairs : size * (size - 1) / 2;
        n += {static_cast<double>(pairs), pairs > 0 ? 1.0 : 0.0};
    }
    return n;
}

/// The loss of InstructGPT's reward model. All pairs of a prompt's K ranked responses are one element of the batch, and
/// each pair has the weight 1 / C(K, 2). Every response is scored once.
///
///     l(prompt) = 1 / C(K, 2) · Σ_{i ≻ j} −log σ(rᵢ − rⱼ − margin)
///     loss      = Σ l / denominator.sequences
///     ∂l/∂rₖ    = 1 / C(K, 2) · (Σ_{i ≻ k} σ(rₖ − rᵢ) − Σ_{k ≻ j} σ(rⱼ − rₖ))
///
/// Label smoothing and centring change the terms as in formula::bradley_terry.
///
/// rewards and ranks are [prompts, K] (or packed), ranks int32 or int64; a smaller rank is better. K is at most 1024.
/// Tied pairs are dropped; the paper does not say what the sum is then divided by, so the option `ties` says it. A
/// prompt without a pair adds 0 and is not counted. Pairs are added in the order of the ranks: at most 32 of them in T,
/// then in double. The denominator of a step that is cut into parts is rlhf::count_pairs of the whole (DESIGN.md, D22).
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, predict_next, a
/// gradient that overlaps the rewards, more prompts than the denominator.
///
/// Source: Ouyang et al. 2022, arXiv:2203.02155, eq. 1 and appendix C.2.
template <class T = float, class Arch = native>
ranking_loss_result ranking_loss(const batch& b, const ranking_loss_arrays<T>& a, const ranking_loss_options& o = {},
                                 const executor& run = {}) {
    detail::call c("ranking_loss", b);
    detail::check_finite<T>(c.function(), "margin", o.margin);
    detail::check_range(c.function(), "label_smoothing", o.label_smoothing, 0, 0.5);
    detail::check_range(c.function(), "center_coef", o.center_coef, 0, (std::numeric_limits<T>::max)());
    const auto rewards = c.in(a.rewards, "rewards");
    const detail::bound_ranks ranks(c, a.ranks, "ranks");
    const auto d_rewards = c.out(a.d_rewards, "d_rewards");
    detail::check_prompts(c);
    detail::normalization n(c, ranks.differing(), aggregation::sequence_mean_token_sum);
    c.done();

    const auto scaled = n.scaled(d_rewards);
    const detail::ranking_pair<T> pair{T(o.margin), T(o.label_smoothing), T(o.center_coef)};
    const auto t = detail::sweep_pairs<T, Arch, detail::totals<detail::comparison_statistics>>(
        c, rewards, ranks, scaled, o.ties == tie_divisor::all_pairs, run, pair);
    n.own.tokens = static_cast<double>(t.tokens);
    return {n, t};
}

} // namespace RLHF_NAMESPACE
