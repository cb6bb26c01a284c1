// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/view.hpp>
#include <rlhf/lane/number.hpp>

#include <optional>

namespace rlhf {

/// How the tokens of a batch lie in memory.
enum class layout {
    batch_first, ///< [B, T]: the steps of a sequence lie side by side
    time_first,  ///< [T, B]: the sequences lie side by side
};

/// How per-token losses become one number, and which count of the denominator divides it.
enum class aggregation {
    token_mean, ///< Σₛ Σₜ lₛₜ / tokens
    /// Σₛ (Σₜ lₛₜ / |s|) / sequences. |s| is the number of tokens of s that count in this batch. If a sequence is cut
    /// over micro-batches or ranks, each piece would count as a sequence of its own. Then use sequence_mean_token_sum
    /// with weights 1 / |s| of the whole sequence, as rlhf::per_sequence.
    sequence_mean_token_mean,
    sequence_mean_token_sum, ///< Σₛ Σₜ lₛₜ / sequences
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// The tokens and sequences that a mask lets through. Counts of micro-batches and ranks are added exactly, because they
/// are whole numbers.
struct counts {
    double tokens = 0;
    double sequences = 0; ///< sequences with at least one counted token
    constexpr counts& operator+=(const counts& o) {
        tokens += o.tokens, sequences += o.sequences;
        return *this;
    }
    bool operator==(const counts&) const = default;
};

struct counted_here_t {};
inline constexpr counted_here_t counted_here{}; ///< divide by this batch's own counts: the batch is the whole step

/// What sums over tokens are divided by: rlhf::counted_here, or counts. These come from rlhf::count(batch), or from the
/// caller: counts{.tokens = n, .sequences = m}. There is no default, because every default is wrong for somebody
/// (DESIGN.md, D5).
class denominator {
public:
    template <class Missing = void>
    constexpr denominator() {
        static_assert(!std::is_void_v<Missing>, "rlhf: batch.denominator is missing: rlhf::counted_here, or the counts "
                                                "of the whole step, such as rlhf::count(batch)");
    }
    constexpr denominator(counted_here_t) {}
    constexpr denominator(const counts& whole_step) : whole_(whole_step), explicit_(true) {}
    [[nodiscard]] constexpr bool is_explicit() const { return explicit_; }
    [[nodiscard]] constexpr counts whole() const { return whole_; }

private:
    counts whole_;
    bool explicit_ = false;
};

/// Describes the tokens of a call: where their sequences lie, which tokens count, and what their sum is divided by.
/// Make it once and pass it to every function. It owns no memory.
struct batch {
    extent sequences = 1;                            ///< B, for [B, T] arrays
    extent steps = 0;                                ///< T
    offsets_view offsets = {};                       ///< packed: B + 1 offsets that do not fall, 32 or 64 bits
    rlhf::layout layout = rlhf::layout::batch_first; ///< [B, T] or [T, B]
    /// true: step t predicts token t + 1. Mask and targets are given per token and shifted here, within each sequence;
    /// the last step of a sequence predicts nothing and never counts. false: mask and targets are aligned with the
    /// steps already. Functions over logits or targets throw if it is absent.
    std::optional<bool> predict_next = {};
    mask_view mask;                ///< rlhf::all, or one byte per token
    rlhf::denominator denominator; ///< rlhf::counted_here, or the counts of the whole step

    [[nodiscard]] bool packed() const { return !offsets.absent(); }
    [[nodiscard]] std::int64_t size() const { return packed() ? offsets.cols() - 1 : sequences.n; }
    [[nodiscard]] std::int64_t begin(std::int64_t s) const { return packed() ? offsets[s] - offsets[0] : s * steps; }
    [[nodiscard]] std::int64_t length(std::int64_t s) const { return packed() ? offsets[s + 1] - offsets[s] : steps.n; }
    [[nodiscard]] std::int64_t tokens() const { return packed() ? offsets[size()] - offsets[0] : sequences * steps; }

