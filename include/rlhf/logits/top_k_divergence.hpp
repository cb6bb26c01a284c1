// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/top_k_pass.hpp>
#include <rlhf/logits/divergence.hpp>

namespace rlhf {

struct top_k_divergence_options {
    rlhf::divergence divergence = rlhf::divergence::reverse_kl;
    double beta = 0.5;      ///< for jsd alone, in (0, 1): the reference's weight in the mixture
    double temperature = 1; ///< divides the logits, in value and gradient
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean;
    top_k_support support = top_k_support::tail;
    double least_log_prob = -unlimited; ///< for truncated alone: log p and log q are at least this
    double low = -unlimited;            ///< a token's divergence is at least this
    double high = unlimited;            ///< and at most this
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

using top_k_divergence_result = divergence_sums;

/// The k likeliest entries of a reference for every row of logits: [tokens, k] in the order of the batch, flat or as
/// rows. With predict_next the row of step t is about token t + 1, like the row of the logits.
struct top_k_reference {
    extent k;                    ///< 1 to 1024, at most the vocabulary
    index_view ids;              ///< entries of the vocabulary, in any order, each once per row
    view<const float> log_probs; ///< log q of these entries, nats, at the loss's temperature
};

/// The reference for the tokens of these sequences: the counterpart of batch.part().
[[nodiscard]] inline top_k_reference part(const top_k_reference& r, const batch& b, extent first, extent count) {
    detail::check_part(b, first, count);
    const std::int64_t k = r.k, begin = count > 0 ? b.begin(first) : 0, last = first + count - 1,
                       tokens = count > 0 ? b.begin(last) + b.length(last) - begin : 0;
    const auto cut_of = [&](const auto& v, const char* name) -> detail::cut {
        const bool flat = v.rows() < 0;
        if (flat ? v.cols() != detail::times(b.tokens(), k) : v.rows() != b.tokens())
            detail::fail("part", "%s is [%lld, %lld], expected [%lld, %lld]: tokens and k", name, flat ? 1 : v.rows(),
                         v.cols(), b.tokens(), k);
        const std::int64_t stride = flat ? k : v.stride();
        return {begin * stride, tokens, flat ? k : v.cols(), stride};
    };
    const auto ids = cut_of(r.ids, "ids"), log_probs = cut_of(r.log_probs, "log_probs");
    return {.k = r.k,
            .ids = r.ids.from(ids.first, ids.rows, ids.cols, ids.stride),
            .log_probs = view<const float>::with(r.log_probs.data() + log_probs.first, log_probs.rows, log_probs.cols,
                                                 log_probs.stride)};
}

namespace detail {
/// The options that every divergence has.
inline divergence_options common(const top_k_divergence_options& o) {
    return {.divergence = o.divergence, .beta = o.beta, .temperature = o.temperature, .aggregation = o.aggregation};
}
inline void check_options(const char* f, const top_k_divergence_options& o) {
    check_options(f, common(o));
    if (!(o.least_log_prob <= 0)) fail(f, "least_log_prob is %g, expected at most 0", o.least_log_prob);
    if (o.support != top_k_support::truncated && o.least_log_prob != top_k_divergence_options().least_log_prob)
        fail(f, "least_log_prob is %g, but only support = truncated has one", o.least_log_prob);
    if (!(o.low <= o.high)) fail(f, "low is %g, expected at most high, %g", o.low, o.high);
}

/// See top_k_divergence.
template <class Arch, class E, class G>
divergence_sums divergence_from_top_k(call& c, const stored_logits<E, G>& source, const top_k_reference& r,
                                      const top_k_divergence_options& o, const executor& run) {
    check_options(c.function(), o);
    const auto top = bind_top_k(c, r.k, r.ids, r.log_probs, source.vocab());
    check_entries(c, top, source.vocab());
    const top_k_rule rule{o.temperature, o.beta, o.support, o.least_log_prob, o.low, o.high};
    return with_divergence(o.divergence, [&]<divergence How>() {
        const top_k_pass<How, compute_type<E>, Arch> rows(top, source.vocab(), rule);
        const auto token = [&](const position& here) { return c.batch().begin(here.sequence) + here.step; };
        return sweep_divergences<top_k_stats>(
            c, source, common(o), run, [&](const position& here) { return rows.read(source.at(here), token(here)); },
            [&](const position& here, const top_k_stats& row, double scale) {
                rows.write(source.at(here), token(here), row, scale, here.of(source.d), source.d.view.width(),
                           source.add);
            });
    });
}
} // namespace detail

/// The divergence between the policy's distribution of each token and a reference (or teacher) that sends only its k
/// likeliest entries, with its gradient into all of the policy's logits z.
///
///     p = softmax(z / temperature)          q = exp(log_probs)
///     p_tail = 1 − Σ p          q_tail = 1 − Σ q          Σ over the listed entries
///     D = KL(p ‖ q), KL(q ‖ p) or β KL(q ‖ m) + (1 − β) KL(p ‖ m)          over the classes
///     loss = Σ D / denominator          by the aggregation
///     ∂D/∂zᵥ = pᵥ (g_c − Σ p g) / temperature          g = ∂D/∂p by class, c the class of v
///
/// options.divergence chooses D, as in logits_divergence. options.support chooses the classes:
///
///     support      classes                 p                                      q
///     tail         k listed, and the tail  softmax over the vocabulary            exp(log_probs)
///     truncated    k listed                as above, but Σ p < 1                  as above, but Σ q < 1
///     renormalized k listed                softmax of the k logits / temperature  exp(log_probs) / Σ exp(log_probs)
///
/// With a tail, which holds all entries that are not listed, D is at most the divergence over the whole vocabulary, and
/// equal to it if k = V. KL terms are computed as Σ p log(p / q) − p + q, which is never negative. If k = V and Σ q is
/// not 1, KL(p ‖ q) is larger and KL(q ‖ p) smaller by Σ q − 1. A tail below 2⁻²⁴ is taken as 2⁻²⁴: log-probabilities
/// in float are not more precise, and a tail of 0 would make D infinite. If k = V there is no tail.
///
/// Truncated KLs are Σ p (log p − log q) and Σ q (log q − log p), of sides that do not sum to 1. Entries that are not
/// listed have g = 0, and D may be negative. log p and log q of the listed entries are at least least_log_prob, and an
/// entry whose log p is below it has g = 0.
///
/// Renormalized D and its gradient do not depend on the logits of other entries: only k logits of a row are read.
///
/// A token whose D is below options.low or above options.high counts as that bound, and has no gradient.
///
/// Logits are [B, T, V] (packed: [1, tokens, V]) of float, double, bfloat16 or float16. There are no targets:
/// predict_next says whether the mask is given per token or per step. d_logits, padding, rows that do not count, and
/// logits of −inf, +inf and NaN are as in logits_divergence. A log_prob of −inf is q = 0; NaN makes its own row NaN.
/// Renormalized D is +∞, and its gradient 0, if all listed entries have p = 0 or all have q = 0.
///
/// NeMo-RL's zero_outside_topk is truncated forward_kl with log_probs that the caller has renormalized. Its mixture
/// ω KL(q ‖ p) + (1 − ω) KL(p ‖ q) is two calls, the first with write_to(d_logits, ω), the second with
/// add_to(d_logits, 1 − ω): see examples/distillation.cpp.
///
/// Throws std::invalid_argument before anything is written: for what logits_divergence throws, for k outside [1, 1024]
/// or above V, and for an entry outside [0, V) in a row that counts. It is not checked that the entries of a row
/// differ.
///
/// Source: see logits_divergence. Tail: TRL's loss_add_tail (server_distillation, iw_opd). Truncated: verl's
/// forward_kl_topk, which has bounds as well (recipe/preset/verl.hpp). Renormalized: NeMo-RL, and TRL's sdpo and sdft.
template <class Arch = native, class E, detail::takes_logits_gradient D>
top_k_divergence_result top_k_divergence(const batch& b, logits_view<E> logits, const top_k_reference& reference,
                                         const D& d_logits, const top_k_divergence_options& o = {},
                                         const executor& run = {}) {
    detail::call c("top_k_divergence", b);
    const auto source = detail::bind_stored(c, logits, logits_gradient(d_logits));
    return detail::divergence_from_top_k<Arch>(c, source, reference, o, run);
}
template <class Arch = native, class E>
top_k_divergence_result top_k_divergence(const batch& b, logits_view<E> logits, const top_k_reference& reference,
                                         const top_k_divergence_options& o = {}, const executor& run = {}) {
    detail::call c("top_k_divergence", b);
    return detail::divergence_from_top_k<Arch>(c, detail::bind_stored(c, logits), reference, o, run);
}

} // namespace RLHF_NAMESPACE
