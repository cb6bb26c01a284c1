// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/logits_sweep.hpp>

namespace rlhf {

/// Shared by forward and backward: pass the same object to both.
struct token_log_probs_options {
    double temperature = 1; ///< in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// The outputs; each may be left out.
template <class T>
struct token_log_probs_arrays {
    view<T> log_probs = {};   ///< [B, T] out, log p of the target, nats
    view<T> entropy = {};     ///< [B, T] out, −Σ p log p, nats
    view<T> log_sum_exp = {}; ///< [B, T] out, nats; in the backward pass it saves one read of the logits
    view<T> collision = {};   ///< [B, T] out, Σ p²
};

template <class T>
struct token_log_probs_backward_arrays {
    view<const T> log_sum_exp = {}; ///< [B, T] from the forward pass; absent: computed again
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
template <class Kind>
struct token_log_probs_statistics {
    typename Kind::count nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.nonfinite...); }
};

inline void check_options(const char* f, const token_log_probs_options& o) {
    check_range(f, "temperature", o.temperature, 1e-6, 1e6);
}

/// See token_log_probs. Source: stored_logits or head_logits.
template <class T, class Arch, class Source>
token_log_probs_result log_probs_of(call& c, const Source& source, const index_view& targets,
                                    const token_log_probs_arrays<T>& a, const token_log_probs_options& o,
                                    const executor& run) {
    using E = typename Source::element_type;
    check_options(c.function(), o);
    const auto ids = bind_targets(c, targets);
    const auto log_probs = c.out(a.log_probs, "log_probs").to, entropy = c.out(a.entropy, "entropy").to;
    const auto log_sum_exp = c.out(a.log_sum_exp, "log_sum_exp").to, collision = c.out(a.collision, "collision").to;
    c.done();
    check_targets(c, ids, source.vocab());

    using totals = detail::totals<token_log_probs_statistics>;
    const softmax_pass<compute_type<E>, Arch> rows(o.temperature);
    const auto found = source.template sweep<totals>(c, run, [&](const position& here, totals& sums) {
        softmax_stats softmax;
        double log_prob = 0;
        if (here.counted) {
            const E* const z = source.at(here);
            softmax = collision
                          ? rows.template read<softmax_wanted{.entropy = true, .squares = true}>(z, source.vocab())
                      : entropy ? rows.template read<softmax_wanted{.entropy = true}>(z, source.vocab())
                                : rows.template read<softmax_wanted{}>(z, source.vocab());
            log_prob = softmax.log_prob(static_cast<double>(z[here.of(ids)]));
            sums.tokens += 1, sums.nonfinite += std::isfinite(log_prob) ? 0 : 1;
        }
        const auto put = [&](const stream<T>& to, double value) {
            if (to) here.of(to) = here.counted ? static_cast<T>(value) : T(0);
        };
        put(log_probs, log_prob), put(entropy, softmax.entropy);
        put(log_sum_exp, softmax.log_sum_exp()), put(collision, softmax.squares);
    });
    return {static_cast<double>(found.tokens), static_cast<double>(found.nonfinite)};
}

/// See token_log_probs_backward.
template <class T, class Arch, class Source>
token_log_probs_result log_probs_backward(call& c, const Source& source, const index_view& targets,
                                          const token_log_probs_backward_arrays<T>& a, const token_log_probs_options& o,
                                          const executor& run) {
    using E = typename Source::element_type;
    check_options(c.function(), o);
    check_scale(c, source, o.temperature);
    const auto ids = bind_targets(c, targets);
    const auto log_sum_exp = c.optional(a.log_sum_exp, "log_sum_exp");
    const auto d_log_probs = c.optional(a.d_log_probs, "d_log_probs"), d_entropy = c.optional(a.d_entropy, "d_entropy");
    c.done();
    check_targets(c, ids, source.vocab());

    using totals = detail::totals<token_log_probs_statistics>;
    const softmax_pass<compute_type<E>, Arch> rows(o.temperature);
    const auto found = source.template sweep<totals>(c, run, [&](const position& here, totals& sums) {
        const auto value = [&](const stream<const T>& from) {
            return here.counted && from ? static_cast<double>(here.of(from)) : 0.0;
        };
        const double g = value(d_log_probs), h = value(d_entropy);
        softmax_stats softmax;
        if (g != 0 || h != 0) {
            const E* const z = source.at(here);
            softmax = log_sum_exp && h == 0 ? rows.from(value(log_sum_exp))
                      : h == 0              ? rows.template read<softmax_wanted{}>(z, source.vocab())
                                            : rows.template read<softmax_wanted{.entropy = true}>(z, source.vocab());
        }
        sums.tokens += here.counted ? 1 : 0, sums.nonfinite += std::isfinite(softmax.sum) ? 0 : 1;
        const std::int64_t target = softmax.impossible() ? 0 : here.of(ids);
        source.write(rows, here, softmax, {.log_prob = g, .entropy = h, .scale = source.scale}, target);
    });
    return {static_cast<double>(found.tokens), static_cast<double>(found.nonfinite)};
}
} // namespace detail

