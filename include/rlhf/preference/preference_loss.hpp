// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/apo.hpp>
#include <rlhf/formula/discopop.hpp>
#include <rlhf/formula/dpo.hpp>
#include <rlhf/formula/exo.hpp>
#include <rlhf/formula/ipo.hpp>
#include <rlhf/formula/nca.hpp>
#include <rlhf/formula/orpo.hpp>
#include <rlhf/formula/slic_hinge.hpp>
#include <rlhf/formula/sppo.hpp>
#include <rlhf/results/loss_result.hpp>

namespace RLHF_NAMESPACE {

/// Pairs are the steps of the batch: `batch{.steps = pairs, …}`.
template <class T>
struct preference_loss_arrays {
    view<const T> chosen = detail::required<T>();   ///< [pairs] c, log ratio of the preferred answer
    view<const T> rejected = detail::required<T>(); ///< [pairs] j, log ratio of the other answer
    view<const T> margins = {};                     ///< [pairs] subtracted from β (c − j); absent: 0
    view<const T> weights = {};                     ///< [pairs] factor of the loss; absent: 1
    gradient<T> d_chosen = {};                      ///< [pairs] ∂loss/∂chosen
    gradient<T> d_rejected = {};                    ///< [pairs] ∂loss/∂rejected
};

/// Sums over the pairs that count; the parts of a step join by +=. Its means are over pairs; weights do not change
/// them.
class preference_loss_result : public loss_result<preference_loss_result, formula::preference_statistics> {
public:
    using loss_result::loss_result;

    [[nodiscard]] double comparisons() const { return own.tokens; }
    /// The share of pairs with c > j. Equal log ratios count as wrong.
    [[nodiscard]] double accuracy() const { return per_token(totals_.correct); }
    [[nodiscard]] double mean_chosen_reward() const { return per_token(totals_.chosen_reward); }     ///< mean of β c
    [[nodiscard]] double mean_rejected_reward() const { return per_token(totals_.rejected_reward); } ///< mean of β j
    /// The mean of β (c − j).
    [[nodiscard]] double mean_margin() const { return mean_chosen_reward() - mean_rejected_reward(); }
};

namespace detail {
template <class Objective>
void check_preference(const char* f, const Objective& objective, bool margins) {
    formula::objective<Objective>::bounds(objective, in_range{f});
    if constexpr (!requires { formula::objective<Objective>::has_margin; })
        if (margins) fail(f, "margins are given, but this objective has none");
}
} // namespace detail

/// A loss over pairs of answers, one of which is preferred, with its gradient. Each objective has its formula, options
/// and source in a header:
///
///     formula/dpo.hpp          dpo (with label smoothing: cDPO), robust_dpo, simpo
///     formula/ipo.hpp          ipo
///     formula/slic_hinge.hpp   slic_hinge
///     formula/exo.hpp          exo
///     formula/discopop.hpp     discopop
///     formula/nca.hpp          nca, bco
///     formula/apo.hpp          apo_zero, apo_down
///     formula/sppo.hpp         sppo
///     formula/orpo.hpp         orpo
///
///     loss = Σ w objective(c, j) / denominator.tokens
///
/// c and j are log ratios of whole answers, from sequence_log_probs with ref_log_probs, as sums. simpo and orpo take
/// averages of log-probabilities, without ref_log_probs. The preference term of CPO is dpo on sums without
/// ref_log_probs; its other term is ptx_loss on the chosen answers.
///
/// Arrays are [pairs]. If pairs are given as indices of a batch's sequences, use rlhf::preference_pairs. Masked pairs
/// may hold anything; their gradients are +0, or left as they are with add_to. No counted pair: loss 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, margins for an
/// objective without them (all but dpo, robust_dpo, simpo and slic_hinge), a gradient that overlaps another array, a
/// batch that counts more than its denominator.
template <class T = float, class Arch = native, class Objective>
preference_loss_result preference_loss(const batch& b, const preference_loss_arrays<T>& a, const Objective& objective,
                                       const executor& run = {}) {
    detail::call c("preference_loss", b);
    detail::check_preference(c.function(), objective, !a.margins.absent());
    const auto chosen = c.in(a.chosen, "chosen"), rejected = c.in(a.rejected, "rejected");
    const auto margins = c.optional(a.margins, "margins"), weights = c.optional(a.weights, "weights");
    const auto d_chosen = c.out(a.d_chosen, "d_chosen"), d_rejected = c.out(a.d_rejected, "d_rejected");
    const detail::normalization n(c, aggregation::token_mean);
    c.done();

    static constexpr T zero = 0, one = 1;
    const auto or_all = [](const auto& s, const T& x) { return s ? s : detail::stream<const T>{&x, 0, 0}; };
    const auto formula = formula::objective<Objective>::template whole<T>(objective);
    const std::array streams{chosen, rejected, or_all(margins, zero), or_all(weights, one)};
    const std::array targets{n.scaled(d_chosen), n.scaled(d_rejected)};
    const formula::preference_rule<T, std::remove_const_t<decltype(formula)>> rule{formula};
    return {n, detail::sweep_tokens<T, Arch>(c, streams, targets, run, rule)};
}

} // namespace RLHF_NAMESPACE