    /// The sequences first … first + count − 1 as a batch of their own. The denominator stays. A part of a batch with
    /// counted_here is therefore a step of its own, divided by its own counts. For micro-batches of one step, give the
    /// whole its counts first: whole.denominator = count(whole).
    [[nodiscard]] batch part(extent first, extent count) const;
};

namespace detail {
inline void check_sizes(const char* function, const batch& b) {
    if (b.packed()) return;
    if (b.sequences < 0 || b.steps < 0)
        fail(function, "batch is [%lld, %lld], expected sizes of at least 0", b.sequences, b.steps);
    if (times(b.sequences, b.steps) == too_many)
        fail(function, "batch is [%lld, %lld], more tokens than memory can hold", b.sequences, b.steps);
}
/// The end of a sentence about an array that has elements where the batch has no tokens.
inline const char* remedy(const batch& b) {
    return b.tokens() == 0 ? ": set batch.sequences and batch.steps, or batch.offsets" : "";
}
inline void check_part(const batch& b, std::int64_t first, std::int64_t count) {
    check_sizes("part", b);
    if (first >= 0 && count >= 0 && count <= b.size() - first) return;
    using limits = std::numeric_limits<std::int64_t>;
    const bool overflow = count > 0 ? first > (limits::max)() - count : first < (limits::min)() - count;
    fail("part", "sequences %lld to %lld are not in a batch of %lld", first, overflow ? count : first + count,
         b.size());
}

/// Where some sequences of an array lie: the index of their first element, and the shape and stride of a view of them.
struct cut {
    std::int64_t first, rows, cols, stride;
};
template <class V>
cut cut_of(const V& v, const batch& b, std::int64_t first, std::int64_t count) {
    const bool time_first = b.layout == layout::time_first && !b.packed();
    const std::int64_t size = b.size(), tokens = b.tokens(), rows = v.rows(), cols = v.cols(), stride = v.stride();
    if (rows == V::per_sequence && cols == size) return {first * stride, rows, count, stride};
    if (rows == V::flat && cols == tokens) {
        if (time_first) return {first, b.steps, count, size};
        if (count == 0) return {0, V::flat, 0, 0};
        const std::int64_t begin = b.begin(first), last = first + count - 1;
        return {begin, V::flat, b.begin(last) + b.length(last) - begin, 0};
    }
    if (rows == V::flat && cols == size) return {first, V::flat, count, 0};
    if (time_first && rows == b.steps && cols == size) return {first, rows, count, stride};
    if (rows == size && (!time_first || cols == 1)) return {first * stride, count, cols, stride};
    if (rows == 1 && cols == size) return {first, 1, count, stride};
    if (time_first && rows == b.steps)
        fail("part", "the array is [%lld, %lld], expected [%lld, %lld]", rows, cols, rows, size);
    if (rows >= 0) fail("part", "the array has %lld rows, expected %lld", rows, time_first ? b.steps.n : size);
    fail("part", "the array has %lld elements, expected %lld", cols, rows == V::flat ? tokens : size);
}
} // namespace detail

/// The sequences first … first + count − 1 of an array that has the batch's shape, or one element per sequence: the
/// counterpart of batch.part(). A flat array with as many elements as the batch has tokens has one per token, even if
/// the batch has as many sequences; rlhf::per_sequence(array) has one per sequence. Throws std::invalid_argument for
/// sequences that are not in the batch, and for an array of another shape.
template <class A>
    requires requires(A& array) { view(array); }
[[nodiscard]] auto part(A&& array, const batch& b, extent first, extent count) {
    detail::check_part(b, first, count);
    const view v(array);
    using V = view<typename decltype(v)::element_type>;
    if (v.absent()) return V();
    const detail::cut c = detail::cut_of(v, b, first, count);
    return V::with(v.data() + c.first, c.rows, c.cols, c.stride);
}
[[nodiscard]] inline index_view part(const index_view& array, const batch& b, extent first, extent count) {
    detail::check_part(b, first, count);
    if (array.absent()) return {};
    const detail::cut c = detail::cut_of(array, b, first, count);
    return array.from(c.first, c.rows, c.cols, c.stride);
}

inline batch batch::part(extent first, extent count) const {
    detail::check_part(*this, first, count);
    batch b = *this;
    if (packed())
        static_cast<index_view&>(b.offsets) = offsets.from(first, view<const int>::flat, count + 1);
    else
        b.sequences = count;
    using bytes = view<const std::uint8_t>;
    if (!mask.all()) static_cast<bytes&>(b.mask) = rlhf::part(static_cast<const bytes&>(mask), *this, first, count);
    return b;
}

} // namespace RLHF_NAMESPACE