/// The log-probability of each target, and entropy, log-sum-exp and collision of its distribution, in one read of the
/// logits.
///
///     x       = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
///     log_probs = log p_target           entropy = −Σ pᵥ log pᵥ       collision = Σ pᵥ²
///
/// Logits are [B, T, V] (packed: [1, tokens, V]) of float, double, bfloat16 or float16, computed in float, or in double
/// if they are double. Targets are int32 or int64, [B, T]. With predict_next they are the tokens themselves (step t
/// predicts token t + 1); without it, target t is the token that step t predicts. Rows that do not count are not read;
/// their outputs are 0. The padding of the vocabulary is not read.
///
/// A logit of −inf is an entry with p = 0. A row of nothing but −inf has log_probs and log_sum_exp −inf, entropy and
/// collision 0. NaN or +inf makes its own row NaN. Tokens whose log-probability is not finite are counted by
/// `nonfinite`.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a target outside [0, V) in a row that
/// counts, predict_next not set, layout::time_first, overlapping arrays.
template <class T = float, class Arch = native, class E>
token_log_probs_result token_log_probs(const batch& b, logits_view<E> logits, const index_view& targets,
                                       const token_log_probs_arrays<T>& a, const token_log_probs_options& o = {},
                                       const executor& run = {}) {
    detail::call c("token_log_probs", b);
    const auto source = detail::bind_stored(c, logits);
    return detail::log_probs_of<T, Arch>(c, source, targets, a, o, run);
}

/// The backward pass of token_log_probs: the gradient into the logits of any loss that depends on log_probs and
/// entropy.
///
///     ∂loss/∂zᵥ = (d_log_probs (δᵥ − pᵥ) − d_entropy pᵥ (log pᵥ + entropy)) / temperature
///     with δᵥ = 1 at the target, else 0
///
/// d_logits may be the logits themselves (`d_logits = logits`) or another buffer: a logits_view, or write_to or add_to
/// of one. It may have any of the types of logits, but double only if the logits are double. Rows that do not count,
/// and rows whose two gradients are 0, are not read; their gradient is 0, or left as it is with add_to. The same holds
/// for the padding of the vocabulary, and for a row of nothing but −inf.
///
/// With log_sum_exp and without d_entropy the logits are read once; the gradient is then as exact as log_sum_exp is in
/// T.
///
/// Throws as token_log_probs does.
template <class T = float, class Arch = native, class E, class D>
token_log_probs_result token_log_probs_backward(const batch& b, logits_view<E> logits, const index_view& targets,
                                                const token_log_probs_backward_arrays<T>& a, const D& d_logits,
                                                const token_log_probs_options& o = {}, const executor& run = {}) {
    detail::call c("token_log_probs_backward", b);
    const auto source = detail::bind_stored(c, logits, detail::as_logits_gradient(d_logits));
    return detail::log_probs_backward<T, Arch>(c, source, targets, a, o, run);
}

} // namespace RLHF_NAMESPACE
