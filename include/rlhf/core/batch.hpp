// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check.hpp>
#include <rlhf/core/view.hpp>

#include <limits>
#include <optional>

namespace rlhf {

inline constexpr double unlimited = std::numeric_limits<double>::infinity(); ///< a bound that is off

enum class layout {
    batch_first, ///< [B, T]: the steps of a sequence lie side by side
    time_first,  ///< [T, B]: the sequences lie side by side
};

/// How per-token losses become one number; which count of the denominator it takes.
enum class aggregation {
    token_mean,               ///< Σₛ Σₜ lₛₜ / tokens
    /// Σₛ (Σₜ lₛₜ / |s|) / sequences. |s| is what counts of s here: of a sequence that is cut over parts or ranks each
    /// part would be a sequence. There give the weights 1 / |s| of the whole sequence, by rlhf::per_sequence, and
    /// sequence_mean_token_sum.
    sequence_mean_token_mean,
    sequence_mean_token_sum, ///< Σₛ Σₜ lₛₜ / sequences
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// What a mask lets through. Adds up over micro-batches and ranks; integers, so exactly.
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

/// What sums over tokens are divided by. Has no default: in the wild every default is wrong for somebody.
class denominator {
public:
    denominator() = delete;
    constexpr denominator(counted_here_t) {}
    constexpr denominator(const counts& whole_step) : whole_(whole_step), explicit_(true) {}
    [[nodiscard]] constexpr bool is_explicit() const { return explicit_; }
    [[nodiscard]] constexpr counts whole() const { return whole_; }

private:
    counts whole_;
    bool explicit_ = false;
};

/// Which tokens there are, where their sequences lie, which count, and what their sum is divided by.
/// Said once, handed to every function. Owns nothing.
struct batch {
    extent sequences = 1;                            ///< B, for [B, T] arrays
    extent steps = 0;                                ///< T
    offsets_view offsets = {};                       ///< or packed: B + 1 rising offsets, int32 or int64
    rlhf::layout layout = rlhf::layout::batch_first; ///< [B, T] or [T, B]
    /// true: step t is about token t + 1; mask and targets are given per token and shifted here, inside each sequence,
    /// whose last step is about nothing and never counts. false: they are aligned with the steps already.
    /// Functions that take targets insist on one.
    std::optional<bool> predict_next = {};
    mask_view mask;                ///< rlhf::all, or one byte a token
    rlhf::denominator denominator; ///< rlhf::counted_here, or the counts of the whole step

    [[nodiscard]] bool packed() const { return !offsets.absent(); }
    [[nodiscard]] std::int64_t size() const { return packed() ? offsets.cols() - 1 : sequences.n; }
    [[nodiscard]] std::int64_t begin(std::int64_t s) const { return packed() ? offsets[s] - offsets[0] : s * steps; }
    [[nodiscard]] std::int64_t length(std::int64_t s) const { return packed() ? offsets[s + 1] - offsets[s] : steps.n; }
    [[nodiscard]] std::int64_t tokens() const { return packed() ? offsets[size()] - offsets[0] : sequences * steps; }

    /// The sequences first … first + count − 1 as a batch of their own. The denominator stays, so a part of a batch
    /// with counted_here counts itself; give the whole its counts first: whole.denominator = count(whole).
    [[nodiscard]] batch part(extent first, extent count) const;
};

namespace detail {
inline void check_part(const batch& b, std::int64_t first, std::int64_t count) {
    if (first < 0 || count < 0 || count > b.size() - first)
        fail("part", "sequences %lld to %lld of a batch of %lld", static_cast<long long>(first),
             static_cast<long long>(first + count), static_cast<long long>(b.size()));
}
} // namespace detail

/// The same sequences of an array of the batch's shape: the array's side of batch.part().
template <class A>
[[nodiscard]] auto part(A&& array, const batch& b, extent first, extent count) {
    detail::check_part(b, first, count);
    const view v(array);
    using T = typename decltype(v)::element_type;
    using V = view<T>;
    if (v.absent()) return V();
    const bool by_sequence = v.rows() == V::a_sequence, time_first = b.layout == layout::time_first && !b.packed();
    const std::int64_t expected = v.rows() >= 0 ? (time_first ? b.steps.n : b.size())
                                  : by_sequence ? b.size()
                                                : b.tokens();
    if (const std::int64_t n = v.rows() >= 0 ? v.rows() : v.cols(); n != expected)
        detail::fail("part", "the array has %lld %s, expected %lld", static_cast<long long>(n),
                     v.rows() >= 0 ? "rows" : "elements", static_cast<long long>(expected));
    if (by_sequence) return V::with(v.data() + first * v.stride(), V::a_sequence, count, v.stride());
    if (time_first) {
        const std::int64_t stride = v.rows() == V::flat ? b.sequences.n : v.stride();
        return V::with(v.data() + first, b.steps, count, stride);
    }
    if (v.rows() != V::flat) return V::with(v.data() + first * v.stride(), count, v.cols(), v.stride());
    if (count == 0) return V::with(v.data(), V::flat, 0, 0);
    const std::int64_t begin = b.begin(first), last = first + count - 1;
    return V::with(v.data() + begin, V::flat, b.begin(last) + b.length(last) - begin, 0);
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
