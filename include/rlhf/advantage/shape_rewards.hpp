// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/kl_reward.hpp>
#include <rlhf/formula/placed_score.hpp>

namespace rlhf {

/// The step of a sequence that gets its score.
enum class score_position {
    last_counted,       ///< the last step that counts
    after_last_counted, ///< the step after the last one that counts, if the sequence has one
    last_step,          ///< the sequence's last step, whether it counts or not
};

struct shape_rewards_options {
    double kl_coef = 0.02;                                                    ///< β, finite
    rlhf::kl_estimator kl_estimator = rlhf::kl_estimator::k1;                 ///< k, the estimate of each token
    double kl_limit = unlimited;                                              ///< above 0: clamps k to ±limit
    rlhf::score_position score_position = rlhf::score_position::last_counted; ///< the step that gets the score
    double score_limit = unlimited;              ///< above 0: clamps each score to ±limit, before the next options act
    double unfinished_penalty = 0;               ///< subtracted from the score of an unfinished sequence
    std::optional<double> unfinished_score = {}; ///< replaces the score of an unfinished sequence
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct shape_rewards_arrays {
    view<const T> log_probs = detail::required<T>();     ///< [B, T] log π of the policy that sampled, nats
    view<const T> ref_log_probs = detail::required<T>(); ///< [B, T] log π_ref of the reference, nats
    view<const T> scores = detail::required<T>();        ///< [B] one score per sequence
    view<const std::uint8_t> finished = {};              ///< [B] 0: cut before its end of text; absent: all finished
    view<T> rewards = {};                                ///< [B, T] out; may lie on log_probs or ref_log_probs
};

/// Sums; the parts of a step join by +=, exactly and in any order.
class shape_rewards_result {
public:
    counts own;                ///< counted here
    double dropped_scores = 0; ///< sequences without a counted token: no step gets their scores

    shape_rewards_result() = default;
    shape_rewards_result(const counts& here, double dropped, const detail::exact_sum& kl,
                         const detail::exact_sum& scores)
        : own(here), dropped_scores(dropped), kl_(kl), scores_(scores) {}

    [[nodiscard]] double kl_per_sequence() const { return mean(kl_, own.sequences); }
    [[nodiscard]] double kl_per_token() const { return mean(kl_, own.tokens); }
    /// The mean of the scores after the limit and the changes for unfinished sequences.
    [[nodiscard]] double mean_score() const { return mean(scores_, own.sequences); }

    shape_rewards_result& operator+=(const shape_rewards_result& o) {
        own += o.own, dropped_scores += o.dropped_scores, kl_ += o.kl_, scores_ += o.scores_;
        return *this;
    }

private:
    static double mean(const detail::exact_sum& sum, double n) { return n > 0 ? sum.value() / n : 0; }
    detail::exact_sum kl_, scores_;
};

namespace detail {

template <class T>
void check_options(const char* f, const shape_rewards_options& o, bool has_finished) {
    check_finite<T>(f, "kl_coef", o.kl_coef);
    check_positive<T>(f, "kl_limit", o.kl_limit);
    check_positive(f, "score_limit", o.score_limit);
    check_finite<T>(f, "unfinished_penalty", o.unfinished_penalty);
    if (o.unfinished_score) check_finite<T>(f, "unfinished_score", *o.unfinished_score);
    if (o.unfinished_score && o.unfinished_penalty != 0)
        fail(f, "unfinished_score and unfinished_penalty are both given");
    if (!has_finished && o.unfinished_score) fail(f, "unfinished_score needs finished");
    if (!has_finished && o.unfinished_penalty != 0) fail(f, "unfinished_penalty needs finished");
}

/// The step of sequence s that gets its score; −1 if nothing counts.
inline std::int64_t scored_step(const call& c, std::int64_t s, score_position where) {
    const std::int64_t past = past_last_counted(c.mask(s)), last = c.length(s) - 1;
    if (past <= 0) return -1;
    if (where == score_position::last_step) return last;
    return where == score_position::after_last_counted && past <= last ? past : past - 1;
}

} // namespace detail

/// The rewards of a response: a KL penalty at every token, and the score at one token.
///
///     rₜ = −kl_coef · k(log π − log π_ref)          + score at the step that score_position names
///
/// The score is clamped to ±score_limit. If `finished` is 0 for the sequence, the score is then lowered by
/// unfinished_penalty, or replaced by unfinished_score. A sequence without a counted token gets no score;
/// dropped_scores counts these sequences.
///
/// Arrays are [B, T] (or packed [tokens]) in nats; scores and finished are [B]. rewards may lie exactly on log_probs or
/// on ref_log_probs. They are +0 where masked, except that after_last_counted and last_step may put a score on a masked
/// step. Only a recurrence with gaps::ignore reads the score there; others lose it.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, an option for
/// unfinished sequences without `finished`, rewards that overlap another array.
///
/// Source: Ouyang et al. 2022, arXiv:2203.02155, eq. 2; the estimators: see formula/kl.hpp.
template <class T = float, class Arch = native>
shape_rewards_result shape_rewards(const batch& b, const shape_rewards_arrays<T>& a,
                                   const shape_rewards_options& o = {}, const executor& run = {}) {
    detail::call c("shape_rewards", b);
    detail::check_options<T>(c.function(), o, !a.finished.absent() || c.size() == 0);
    const std::array streams{c.in(a.log_probs, "log_probs"), c.in(a.ref_log_probs, "ref_log_probs")};
    const auto scores = c.per_sequence(a.scores, "scores");
    const auto finished = c.per_sequence(a.finished, "finished");
    const T* own = a.rewards.data() == a.ref_log_probs.data() ? a.ref_log_probs.data() : a.log_probs.data();
    const std::array targets{c.out(a.rewards, "rewards", own)};
    if (!scores && c.size() > 0) detail::fail(c.function(), "scores is missing");
    c.done();

    const formula::kl_reward_rule<T> rule{static_cast<T>(o.kl_coef), static_cast<T>(o.kl_limit), o.kl_estimator};
    const auto t = detail::sweep_tokens<T, Arch>(c, streams, targets, run, rule);
    const formula::unfinished<double> unfinished{o.unfinished_penalty, o.unfinished_score.has_value(),
                                                 o.unfinished_score.value_or(0)};
    detail::exact_sum placed;
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const std::int64_t step = detail::scored_step(c, s, o.score_position);
        if (step < 0) continue;
        const bool ended = !finished || *finished.row(s, 0) != 0;
        const double score =
            formula::placed_score(static_cast<double>(*scores.row(s, 0)), ended, o.score_limit, unfinished);
        placed.add(score);
        if (!targets[0]) continue;
        T& reward = targets[0].to.row(s, c.begin(s))[step * targets[0].to.step];
        reward = static_cast<T>(static_cast<double>(reward) + score);
    }
    placed.normalize();
    const counts here{static_cast<double>(t.tokens), static_cast<double>(t.sequences)};
    return {here, static_cast<double>(c.size() - t.sequences), t.kl, placed};
}

} // namespace RLHF_NAMESPACE
