// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/logits.hpp>
#include <rlhf/engine/call/call.hpp>

namespace RLHF_NAMESPACE::detail {

template <class E>
inline constexpr bool is_logit =
    std::same_as<E, float> || std::same_as<E, double> || std::same_as<E, bfloat16> || std::same_as<E, float16>;

/// The type that logits are computed in.
template <class E>
using compute_type = std::conditional_t<std::same_as<std::remove_const_t<E>, double>, double, float>;

/// Token ids bound to a batch: the target of step t of sequence s, which begins at token `begin` of a packed batch.
struct bound_targets {
    index_view ids;
    std::int64_t row_stride = 0, shift = 0;
    [[nodiscard]] std::int64_t operator()(std::int64_t s, std::int64_t begin, std::int64_t t) const {
        return ids[s * row_stride + begin + t + shift];
    }
};

/// Logits, or their gradient, bound to a batch.
template <class E>
struct bound_logits {
    logits_view<E> view;
    bool packed;
    /// Packed tokens lie in the order of the shape, for every split of the shape into sequences and steps.
    [[nodiscard]] E* row(std::int64_t s, std::int64_t begin, std::int64_t t) const {
        if (!packed) return view.at(s, t);
        const std::int64_t steps = view.shape().steps, token = begin + t;
        return view.at(token / steps, token % steps);
    }
};

inline void check_logits_batch(const call& c) {
    const auto& b = c.batch();
    if (b.layout == layout::time_first)
        fail(c.function(), "logits are [B, T, V], but batch.layout is time_first: pass all arrays as [B, T]");
    if (!b.predict_next.has_value())
        fail(c.function(), "batch.predict_next is not set: say whether step t predicts token t + 1, or targets are "
                           "aligned with the steps");
}

inline bound_targets bind_targets(call& c, const index_view& v) {
    if (v.absent() && c.tokens() > 0) fail(c.function(), "targets is missing");
    return {v, c.tokens_of(v, "targets").row_stride, c.batch().predict_next.value_or(false) ? 1 : 0};
}

/// Checks shape and strides, and registers the memory for call::done().
template <class E>
bound_logits<E> bind_logits(call& c, const logits_view<E>& v, const char* name, access how = access::read,
                            const void* in_place_of = nullptr) {
    static_assert(is_logit<std::remove_const_t<E>>, "rlhf: logits are float, double, rlhf::bfloat16 or rlhf::float16");
    check_logits_shape(c.function(), c.batch(), v, name);
    const std::int64_t vocab = v.shape().vocab;
    if (vocab < 1) fail(c.function(), "%s has a vocabulary of %lld, expected at least 1", name, vocab);
    if (v.width() < vocab)
        fail(c.function(), "%s has padded_vocab %lld, less than its vocabulary of %lld", name, v.width(), vocab);
    const std::int64_t B = v.shape().sequences, T = v.shape().steps, width = v.width();
    const std::int64_t step = v.step_stride(), sequence = v.sequence_stride();
    if (c.tokens() == 0) return {v, c.batch().packed()};
    const std::int64_t all_steps = times(T - 1, step) + width, all_sequences = times(B - 1, sequence) + width;
    const bool overlap = (T > 1 && step < width) || (B > 1 && sequence < width) ||
                         (B > 1 && T > 1 && sequence < all_steps && step < all_sequences);
    if (overlap)
        fail(c.function(), "%s has strides of %lld and %lld: its rows of %lld overlap", name, step, sequence, width);
    const auto add = [&](std::int64_t n, std::int64_t length, std::int64_t apart) { // n runs of memory
        c.arrays().add(v.data(), sizeof(E), name, n, length, apart, how, in_place_of);
    };
    if (sequence == times(T, step) || B == 1)
        add(c.tokens(), width, step);
    else if (sequence >= all_steps)
        add(B, all_steps, sequence);
    else
        add(T, all_sequences, step);
    return {v, c.batch().packed()};
}

/// Binds the gradient's buffer. It has the shape of the logits, perhaps with other strides and padding, and may be the
/// logits themselves.
template <class E, class D>
bound_logits<D> bind_d_logits(call& c, const logits_gradient<D>& g, const logits_view<E>& logits) {
    static_assert(!std::same_as<D, double> || std::same_as<std::remove_const_t<E>, double>,
                  "rlhf: logits that are not double have no double gradient");
    check_finite<compute_type<E>>(c.function(), "d_logits", g.scale);
    const bool same_type = std::same_as<std::remove_const_t<E>, D>;
    const auto bound =
        bind_logits(c, g.to, "d_logits", access::write, same_type ? static_cast<const void*>(logits.data()) : nullptr);
    if (g.to.shape().vocab != logits.shape().vocab)
        fail(c.function(), "d_logits has a vocabulary of %lld, expected %lld", g.to.shape().vocab,
             logits.shape().vocab);
    return bound;
}

/// Throws if the target of a step that counts is outside the vocabulary.
inline void check_targets(const call& c, const bound_targets& targets, std::int64_t vocab) {
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const sequence_mask mask = c.mask(s);
        const std::int64_t begin = c.begin(s);
        for (std::int64_t t = 0; t < mask.length; ++t) {
            if (!mask[t]) continue;
            const std::int64_t id = targets(s, begin, t);
            if (id < 0 || id >= vocab)
                fail(c.function(), "target %lld of sequence %lld, step %lld is outside the vocabulary of %lld", id, s,
                     t, vocab);
        }
    }
}

} // namespace RLHF_NAMESPACE::detail
