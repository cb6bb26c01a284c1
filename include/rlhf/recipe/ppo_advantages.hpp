// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/shape_rewards.hpp>
#include <rlhf/advantage/whiten.hpp>

namespace rlhf {

struct ppo_advantages_options {
    shape_rewards_options rewards = {}; ///< for shape_rewards
    gae_options gae = {};               ///< for gae
    whiten_options whiten = {};         ///< rlhf::no_whitening: the caller whitens over ranks and parts
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct ppo_advantages_arrays {
    view<const T> log_probs = detail::required<T>();     ///< [B, T] log π of the policy that sampled, nats
    view<const T> ref_log_probs = detail::required<T>(); ///< [B, T] log π_ref of the reference, nats
    view<const T> values = detail::required<T>();        ///< [B, T] V(sₜ)
    view<const T> scores = detail::required<T>();        ///< [B] one score per sequence
    view<const std::uint8_t> finished = {};              ///< [B] 0: cut before its end of text; absent: all finished
    view<const T> bootstrap_values = {};                 ///< [B] V after the last step; absent: 0
    view<T> advantages = detail::required_output<T>();   ///< [B, T] out; first holds the rewards
    view<T> returns = {};                                ///< [B, T] out; may be values' memory
};

/// The parts of a step join by +=, exactly and in any order.
struct ppo_advantages_result {
    shape_rewards_result rewards;
    moments advantages; ///< moments before whitening
    ppo_advantages_result& operator+=(const ppo_advantages_result& o) {
        rewards += o.rewards, advantages += o.advantages;
        return *this;
    }
};

namespace detail {
/// Checks all arguments before the first function writes.
template <class T>
void check_arguments(const batch& b, const ppo_advantages_arrays<T>& a, const ppo_advantages_options& o) {
    call c("ppo_advantages", b);
    check_options<T>(c.function(), o.rewards, !a.finished.absent() || c.size() == 0);
    check_options(c.function(), o.gae);
    check_options(c.function(), o.whiten);
    c.in(a.log_probs, "log_probs"), c.in(a.ref_log_probs, "ref_log_probs"), c.in(a.values, "values");
    const auto scores = c.per_sequence(a.scores, "scores");
    c.per_sequence(a.finished, "finished"), c.per_sequence(a.bootstrap_values, "bootstrap_values");
    const auto advantages = c.out(a.advantages, "advantages");
    c.out(a.returns, "returns", a.values.data());
    const bool all_count = b.mask.all() && !b.predict_next.value_or(false);
    if (o.rewards.score_position != score_position::last_counted && o.gae.gaps != gaps::ignore && !all_count)
        fail(c.function(), "score_position may name a masked step, which only gaps = ignore reads");
    if (!scores && c.size() > 0) fail(c.function(), "scores is missing");
    if (!advantages && c.tokens() > 0) fail(c.function(), "advantages is missing");
    c.done();
}
} // namespace detail

/// Rewards, advantages and returns of a rollout: calls shape_rewards, then gae, then whiten, which changes only the
/// advantages. See these functions for formulas, edge cases and sources.
///
/// Arrays are [B, T] (or packed [tokens]); scores, finished and bootstrap_values are [B].
///
/// A score_position other than last_counted needs gaps::ignore, unless every step counts: otherwise gae would not read
/// the masked step, and the score would be lost. The score is not moved to another step, because its step decides how
/// far it is discounted.
///
/// Throws what these functions throw, and std::invalid_argument for a score_position that gae would not read, before
/// anything is written.
template <class T = float, class Arch = native>
ppo_advantages_result ppo_advantages(const batch& b, const ppo_advantages_arrays<T>& a,
                                     const ppo_advantages_options& o = {}, const executor& run = {}) {
    detail::check_arguments(b, a, o);
    ppo_advantages_result r;
    r.rewards = shape_rewards<T, Arch>(b,
                                       {.log_probs = a.log_probs,
                                        .ref_log_probs = a.ref_log_probs,
                                        .scores = a.scores,
                                        .finished = a.finished,
                                        .rewards = a.advantages},
                                       o.rewards, run);
    gae<T, Arch>(b,
                 {.rewards = a.advantages,
                  .values = a.values,
                  .bootstrap_values = a.bootstrap_values,
                  .advantages = a.advantages,
                  .returns = a.returns},
                 o.gae, run);
    r.advantages = moments_of<T, Arch>(b, a.advantages, run);
    if (o.whiten.center || o.whiten.scale) whiten<T, Arch>(b, a.advantages, r.advantages, o.whiten, run);
    return r;
}

} // namespace RLHF_NAMESPACE
