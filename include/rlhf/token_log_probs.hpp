// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/logits_sweep.hpp>

namespace rlhf {

/// Of both directions: hand the same object to both.
struct token_log_probs_options {
    double temperature = 1; ///< divides the logits, in value and gradient
};

} // namespace rlhf

namespace rlhf::inline RLHF_ABI {

/// Each may be left out.
template <class T>
struct token_log_probs_arrays {
    view<T> log_probs = {};   ///< [B, T] out, log p of the target, nats
    view<T> entropy = {};     ///< [B, T] out, −Σ p log p, nats
    view<T> log_sum_exp = {}; ///< [B, T] out; handed to the backward pass it saves one read of the logits
    view<T> collision = {};   ///< [B, T] out, Σ p²
};

template <class T>
struct token_log_probs_backward_arrays {
    view<const T> log_sum_exp = {}; ///< [B, T] of the forward pass; absent: computed again
    view<const T> d_log_probs = {}; ///< [B, T] ∂loss/∂log_probs; absent: 0
    view<const T> d_entropy = {};   ///< [B, T] ∂loss/∂entropy; absent: 0
};

struct token_log_probs_result {
    double tokens = 0;
    double nonfinite = 0; ///< tokens whose log-probability is not a finite number
    token_log_probs_result& operator+=(const token_log_probs_result& o) {
        tokens += o.tokens, nonfinite += o.nonfinite;
        return *this;
    }
};

namespace detail {
inline void check_options(const char* f, const token_log_probs_options& o) {
    check_range(f, "temperature", o.temperature, 1e-6, 1e6);
}
} // namespace detail

/// What the logits say about the chosen tokens, in one read of them.
///
///     x       = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
///     log_probs = log p_target           entropy = −Σ pᵥ log pᵥ       collision = Σ pᵥ²
///
/// Logits are [B, T, V] (packed: [1, tokens, V]) of float, double, bfloat16 or float16, computed in float, double ones
/// in double. Targets are int32 or int64, [B, T]: with predict_next the tokens themselves (step t is about token t +
/// 1), without it the token that step t is about. Rows that do not count are not read; their outputs are 0. The padding
/// of the vocabulary is not read.
///
/// A logit of −inf is a token with p = 0. A row of −inf alone has log_probs and log_sum_exp −inf, entropy and collision
/// 0. NaN or +inf makes its own row NaN. Both are counted by `nonfinite`.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a target of a row that counts outside
/// [0, V), predict_next not said, layout::time_first, overlapping arrays.
template <class T = float, class Arch = native, class E>
token_log_probs_result token_log_probs(const batch& b, logits_view<E> logits, const index_view& targets,
                                       const token_log_probs_arrays<T>& a, const token_log_probs_options& o = {},
                                       const executor& run = {}) {
    detail::call c("token_log_probs", b);
    detail::check_options(c.function(), o);
    detail::check_logits_batch(c);
    const auto z = detail::bind_logits(c, logits, "logits");
    const auto ids = detail::bind_targets(c, targets);
    const auto log_probs = c.out(a.log_probs, "log_probs").to, entropy = c.out(a.entropy, "entropy").to;
    const auto log_sum_exp = c.out(a.log_sum_exp, "log_sum_exp").to, collision = c.out(a.collision, "collision").to;
    const std::int64_t vocab = logits.shape().vocab;
    c.done();
    detail::check_targets(c, ids, vocab);

    using totals = detail::totals<0, 1, 0, 0>;
    const detail::softmax_rows<detail::compute_type<E>, Arch> rows(o.temperature);
    const auto sweep = [&]<detail::row_sums_wanted Want>() {
        const auto row = [&](const detail::row_place& here, totals& found) {
            detail::softmax_row softmax;
            double log_prob = 0;
            if (here.counted) {
                const E* const row_logits = here.of(z);
                softmax = rows.template read<Want>(row_logits, vocab);
                log_prob = softmax.log_prob(static_cast<double>(row_logits[here.of(ids)]));
                found.tokens += 1, found.counts[0] += std::isfinite(log_prob) ? 0 : 1;
            }
            const auto put = [&](const detail::stream<T>& to, double value) {
                if (to) here.of(to) = here.counted ? static_cast<T>(value) : T(0);
            };
            put(log_probs, log_prob), put(entropy, softmax.entropy);
            put(log_sum_exp, softmax.log_sum_exp()), put(collision, softmax.squares);
        };
        const auto found = detail::sweep_rows<totals>(c, vocab, run, row);
        return token_log_probs_result{static_cast<double>(found.tokens), static_cast<double>(found.counts[0])};
    };
    using wanted = detail::row_sums_wanted;
    if (collision) return sweep.template operator()<wanted{.entropy = true, .squares = true}>();
    return entropy ? sweep.template operator()<wanted{.entropy = true}>() : sweep.template operator()<wanted{}>();
}

/// The gradient into the logits of any loss of log_probs and entropy.
///
///     ∂loss/∂zᵥ = (d_log_probs (δᵥ − pᵥ) − d_entropy pᵥ (log pᵥ + entropy)) / temperature
///     with δᵥ = 1 at the target, else 0
///
/// d_logits may be the logits themselves (`d_logits = logits`), another buffer, or one of a narrower type: a
/// logits_view, or write_to or add_to of one. Rows that do not count, and rows whose two gradients are 0, are written 0
/// without being read (with add_to: left as they are), the padding of the vocabulary too. So is a row of −inf alone.
///
/// With log_sum_exp and without d_entropy the logits are read once; the gradient is then as exact as log_sum_exp is in
/// T.
///
/// Throws as token_log_probs does.
template <class T = float, class Arch = native, class E, class D>
token_log_probs_result token_log_probs_backward(const batch& b, logits_view<E> logits, const index_view& targets,
                                                const token_log_probs_backward_arrays<T>& a, const D& d_logits,
                                                const token_log_probs_options& o = {}, const executor& run = {}) {
    const logits_gradient into(d_logits);
    detail::call c("token_log_probs_backward", b);
    detail::check_options(c.function(), o);
    detail::check_logits_batch(c);
    const auto z = detail::bind_logits(c, logits, "logits");
    const auto ids = detail::bind_targets(c, targets);
    const auto log_sum_exp = c.optional(a.log_sum_exp, "log_sum_exp");
    const auto d_log_probs = c.optional(a.d_log_probs, "d_log_probs"), d_entropy = c.optional(a.d_entropy, "d_entropy");
    const auto d = detail::bind_d_logits(c, into, logits);
    const std::int64_t vocab = logits.shape().vocab;
    c.done();
    detail::check_targets(c, ids, vocab);

    using totals = detail::totals<0, 1, 0, 0>;
    const detail::softmax_rows<detail::compute_type<E>, Arch> rows(o.temperature);
    const auto found = detail::sweep_rows<totals>(c, vocab, run, [&](const detail::row_place& here, totals& sums) {
        const auto value = [&](const detail::stream<const T>& from) {
            return here.counted && from ? static_cast<double>(here.of(from)) : 0.0;
        };
        const double g = value(d_log_probs), h = value(d_entropy);
        const E* const row_logits = here.of(z);
        detail::softmax_row softmax;
        if (g != 0 || h != 0) {
            using wanted = detail::row_sums_wanted;
            softmax = log_sum_exp && h == 0 ? rows.from(value(log_sum_exp))
                      : h == 0              ? rows.template read<wanted{}>(row_logits, vocab)
                                            : rows.template read<wanted{.entropy = true}>(row_logits, vocab);
        }
        sums.tokens += here.counted ? 1 : 0, sums.counts[0] += std::isfinite(softmax.sum) ? 0 : 1;
        const std::int64_t target = softmax.impossible() ? 0 : here.of(ids);
        rows.write(row_logits, vocab, softmax, {.log_prob = g, .entropy = h, .scale = into.scale}, target, here.of(d),
                   d.view.width(), into.add);
    });
    return {static_cast<double>(found.tokens), static_cast<double>(found.counts[0])};
}

} // namespace rlhf::inline RLHF_ABI
