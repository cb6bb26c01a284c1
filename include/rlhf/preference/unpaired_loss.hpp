// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/kto.hpp>
#include <rlhf/formula/nca.hpp>
#include <rlhf/results/loss_result.hpp>

namespace RLHF_NAMESPACE {

/// Answers are the steps of the batch: `batch{.steps = answers, …}`.
template <class T>
struct unpaired_loss_arrays {
    view<const T> log_ratios = detail::required<T>(); ///< [answers] r: see sequence_log_probs
    view<const std::uint8_t> desirable;               ///< [answers] 0 for a bad answer, else 1
    view<const T> weights = {};                       ///< [answers] factor of the loss; absent: 1
    gradient<T> d_log_ratios = {};                    ///< [answers] ∂loss/∂r
};

/// Sums over the answers that count; the parts of a step join by +=. Its means are over answers; weights do not change
/// them.
class unpaired_loss_result : public loss_result<unpaired_loss_result, formula::unpaired_statistics> {
public:
    using loss_result::loss_result;

    [[nodiscard]] double answers() const { return own.tokens; }
    [[nodiscard]] double desirable() const {
        return static_cast<double>(totals_.desirable);
    } ///< the number of desirable answers
    /// The mean of β r over the desirable answers; 0 if there are none.
    [[nodiscard]] double mean_desirable_reward() const { return mean(totals_.desirable_reward.value(), desirable()); }
    /// The same over the other answers.
    [[nodiscard]] double mean_undesirable_reward() const {
        return mean(totals_.undesirable_reward.value(), answers() - desirable());
    }
    [[nodiscard]] double mean_margin() const { return mean_desirable_reward() - mean_undesirable_reward(); }

private:
    static double mean(double sum, double n) { return n > 0 ? sum / n : 0; }
};

namespace detail {
/// A segment of answers, side by side. A sweep reads numbers, so the bytes of `desirable` become 1 and 0.
template <class T>
struct answer_block {
    std::array<T, segment_tokens> desirable;
    std::array<std::uint8_t, segment_tokens> mask;

    /// Copies the n answers of sequence s from t on.
    void gather(const call& c, const stream<const std::uint8_t>& bytes, std::int64_t s, std::int64_t t,
                std::int64_t n) {
        copy_mask(c.mask(s).from(t, n), 0, n, mask.data(), n);
        const std::uint8_t* from = bytes.row(s, c.begin(s)) + t * bytes.step;
        for (std::int64_t k = 0; k < n; ++k) desirable[static_cast<std::size_t>(k)] = from[k * bytes.step] != 0 ? 1 : 0;
    }
};

/// The tokens of sequence s from t on, as an array of their own.
template <class E>
stream<E> tokens_from(const stream<E>& of, const call& c, std::int64_t s, std::int64_t t) {
    return {of.row(s, c.begin(s)) + t * of.step, 0, of.step};
}
} // namespace detail

/// A loss over answers that were judged one by one, as desirable or not, with its gradient. Each objective has its
/// formula, options and source in a header:
///
///     formula/kto.hpp          kto
///     formula/nca.hpp          bco
///
///     loss = Σ w objective(r, desirable) / denominator.tokens
///
/// r are log ratios of whole answers, from sequence_log_probs with ref_log_probs, as sums. The caller provides the
/// number that an objective compares them with. For kto this is z₀, the divergence from the reference. TRL estimates it
/// from mismatched pairs: each answer is put after another prompt of the batch. For bco it is δ, the mean reward of all
/// answers so far, including the current ones:
///
///     mismatched += moments_of(batch, other_log_ratios);      kto{.reference_point = max(0, mismatched.mean())}
///     seen += moments_of(batch, log_ratios);                  bco{.shift = β * seen.mean()}
///
/// += also joins the moments of ranks. `mismatched` is computed anew in every step. Weights that make the prompts of
/// the bad answers look like the prompts of the good ones (TRL's match_underlying_distribution) go to `weights`.
///
/// Arrays are [answers]. Masked answers may hold anything; their gradients are +0, or left as they are with add_to. No
/// counted answer: loss 0, gradients 0. Everything runs on this thread, because answers are few compared with tokens.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, a gradient that
/// overlaps another array, a batch that counts more than its denominator.
template <class T = float, class Arch = native, class Objective>
unpaired_loss_result unpaired_loss(const batch& b, const unpaired_loss_arrays<T>& a, const Objective& objective) {
    static_assert(
        requires { formula::objective<Objective>::template whole<T>(objective)(formula::judged_answer<T>()); },
        "rlhf: this objective compares pairs of answers: call preference_loss");
    detail::call c("unpaired_loss", b);
    formula::objective<Objective>::bounds(objective, detail::in_range{c.function()});
    const auto log_ratios = c.in(a.log_ratios, "log_ratios");
    const auto desirable = c.in(a.desirable, "desirable");
    const auto weights = c.optional(a.weights, "weights");
    const auto out = c.out(a.d_log_ratios, "d_log_ratios");
    const detail::normalization n(c, aggregation::token_mean);
    c.done();

    static constexpr T one = 1;
    const auto formula = formula::objective<Objective>::template whole<T>(objective);
    const formula::unpaired_rule<T, std::remove_const_t<decltype(formula)>> rule{formula};
    const auto d = n.scaled(out);
    const auto clear = [&](std::int64_t s, std::int64_t from, std::int64_t to) {
        if (d && !d.add) detail::clear_tokens(d.to.row(s, c.begin(s)) + from * d.to.step, d.to.step, to - from);
    };
    detail::answer_block<T> block;
    detail::totals<formula::unpaired_statistics> joined;
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const auto [first, last] = detail::counted_tokens(c.mask(s));
        clear(s, 0, first), clear(s, last, c.length(s));
        for (std::int64_t t = first; t < last; t += detail::segment_tokens) { // as the sweep over tokens cuts them
            const std::int64_t answers = (std::min)(last - t, detail::segment_tokens);
            block.gather(c, desirable, s, t, answers);
            const auto from = [&](const auto& x) { return detail::tokens_from(x, c, s, t); };
            const std::array streams{from(log_ratios), detail::stream<const T>{block.desirable.data(), 0, 1},
                                     weights ? from(weights) : detail::stream<const T>{&one, 0, 0}};
            const std::array targets{detail::target<T>{d ? from(d.to) : d.to, d.scale, d.add}};
            const batch part{.steps = answers,
                             .mask = std::span(block.mask).first(static_cast<std::size_t>(answers)),
                             .denominator = counted_here};
            joined += detail::sweep_tokens<T, Arch>(detail::call(c.function(), part), streams, targets, {}, rule);
        }
    }
    return {n, joined};
}

} // namespace RLHF_NAMESPACE
