// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/all_ranks.hpp>
#include <rlhf/logits/token_log_probs.hpp>

namespace RLHF_NAMESPACE {

/// The sums over one rank's logits of one token, with x = (z − shift) / temperature for a logit z. Ranks exchange these
/// six doubles as bytes. All are 0 for tokens that do not count.
struct vocab_shard {
    double shift = 0;           ///< the largest logit; 0 if all are −∞
    double max_weight = 0;      ///< Σ eˣ over the largest logits: their number, up to roundings; 0 if all are −∞
    double other_weight = 0;    ///< Σ eˣ over the other logits
    double weighted_logits = 0; ///< Σ x eˣ
    double target_logit = 0;    ///< the target's logit on the rank that holds the target, else 0
    double holds_target = 0;    ///< 1 on the rank that holds the target, else 0; 1 for all ranks combined
};

/// The arrays of all ranks, and the outputs, each of which may be left out.
template <class T>
struct vocab_shard_log_probs_arrays {
    view<const vocab_shard> shards;  ///< [ranks, B · T], the ranks in any order
    view<vocab_shard> combined = {}; ///< [B, T] out, for the backward pass
    view<T> log_probs = {};          ///< [B, T] out, log p of the target, nats
    view<T> entropy = {};            ///< [B, T] out, −Σ p log p, nats
    view<T> log_sum_exp = {};        ///< [B, T] out
};

template <class T>
struct vocab_shard_backward_arrays {
    view<const vocab_shard> combined; ///< [B, T] from the forward pass
    view<const T> d_log_probs = {};   ///< [B, T] ∂loss/∂log_probs; absent: 0
    view<const T> d_entropy = {};     ///< [B, T] ∂loss/∂entropy; absent: 0
};

namespace detail {
using shard_totals = totals<token_log_probs_statistics>;

/// The target's column in the shard, or −1 if another rank holds it.
inline std::int64_t own_column(std::int64_t id, std::int64_t first_id, std::int64_t vocab) {
    return id >= first_id && id - first_id < vocab ? id - first_id : -1;
}
inline void check_options(const call& c, const token_log_probs_options& o, std::int64_t first_id) {
    check_options(c.function(), o);
    if (first_id < 0) fail(c.function(), "first_id is %lld, expected at least 0", first_id);
}

inline softmax_stats softmax_of(const vocab_shard& s, double temperature) {
    softmax_stats row{.shift = s.shift, .temperature = temperature, .ties = s.max_weight, .others = s.other_weight};
    row.add_up();
    if (!row.impossible()) row.entropy = row.log_sum - s.weighted_logits / row.sum;
    return row;
}

/// Joins the states of one token into one with the largest shift: Σ eˣ = Σᵣ eᵇ Σ eˣʳ and Σ x eˣ = Σᵣ eᵇ Σ (xᵣ + b) eˣʳ
/// with b = (shiftᵣ − shift) / temperature. Terms are computed in double, rank by rank, and added exactly. If the
/// largest logit of a rank is not the largest of all ranks, its weight moves to other_weight, rounded as if it had been
/// added there from the start (DESIGN.md, D15).
inline vocab_shard combine(const all_ranks<vocab_shard>& shards, const position& here, double temperature) {
    vocab_shard whole;
    double shift = -std::numeric_limits<double>::infinity();
    shards.each(here, [&](const vocab_shard& s) {
        if (s.max_weight + s.other_weight != 0 && s.shift > shift) shift = s.shift;
        if (s.holds_target != 0) whole.holds_target += s.holds_target, whole.target_logit = s.target_logit;
    });
    if (shift > -std::numeric_limits<double>::infinity()) whole.shift = shift + 0.0; // −0 is 0, in any order
    exact_sum others, weighted;
    shards.each(here, [&](const vocab_shard& s) {
        const double b = (s.shift - shift) / temperature, factor = lane::exp(b), sum = s.max_weight + s.other_weight;
        if (sum == 0) return;
        if (b == 0) whole.max_weight += std::nearbyint(s.max_weight);
        others.add(b == 0 ? s.other_weight : factor * sum);
        weighted.add(factor > 0 ? double(factor * (s.weighted_logits + real(b) * sum)) : 0);
    });
    whole.other_weight = others.value(), whole.weighted_logits = weighted.value();
    return whole;
}
} // namespace detail

/// Log-probabilities under tensor parallelism, where each rank holds the logits of a part of the vocabulary. This call
/// computes the rank's own sums.
///
/// `logits` are [B, T, Vᵣ], the columns of the ids first_id … first_id + Vᵣ − 1; shards may differ in width. One
/// vocab_shard per token is written. The three calls, with one exchange between the ranks in the forward pass and none
/// in the backward pass,
///
///     vocab_shard_sums(batch, logits, first_id, targets, own);
///     MPI_Allgather(own.data(), bytes, MPI_BYTE, all.data(), bytes, MPI_BYTE, comm); // bytes: of own
///     vocab_shard_log_probs(batch, targets, {.shards = all, .combined = own, .log_probs = …});
///     vocab_shard_backward(batch, logits, first_id, targets, {.combined = own, .d_log_probs = …}, d_logits);
///
/// compute what token_log_probs and token_log_probs_backward compute over the whole vocabulary. Element types, targets,
/// masks and logits that are not finite are treated as there. For float and 16-bit logits, results agree with the
/// unsharded call to 2 ULP. Entropy gradients are differences and agree to 2 ULP of their terms. For double logits they
/// agree to 10⁻¹⁴. All three calls take the same batch and temperature.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, first_id below 0, predict_next not set,
/// layout::time_first, overlapping arrays. If no shard holds a target, vocab_shard_log_probs throws.
///
/// Source: the exchange of maxima, sums and target logits: Shoeybi et al. 2019, arXiv:1909.08053, section 3.
template <class Arch = native, class E>
void vocab_shard_sums(const batch& b, logits_view<E> logits, extent first_id, const index_view& targets,
                      const view<vocab_shard>& shards, const token_log_probs_options& o = {},
                      const executor& run = {}) {
    detail::call c("vocab_shard_sums", b);
    const auto source = detail::bind_stored(c, logits);
    detail::check_options(c, o, first_id);
    const auto ids = detail::bind_targets(c, targets);
    if (shards.absent() && c.tokens() > 0) detail::fail(c.function(), "shards is missing");
    const auto to = c.out(shards, "shards").to;
    c.done();

    const detail::softmax_pass<detail::compute_type<E>, Arch> rows(o.temperature);
    detail::sweep_positions<detail::shard_totals>(c, source.vocab(), run, [&](const detail::position& here, auto&) {
        vocab_shard s;
        if (here.counted) {
            const E* const z = source.at(here);
            const auto row = rows.template read<detail::softmax_wanted{.entropy = true}>(z, source.vocab());
            s.shift = row.shift, s.max_weight = row.ties * rows.as_added(row), s.other_weight = row.others;
            s.weighted_logits = row.impossible() ? 0 : (row.log_sum - row.entropy) * row.sum;
            const std::int64_t column = detail::own_column(here.of(ids), first_id, source.vocab());
            if (column >= 0) s.target_logit = static_cast<double>(z[column]), s.holds_target = 1;
        }
        here.of(to) = s;
    });
}

/// Joins the sums of all ranks into log_probs, entropy and log_sum_exp, as token_log_probs writes them. See
/// vocab_shard_sums.
///
/// `shards` are [ranks, B · T] (packed: [ranks, tokens]): contiguous, or rlhf::view(pointer, {.sequences = ranks,
/// .steps = tokens, .stride = …}). Every rank gets the same bits, in any order of the ranks.
///
/// Throws as vocab_shard_sums does, and unless exactly one shard holds each target that counts. Otherwise an id is
/// outside the vocabulary, the first_id of a rank is wrong, or a rank is missing.
template <class T = float>
token_log_probs_result vocab_shard_log_probs(const batch& b, const index_view& targets,
                                             const vocab_shard_log_probs_arrays<T>& a,
                                             const token_log_probs_options& o = {}, const executor& run = {}) {
    detail::call c("vocab_shard_log_probs", b);
    detail::check_logits_batch(c);
    detail::check_options(c.function(), o);
    const auto ids = detail::bind_targets(c, targets);
    const auto shards = detail::bind_all_ranks(c, a.shards, "shards");
    const auto combined = c.out(a.combined, "combined").to;
    const auto log_probs = c.out(a.log_probs, "log_probs").to, entropy = c.out(a.entropy, "entropy").to;
    const auto log_sum_exp = c.out(a.log_sum_exp, "log_sum_exp").to;
    c.done();
    detail::check_holders(c, ids, shards);

    const std::int64_t cost = 64 * (shards.ranks + 1); // per token, in units of a logit
    const auto found = detail::sweep_positions<detail::shard_totals>(
        c, cost, run, [&](const detail::position& here, detail::shard_totals& sums) {
            const vocab_shard whole = here.counted ? detail::combine(shards, here, o.temperature) : vocab_shard();
            const detail::softmax_stats softmax = detail::softmax_of(whole, o.temperature);
            const double log_prob = softmax.log_prob(whole.target_logit);
            if (here.counted) sums.tokens += 1, sums.nonfinite += std::isfinite(log_prob) ? 0 : 1;
            const auto put = [&](const detail::stream<T>& to, double value) {
                if (to) here.of(to) = here.counted ? static_cast<T>(value) : T(0);
            };
            put(log_probs, log_prob), put(entropy, softmax.entropy), put(log_sum_exp, softmax.log_sum_exp());
            if (combined) here.of(combined) = whole;
        });
    return {static_cast<double>(found.tokens), static_cast<double>(found.nonfinite)};
}

/// The gradient of any loss of log_probs and entropy into a rank's own logits, as token_log_probs_backward writes it: δ
/// is 1 at the target on the rank that holds it. Ranks exchange nothing. See vocab_shard_sums.
///
/// Throws as vocab_shard_sums does.
template <class T = float, class Arch = native, class E, class D>
token_log_probs_result vocab_shard_backward(const batch& b, logits_view<E> logits, extent first_id,
                                            const index_view& targets, const vocab_shard_backward_arrays<T>& a,
                                            const D& d_logits, const token_log_probs_options& o = {},
                                            const executor& run = {}) {
    detail::call c("vocab_shard_backward", b);
    const auto source = detail::bind_stored(c, logits, detail::as_logits_gradient(d_logits));
    detail::check_options(c, o, first_id);
    detail::check_scale(c, source, o.temperature);
    const auto ids = detail::bind_targets(c, targets);
    const auto combined = c.in(a.combined, "combined");
    const auto d_log_probs = c.optional(a.d_log_probs, "d_log_probs"), d_entropy = c.optional(a.d_entropy, "d_entropy");
    c.done();

    const detail::softmax_pass<detail::compute_type<E>, Arch> rows(o.temperature);
    const auto found = source.template sweep<detail::shard_totals>(
        c, run, [&](const detail::position& here, detail::shard_totals& sums) {
            const auto value = [&](const detail::stream<const T>& from) {
                return here.counted && from ? static_cast<double>(here.of(from)) : 0.0;
            };
            const double g = value(d_log_probs), h = value(d_entropy);
            const bool moves = g != 0 || h != 0;
            const auto softmax = moves ? detail::softmax_of(here.of(combined), o.temperature) : detail::softmax_stats();
            sums.tokens += here.counted ? 1 : 0, sums.nonfinite += std::isfinite(softmax.sum) ? 0 : 1;
            const std::int64_t target = moves ? detail::own_column(here.of(ids), first_id, source.vocab()) : -1;
            source.write(rows, here, softmax, {.log_prob = g, .entropy = h, .scale = source.scale}, target);
        });
    return {static_cast<double>(found.tokens), static_cast<double>(found.nonfinite)};
}

} // namespace RLHF_NAMESPACE
