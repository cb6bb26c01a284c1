// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/kept_pass.hpp>
#include <rlhf/logits/token_log_probs.hpp>

namespace rlhf {
using kept_log_probs_options = token_log_probs_options;
} // namespace rlhf

namespace RLHF_NAMESPACE {

using kept_log_probs_result = token_log_probs_result;

/// What a sampler kept of the vocabulary when it drew each token: the ids that top-p and top-k let through. Token i has
/// ids[offsets[i]] … ids[offsets[i + 1] − 1]. Tokens are in the order of the batch. With predict_next, step t uses the
/// set of token t + 1, like its target.
struct kept_set {
    index_view ids;     ///< one token after the other; the ids of a token are in any order, each once
    index_view offsets; ///< [tokens + 1], from 0 to the number of ids
};

/// The sets of these sequences: the counterpart of batch.part(). The ids stay where they are.
[[nodiscard]] inline kept_set part(const kept_set& kept, const batch& b, extent first, extent count) {
    detail::check_part(b, first, count);
    const std::int64_t tokens = b.tokens(), begin = count > 0 ? b.begin(first) : 0, last = first + count - 1,
                       end = count > 0 ? b.begin(last) + b.length(last) : 0;
    if (kept.offsets.absent() && tokens == 0) return kept;
    if (kept.offsets.cols() != tokens + 1)
        detail::fail("part", "kept.offsets has %lld elements, expected %lld", kept.offsets.cols(), tokens + 1);
    return {.ids = kept.ids, .offsets = kept.offsets.from(begin, index_view::flat, end - begin + 1)};
}

/// The outputs, each of which may be left out, and what log_kept needs.
template <class T>
struct kept_log_probs_arrays {
    view<const T> log_sum_exp = {}; ///< [B, T] from token_log_probs at the same temperature; for log_kept alone
    view<T> log_probs = {};         ///< [B, T] out, log p of the target among the kept ids, nats
    view<T> entropy = {};           ///< [B, T] out, −Σ p log p over the kept ids, nats
    view<T> log_kept = {};          ///< [B, T] out, log of the kept ids' probability in the whole softmax, nats
};

template <class T>
struct kept_log_probs_backward_arrays {
    view<const T> d_log_probs = {}; ///< [B, T] ∂loss/∂log_probs; absent: 0
    view<const T> d_entropy = {};   ///< [B, T] ∂loss/∂entropy; absent: 0
};

/// The log-probability of each target under the distribution that it was drawn from: the softmax over the set that the
/// sampler kept, instead of the whole vocabulary. Its cost grows with the set.
///
///     S = the token's kept ids and its target        x = z / temperature        lse = log Σ exp(xᵥ) over S
///     log p = x − lse        log_probs = log p_target        entropy = −Σ p log p over S
///     log_kept = lse − log_sum_exp: log Σ over S of the softmax over the whole vocabulary
///
/// Logits and targets are as in token_log_probs; log-probabilities are computed in double and rounded once. A target
/// that was not kept counts as kept. If no id was kept, S is the target alone: log_probs and entropy are 0. If S is the
/// whole vocabulary, log_probs equal the log_probs of token_log_probs up to 2 ULP. log_kept is as exact as log_sum_exp
/// is in T, so rounding may make it larger than 0.
///
/// Rows that do not count are not read and may have any ids; their outputs are 0. Logits outside S are not read either.
/// A logit of −inf in S is an entry with p = 0. If S holds nothing but −inf, log_probs is −inf and the entropy is 0;
/// log_kept is then −inf, or NaN if the whole row holds nothing else. NaN or +inf in S makes its row NaN. Tokens whose
/// log-probability is not finite are counted by `nonfinite`.
///
/// Throws std::invalid_argument before anything is written: for what token_log_probs throws, for offsets that are not
/// tokens + 1 numbers from 0 to the number of ids without falling, for an id outside [0, V) or twice in the set of a
/// row that counts, and for log_kept without log_sum_exp.
///
/// Source: DeepSeek-AI 2025, arXiv:2512.02556, section 3.1 (keep sampling mask).
template <class T = float, class Arch = native, class E>
kept_log_probs_result kept_log_probs(const batch& b, logits_view<E> logits, const index_view& targets,
                                     const kept_set& kept, const kept_log_probs_arrays<T>& a,
                                     const kept_log_probs_options& o = {}, const executor& run = {}) {
    detail::call c("kept_log_probs", b);
    const auto source = detail::bind_stored(c, logits);
    detail::check_options(c.function(), o);
    const auto ids = detail::bind_targets(c, targets);
    const auto sets = detail::bind_kept_set(c, kept.ids, kept.offsets);
    const auto log_sum_exp = c.optional(a.log_sum_exp, "log_sum_exp");
    const auto log_probs = c.out(a.log_probs, "log_probs").to, entropy = c.out(a.entropy, "entropy").to;
    const auto log_kept = c.out(a.log_kept, "log_kept").to;
    if (log_kept && !log_sum_exp && c.tokens() > 0) detail::fail(c.function(), "log_kept needs log_sum_exp");
    c.done();
    detail::check_targets(c, ids, source.vocab());
    detail::check_kept_set(c, sets, source.vocab());

    const detail::kept_pass<Arch> rows(o.temperature);
    const std::int64_t cost = 64 + sets.per_token; // per token, in units of a logit
    using totals = detail::totals<detail::token_log_probs_statistics>;
    const auto found = detail::sweep_positions<totals>(c, cost, run, [&](const detail::position& here, totals& sums) {
        detail::softmax_stats softmax;
        double log_prob = 0, mass = 0;
        if (here.counted) {
            const E* const z = source.at(here);
            softmax = rows.read(z, sets.of(c, here, ids));
            log_prob = softmax.log_prob(static_cast<double>(z[here.of(ids)]));
            if (log_kept) mass = softmax.log_sum_exp() - static_cast<double>(here.of(log_sum_exp));
            sums.tokens += 1, sums.nonfinite += std::isfinite(log_prob) ? 0 : 1;
        }
        const auto put = [&](const detail::stream<T>& to, double value) {
            if (to) here.of(to) = here.counted ? static_cast<T>(value) : T(0);
        };
        put(log_probs, log_prob), put(entropy, softmax.entropy), put(log_kept, mass);
    });
    return {static_cast<double>(found.tokens), static_cast<double>(found.nonfinite)};
}

/// The backward pass of kept_log_probs: the gradient into the logits of any loss that depends on log_probs and entropy.
///
///     ∂loss/∂zᵥ = (d_log_probs (δᵥ − pᵥ) − d_entropy pᵥ (log pᵥ + entropy)) / temperature in S, else 0
///     with δᵥ = 1 at the target, else 0
///
/// d_logits is as in token_log_probs_backward: the logits themselves, or another buffer, or write_to or add_to of one.
/// A row that is written costs O(V), for its zeros; with add_to only the entries of S are touched. Rows that do not
/// count, and rows whose two gradients are 0, are not read; their gradient is 0, or left as it is with add_to. The same
/// holds for the padding of the vocabulary, and for rows whose S holds nothing but −inf.
///
/// Throws as kept_log_probs does.
template <class T = float, class Arch = native, class E, class D>
kept_log_probs_result kept_log_probs_backward(const batch& b, logits_view<E> logits, const index_view& targets,
                                              const kept_set& kept, const kept_log_probs_backward_arrays<T>& a,
                                              const D& d_logits, const kept_log_probs_options& o = {},
                                              const executor& run = {}) {
    detail::call c("kept_log_probs_backward", b);
    const auto source = detail::bind_stored(c, logits, detail::as_logits_gradient(d_logits));
    detail::check_options(c.function(), o);
    detail::check_scale(c, source, o.temperature);
    const auto ids = detail::bind_targets(c, targets);
    const auto sets = detail::bind_kept_set(c, kept.ids, kept.offsets);
    const auto d_log_probs = c.optional(a.d_log_probs, "d_log_probs"), d_entropy = c.optional(a.d_entropy, "d_entropy");
    c.done();
    detail::check_targets(c, ids, source.vocab());
    detail::check_kept_set(c, sets, source.vocab());

    const detail::kept_pass<Arch> rows(o.temperature);
    const std::int64_t cost = 64 + sets.per_token + (source.add ? 0 : source.vocab()); // per token, as above
    using totals = detail::totals<detail::token_log_probs_statistics>;
    const auto found = detail::sweep_positions<totals>(c, cost, run, [&](const detail::position& here, totals& sums) {
        const auto value = [&](const detail::stream<const T>& from) {
            return here.counted && from ? static_cast<double>(here.of(from)) : 0.0;
        };
        const double g = value(d_log_probs), h = value(d_entropy);
        auto* const d = here.of(source.d);
        const std::int64_t width = source.d.view.width();
        bool finite = true;
        if (g != 0 || h != 0) {
            const detail::kept_ids set = sets.of(c, here, ids);
            const auto softmax = rows.read(source.at(here), set);
            finite = std::isfinite(softmax.sum);
            rows.write(source.at(here), set, softmax, {.log_prob = g, .entropy = h, .scale = source.scale}, d, width,
                       source.add);
        } else if (!source.add) {
            std::fill(d, d + width, static_cast<std::remove_cvref_t<decltype(*d)>>(0.0F));
        }
        sums.tokens += here.counted ? 1 : 0, sums.nonfinite += finite ? 0 : 1;
    });
    return {static_cast<double>(found.tokens), static_cast<double>(found.nonfinite)};
}

} // namespace RLHF_NAMESPACE
