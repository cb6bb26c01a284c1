// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/prompt_sweep.hpp>
#include <rlhf/formula/plackett_luce_loss.hpp>
#include <rlhf/results/normalization.hpp>

namespace RLHF_NAMESPACE {

/// The batch has prompts as sequences, and responses as steps. K may differ between prompts, by offsets or by the mask.
template <class T>
struct plackett_luce_loss_arrays {
    view<const T> rewards = detail::required<T>(); ///< [prompts, K] one reward per response
    index_view ranks = {};                         ///< [prompts, K] 1 = best, equal = tie; absent: listed best first
    gradient<T> d_rewards = {};                    ///< [prompts, K] ∂loss/∂rewards
};

/// own.sequences is the number of prompts in which two responses are not tied, own.tokens the number of their
/// responses.
using plackett_luce_loss_result = loss_sums;

namespace detail {
/// Goes from the worst response to the best. Each response is chosen from itself and all responses that are not better.
struct plackett_luce_kernel {
    using choice = formula::choice<real>;

    void operator()(ranked_prompt& p, exact_sum& all) const {
        const auto n = static_cast<std::size_t>(p.size);
        std::array<choice, most_responses> stage;
        choice left{p.reward[n - 1], 0.0};
        real loss = 0.0;
        for (std::size_t end = n; end > 0;) {
            std::size_t first = end - 1;
            while (first > 0 && p.rank_balance[first - 1] == p.rank_balance[end - 1]) --first;
            for (std::size_t k = end; k-- > first;) left = formula::with_response<real>(left, p.reward[k]);
            for (std::size_t k = first; k < end; ++k) stage[k] = left;
            end = first;
        }
        for (std::size_t k = 0; k < n; ++k) loss = loss + formula::plackett_luce<real>(stage[k], p.reward[k]);
        slopes(p, stage, n);
        all.add(double(loss));
    }

    /// ∂l/∂rⱼ = −1 + Σₖ P(j is chosen in stage k), over the stages in which j could still be chosen.
    static void slopes(ranked_prompt& p, const std::array<choice, most_responses>& stage, std::size_t n) {
        for (std::size_t j = 0; j < n; ++j) {
            real chance = 0.0;
            for (std::size_t k = 0; k < n && p.rank_balance[k] <= p.rank_balance[j]; ++k)
                chance = chance + formula::chance<real>(stage[k], p.reward[j]);
            p.slope[j] = double(chance - 1.0);
        }
    }
};
} // namespace detail

/// Counts the prompts in which two responses are not tied (.sequences), and the responses of these prompts (.tokens).
/// This is the denominator of a whole step.
[[nodiscard]] inline counts count_rankings(const batch& b, const index_view& ranks = {}) {
    detail::call c("count_rankings", b);
    const detail::bound_ranks bound(c, ranks, "ranks");
    detail::check_prompts(c);
    return bound.differing();
}

/// The Plackett-Luce likelihood of a whole ranking: the best response is chosen from all, the second from the rest, …
///
///     l(prompt) = Σₖ (log Σ_{j: rankⱼ ≥ rankₖ} e^{rⱼ} − rₖ)
///     loss      = Σ l / denominator.sequences
///     ∂l/∂rⱼ    = −1 + Σ_{k: rankₖ ≤ rankⱼ} e^{rⱼ} / Σ_{i: rankᵢ ≥ rankₖ} e^{rᵢ}
///
/// rewards and ranks are [prompts, K] (or packed), ranks int32 or int64; a smaller rank is better. K is at most 1024.
/// Each of several tied responses is chosen from all responses that are not better (Breslow's approximation; DESIGN.md,
/// D7). With K = 2 this is the Bradley-Terry loss. A prompt whose responses are all tied, or that has fewer than two
/// responses, adds 0 and is not counted. A NaN reward makes the loss of its prompt NaN. The loss is computed in double.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, predict_next, a gradient that overlaps
/// the rewards, more prompts than the denominator.
///
/// Source: formula::plackett_luce; ties: Breslow 1974.
template <class T = float, class Arch = native>
plackett_luce_loss_result plackett_luce_loss(const batch& b, const plackett_luce_loss_arrays<T>& a,
                                             const executor& run = {}) {
    detail::call c("plackett_luce_loss", b);
    const auto rewards = c.in(a.rewards, "rewards");
    const detail::bound_ranks ranks(c, a.ranks, "ranks");
    const auto d_rewards = c.out(a.d_rewards, "d_rewards");
    detail::check_prompts(c);
    const detail::normalization n(c, ranks.differing(), aggregation::sequence_mean_token_sum);
    c.done();
    return n.sums(detail::sweep_prompts<T, detail::exact_sum>(c, rewards, ranks, n.scaled(d_rewards), run,
                                                              detail::plackett_luce_kernel{}));
}

} // namespace RLHF_NAMESPACE
