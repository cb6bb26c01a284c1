// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/ptx_loss.hpp>
#include <rlhf/preference/sequence_log_probs.hpp>
#include <rlhf/recipe/preference_pairs.hpp>

namespace rlhf {

struct preference_nll_options {
    double nll_weight = 1; ///< α, finite: the factor of the preferred answers' negative log-likelihood
    bool average = false;  ///< true: compares averages of log-probabilities, as orpo and simpo need
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct preference_nll_arrays {
    view<const T> log_probs = detail::required<T>(); ///< [B, T] log π of the targets, nats
    view<const T> ref_log_probs = {};                ///< [B, T] log π_ref of the targets, nats; absent: 0
    index_view chosen;                               ///< [pairs] index of the preferred sequence, from 0 on
    index_view rejected;                             ///< [pairs] index of the other sequence
    view<const T> margins = {};                      ///< [pairs] as in preference_loss
    view<const T> weights = {};                      ///< [pairs] factor of the preference term alone
    view<T> sums = detail::required_output<T>();     ///< [B] out, the sums of sequence_log_probs
    view<T> d_sums = detail::required_output<T>();   ///< [B] out, ∂(preference term)/∂sums
    gradient<T> d_log_probs = {};                    ///< [B, T] ∂loss/∂log_probs
};

/// The parts of a step join by +=.
struct preference_nll_result {
    preference_loss_result preference;
    ptx_loss_result nll;
    double nll_weight = 0;

    /// The preference term, plus α times the negative log-likelihood, if α is not 0.
    [[nodiscard]] double loss() const {
        return preference.loss() + (nll_weight != 0 ? double(detail::real(nll_weight) * nll.loss()) : 0);
    }
    preference_nll_result& operator+=(const preference_nll_result& o) {
        preference += o.preference, nll += o.nll;
        if (o.preference.own.tokens > 0) nll_weight = o.nll_weight;
        return *this;
    }
};

namespace detail {
inline void check_same_shape(const char* f, const batch& text, const batch& answers) {
    bool same = text.size() == answers.size() && text.packed() == answers.packed() && text.layout == answers.layout;
    for (std::int64_t s = 0; same && s < answers.size(); ++s) same = text.length(s) == answers.length(s);
    if (!same) fail(f, "text and answers differ in shape");
}

/// Calls f(sequence) with the preferred answer of each pair that counts.
template <class F>
void each_chosen(const call& c, const index_view& chosen, const places& at, F&& f) {
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const sequence_mask mask = c.mask(s);
        for (std::int64_t t = 0; t < mask.length; ++t)
            if (mask[t]) f(chosen[s * at.row_stride + (c.begin(s) + t) * at.step]);
    }
}
} // namespace detail

/// A preference loss over pairs of a batch's answers, plus the negative log-likelihood of the preferred answers: CPO,
/// ORPO, and DPO with an SFT term (TRL's loss type `sft`).
///
///     loss = Σ w objective(c, j) / pairs.denominator − α Σ_pairs Σₜ log π(chosen answer) / text.denominator
///     ∂loss/∂log π of a token = ∂(preference term)/∂log π − α · (pairs that prefer its sequence) / text.denominator
///
///     CPO     dpo, without ref_log_probs, α = 1; text: the answers again
///     ORPO    orpo, with `average`, α = 1; text: in TRL prompts count as well
///
/// Three batches say what counts. `answers` is [B, T], and its mask lets through the answers that are compared. `pairs`
/// is [pairs], as in preference_pairs. `text` has the shape of `answers`. Its mask lets through the tokens of the
/// likelihood, and it has its own denominator, because the two terms are means over different things. With counted_here
/// this is the number of text's tokens in preferred answers, each counted once per pair that prefers its sequence.
///
/// This function is sequence_log_probs, preference_pairs, sequence_log_probs_backward and ptx_loss, with the same bits.
/// If log π = −∞ in a preferred answer, the loss is +∞, unless α is 0.
///
/// Throws std::invalid_argument before d_log_probs is written: for what these functions throw, and for a text of
/// another shape.
///
/// Source: Xu et al. 2024, arXiv:2401.08417, eq. 5 (CPO); Hong et al. 2024, arXiv:2403.07691 (ORPO).
template <class T = float, class Arch = native, class Objective>
preference_nll_result preference_nll(const batch& answers, const batch& pairs, const batch& text,
                                     const preference_nll_arrays<T>& a, const Objective& objective,
                                     const preference_nll_options& o = {}, const executor& run = {}) {
    detail::call c("preference_nll", pairs), words("preference_nll", text), whole("preference_nll", answers);
    detail::check_finite<T>(c.function(), "nll_weight", o.nll_weight);
    whole.in(a.log_probs, "log_probs"), whole.out(a.d_log_probs, "d_log_probs");
    whole.done();
    detail::check_same_shape(c.function(), text, answers);

    preference_nll_result r;
    r.nll_weight = o.nll_weight;
    const sequence_log_probs_options how{.average = o.average};
    sequence_log_probs<T, Arch>(answers, {.log_probs = a.log_probs, .ref_log_probs = a.ref_log_probs, .sums = a.sums},
                                how, run);
    r.preference = preference_pairs<T, Arch>(pairs,
                                             {.sums = a.sums,
                                              .chosen = a.chosen,
                                              .rejected = a.rejected,
                                              .margins = a.margins,
                                              .weights = a.weights,
                                              .d_sums = a.d_sums},
                                             objective);

    const detail::places at = c.tokens_of(a.chosen, "chosen");
    counts own; // each token once per pair that prefers its sequence
    detail::each_chosen(c, a.chosen, at, [&](std::int64_t s) {
        own.tokens += static_cast<double>(detail::count_counted(words.mask(s)));
    });
    batch likely = text;
    if (!likely.denominator.is_explicit()) likely.denominator = own;
    (void)detail::normalization(detail::call(c.function(), likely), own, aggregation::token_mean);

    sequence_log_probs_backward<T, Arch>(answers, {.d_sums = a.d_sums, .d_log_probs = a.d_log_probs}, how, run);
    const bool wanted = !a.d_log_probs.to.absent() && o.nll_weight != 0;
    detail::each_chosen(c, a.chosen, at, [&](std::int64_t s) {
        ptx_loss_arrays<T> one{.log_probs = part(a.log_probs, answers, s, 1)};
        if (wanted) one.d_log_probs = add_to(part(a.d_log_probs.to, answers, s, 1), a.d_log_probs.scale * o.nll_weight);
        r.nll += ptx_loss<T, Arch>(likely.part(s, 1), one);
    });
    return r;
}

} // namespace RLHF_NAMESPACE
