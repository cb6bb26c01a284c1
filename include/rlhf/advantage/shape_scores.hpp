// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/score_sweep.hpp>
#include <rlhf/formula/shaped_score.hpp>

#include <optional>

namespace rlhf {

struct shape_scores_options {
    std::int64_t max_length = 0;      ///< the most tokens that a response may have; at least overlong_buffer
    std::int64_t overlong_buffer = 0; ///< tokens before max_length in which the penalty grows; 0: no penalty
    double overlong_penalty = 1;      ///< the penalty of a response with max_length tokens; finite
    rlhf::overlong overlong = rlhf::overlong::capped; ///< the penalty of a response with more tokens
    double unfinished_factor = 1;                     ///< multiplies the score of an unfinished sequence
    double unfinished_penalty = 0;                    ///< subtracted from the score of an unfinished sequence
    std::optional<double> unfinished_score = {};      ///< replaces the score of an unfinished sequence
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct shape_scores_arrays {
    view<const T> scores = detail::required<T>();  ///< [B] one score per sequence
    index_view lengths = {};                       ///< [B] tokens; absent: the sequence's counted tokens
    view<const std::uint8_t> finished = {};        ///< [B] 0: cut before its end of text; absent: all finished
    view<T> shaped = detail::required_output<T>(); ///< [B] out; may be the memory of scores
};

/// Counts; the parts of a step join by +=.
struct shape_scores_result {
    double sequences = 0;
    double overlong = 0;   ///< sequences longer than max_length − overlong_buffer; 0 without a buffer
    double unfinished = 0; ///< sequences whose `finished` is 0

    shape_scores_result& operator+=(const shape_scores_result& o) {
        sequences += o.sequences, overlong += o.overlong, unfinished += o.unfinished;
        return *this;
    }
    bool operator==(const shape_scores_result&) const = default;
};

namespace detail {

template <class T>
void check_options(const char* f, const shape_scores_options& o, bool has_finished) {
    if (o.overlong_buffer < 0) fail(f, "overlong_buffer is %lld, expected at least 0", o.overlong_buffer);
    if (o.max_length < o.overlong_buffer)
        fail(f, "max_length is %lld, less than overlong_buffer, %lld", o.max_length, o.overlong_buffer);
    check_finite<T>(f, "overlong_penalty", o.overlong_penalty);
    check_finite<T>(f, "unfinished_factor", o.unfinished_factor);
    check_finite<T>(f, "unfinished_penalty", o.unfinished_penalty);
    if (o.unfinished_score) check_finite<T>(f, "unfinished_score", *o.unfinished_score);
    const bool lowered = o.unfinished_penalty != 0 || o.unfinished_factor != 1;
    if (o.unfinished_score && lowered)
        fail(f, "unfinished_score replaces what unfinished_factor and unfinished_penalty change: give one");
    if (!has_finished && (o.unfinished_score || lowered)) fail(f, "options for unfinished sequences need finished");
}

} // namespace detail

/// Lowers the scores of answers that are too long, or that were cut before their end.
///
///     shaped = score − overlong_penalty · max(0, (n − (max_length − overlong_buffer)) / overlong_buffer)
///              the fraction is at most 1, unless options.overlong is growing
///     where finished is 0:  unfinished_factor · shaped − unfinished_penalty,  or unfinished_score alone
///
/// n is the sequence's number of tokens: lengths[s], or the tokens that count in the batch. Pass lengths if tool
/// outputs do not count but fill the context. Pass `shaped` to group_advantages as rewards, or to shape_rewards as
/// scores. What trainers compute:
///
///     DAPO eq. 13, TRL, OpenRLHF     the default, with max_length 20480 and overlong_buffer 4096 in the paper
///     verl, NeMo-RL                  overlong::growing
///     TRL's missing_eos_penalty      unfinished_penalty
///     lm-human-preferences           unfinished_score = −1 (SkyRL's zero_reward_on_non_stop: 0)
///     ProRL's stop-properly          unfinished_factor in [0, 1]; NeMo-RL gives no overlong penalty beside it
///
/// The overlong filter leaves a cut answer out of the loss and changes no score. For it, clear the mask of the answer,
/// mask[s][t] &= finished[s], and count the denominator afterwards (rlhf::count). In TRL and SkyRL the score of a cut
/// answer still counts in the mean of its group, so clear the mask after group_advantages.
///
/// Computed in double, rounded to T once. NaN and infinite scores stay what they are, unless they are replaced or
/// multiplied by 0. scores, lengths, finished and shaped are [B]; a sequence without a token has length 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a negative length, options out of range,
/// options for unfinished sequences without `finished`, shaped that overlaps another array.
///
/// Source: Yu et al. 2025, arXiv:2503.14476, eq. 13 and section 3.4.
template <class T = float, class Arch = native>
shape_scores_result shape_scores(const batch& b, const shape_scores_arrays<T>& a, const shape_scores_options& o = {}) {
    detail::call c("shape_scores", b);
    detail::check_options<T>(c.function(), o, !a.finished.absent() || c.size() == 0);
    detail::score_streams<T> to{.scores = c.per_sequence(a.scores, "scores"), .lengths = a.lengths};
    if (!a.lengths.absent()) to.lengths_stride = c.per_sequence(a.lengths, "lengths");
    to.finished = c.per_sequence(a.finished, "finished");
    to.shaped = c.per_sequence(a.shaped, "shaped", detail::access::write, a.scores.data());
    if (!to.scores && c.size() > 0) detail::fail(c.function(), "scores is missing");
    if (!to.shaped && c.size() > 0) detail::fail(c.function(), "shaped is missing");
    c.done();
    const index_view lengths = a.lengths;
    const std::int64_t stride = to.lengths_stride;
    for (std::int64_t s = 0; s < c.size() && !lengths.absent(); ++s)
        if (lengths[s * stride] < 0)
            detail::fail(c.function(), "lengths has %lld at sequence %lld, expected at least 0", lengths[s * stride],
                         s);

    using V = typename detail::lanes<double, Arch>::type;
    const bool penalised = o.overlong_buffer > 0;
    const auto begins = static_cast<double>(o.max_length - o.overlong_buffer);
    const formula::overlong_rule<V> overlong{begins, static_cast<double>(penalised ? o.overlong_buffer : 1),
                                             penalised ? o.overlong_penalty : 0, o.overlong};
    const formula::unfinished<V> unfinished{o.unfinished_penalty, o.unfinished_score.has_value(),
                                            o.unfinished_score.value_or(0), o.unfinished_factor};
    const auto n = detail::sweep_scores<T, Arch>(
        c, to, penalised ? begins : unlimited,
        [=](const V& score, const V& length, const lane::mask_of<V>& finished)
            RLHF_INLINE { return formula::shaped_score(score, length, finished, overlong, unfinished); });
    return {static_cast<double>(c.size()), static_cast<double>(n.longer), static_cast<double>(n.unfinished)};
}

} // namespace RLHF_NAMESPACE
