// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/batch.hpp>
#include <rlhf/core/check_arrays.hpp>
#include <rlhf/core/float16.hpp>
#include <rlhf/core/gradient.hpp>

namespace RLHF_NAMESPACE {

/// Shape of logits: [sequences, steps, vocab]; rows may be longer than the vocabulary (padded_vocab, 0 = vocab).
struct logits_shape {
    extent sequences = 1;
    extent steps;
    extent vocab;
    extent padded_vocab = 0; ///< columns vocab … padded_vocab − 1 are never read; their gradient is 0
};

/// Logits [B, T, V], or [1, tokens, V] for a packed batch. The V entries of a row are contiguous. The element type is
/// deduced at the call: float, double, bfloat16 or float16, const or not.
template <class E>
class logits_view {
public:
    using element_type = E;

    constexpr logits_view(E* data, logits_shape s)
        : data_(data), shape_(s), row_(s.padded_vocab != 0 ? s.padded_vocab : s.vocab), sequence_(row_ * s.steps) {}
    /// Strides from step to step and from sequence to sequence, in elements.
    constexpr logits_view(E* data, logits_shape s, extent step_stride, extent sequence_stride)
        : data_(data), shape_(s), row_(step_stride), sequence_(sequence_stride) {}
    template <class M>
        requires(std::same_as<const M, E> && !std::same_as<M, E>)
    constexpr logits_view(const logits_view<M>& v)
        : logits_view(v.data(), v.shape(), v.step_stride(), v.sequence_stride()) {}

    [[nodiscard]] constexpr E* data() const { return data_; }
    [[nodiscard]] constexpr const logits_shape& shape() const { return shape_; }
    [[nodiscard]] constexpr std::int64_t step_stride() const { return row_; }
    [[nodiscard]] constexpr std::int64_t sequence_stride() const { return sequence_; }
    /// Entries of a row, padding included.
    [[nodiscard]] constexpr std::int64_t width() const {
        return shape_.padded_vocab != 0 ? shape_.padded_vocab : shape_.vocab;
    }
    [[nodiscard]] constexpr E* at(std::int64_t s, std::int64_t t) const { return data_ + s * sequence_ + t * row_; }

private:
    E* data_;
    logits_shape shape_;
    std::int64_t row_, sequence_;
};

namespace detail {
/// Throws unless logits have the shape of the batch, or for a packed batch as many rows as there are tokens.
template <class E>
void check_logits_shape(const char* function, const batch& b, const logits_view<E>& v, const char* name) {
    const logits_shape& s = v.shape();
    if (s.sequences < 0 || s.steps < 0 ||
        (b.packed() ? times(s.sequences, s.steps) != b.tokens() : s.sequences != b.sequences || s.steps != b.steps))
        fail(function, "%s is [%lld, %lld, %lld], but the batch is [%lld, %lld]%s", name, s.sequences, s.steps, s.vocab,
             b.packed() ? 1 : b.sequences.n, b.packed() ? b.tokens() : b.steps.n, remedy(b));
}
} // namespace detail

/// The logits of sequences first … first + count − 1: the counterpart of batch.part(). Throws std::invalid_argument for
/// logits without the batch's shape, and for gaps between the tokens of a packed batch.
template <class E>
[[nodiscard]] logits_view<E> part(logits_view<E> z, const batch& b, extent first, extent count) {
    detail::check_part(b, first, count);
    detail::check_logits_shape("part", b, z, "logits");
    logits_shape s = z.shape();
    if (!b.packed()) {
        s.sequences = count;
        return {z.at(first, 0), s, z.step_stride(), z.sequence_stride()};
    }
    const std::int64_t begin = b.begin(first), tokens = b.begin(first + count) - begin;
    if (s.sequences == 1 || z.sequence_stride() == detail::times(s.steps, z.step_stride())) { // all tokens in one run
        s.sequences = 1, s.steps = tokens;
        return {z.at(0, begin), s, z.step_stride(), z.sequence_stride()};
    }
    if (s.steps != 1)
        detail::fail("part", "logits are [%lld, %lld, %lld] with gaps, but the batch is packed", s.sequences, s.steps,
                     s.vocab);
    s.sequences = tokens;
    return {z.at(begin, 0), s, z.step_stride(), z.sequence_stride()};
}

/// Makes a mask from targets in which one number, often −100, marks tokens that do not count: mask[i] is 0 where
/// targets[i] is that number, else 1. The mask has the shape of the targets. Given as batch.mask with predict_next, the
/// mask is shifted as the targets are.
///
/// Throws std::invalid_argument before anything is written: shapes that differ, a null pointer, a stride shorter than a
/// row, a mask that overlaps the targets.
inline void mask_targets(const index_view& targets, const view<std::uint8_t>& mask, std::int64_t ignore_index = -100) {
    const std::int64_t rows = targets.rows() < 0 ? 1 : targets.rows(), cols = targets.cols();
    const std::int64_t mask_rows = mask.rows() < 0 ? 1 : mask.rows();
    if (mask_rows != rows || mask.cols() != cols)
        detail::fail("mask_targets", "mask is [%lld, %lld], expected [%lld, %lld] as targets", mask_rows, mask.cols(),
                     rows, cols);
    detail::arrays arrays("mask_targets");
    const std::int64_t stride = arrays.add(targets, "targets", {rows, cols}, detail::access::read);
    const std::int64_t mask_stride = arrays.add(mask, "mask", {rows, cols}, detail::access::write);
    arrays.check_overlaps();
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t i = 0; i < cols; ++i)
            mask.data()[r * mask_stride + i] = targets[r * stride + i] != ignore_index ? 1 : 0;
}

/// Where the gradient into the logits goes. write_to and add_to make it, as for per-token gradients.
template <class E>
struct logits_gradient {
    static_assert(!std::is_const_v<E>, "rlhf: the gradient's logits_view must be writable");
    using element_type = E;
    logits_view<E> to;
    double scale = 1;
    bool add = false;
    constexpr logits_gradient(logits_view<E> v, double factor = 1, bool accumulate = false)
        : to(v), scale(factor), add(accumulate) {}
};
template <class E>
logits_gradient(logits_view<E>) -> logits_gradient<E>;

namespace detail {
/// True for a logits_view, and for write_to or add_to of one. This tells d_logits from the options where d_logits may
/// be left out.
template <class D>
concept takes_logits_gradient = requires(const D& d) {
    logits_gradient(d);
};

/// Converts what was given as d_logits. It takes anything and explains mistakes by static_assert, because overload
/// resolution cannot.
template <class D>
constexpr auto as_logits_gradient(const D& d) {
    static_assert(takes_logits_gradient<D>, "rlhf: behind the arrays and before the options comes d_logits: a "
                                            "logits_view, or write_to or add_to of one");
    if constexpr (takes_logits_gradient<D>)
        return logits_gradient(d);
    else
        return logits_gradient<float>(logits_view<float>(nullptr, {}));
}
} // namespace detail

/// buffer = scale · gradient; rows without a gradient get 0. The buffer may be the logits themselves.
template <class E>
[[nodiscard]] constexpr logits_gradient<E> write_to(logits_view<E> buffer, double scale = 1) {
    return {buffer, scale, false};
}
/// buffer += scale · gradient; rows without a gradient are left as they are.
template <class E>
[[nodiscard]] constexpr logits_gradient<E> add_to(logits_view<E> buffer, double scale = 1) {
    return {buffer, scale, true};
}

} // namespace RLHF_NAMESPACE
