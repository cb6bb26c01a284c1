// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sums/segment_sums.hpp>
#include <rlhf/engine/tokens/sequence_blocks.hpp>

#include <array>
#include <cstddef>

namespace RLHF_NAMESPACE::detail {

/// Runs a kernel over the tokens of a segment. The kernel turns one element of each input into lane::terms. For
/// masked tokens, which may hold any bits, outputs are 0, or left as they are if the sweep adds to them.
///
/// Only the hot loop is compiled for each kernel. It is called through a pointer, and all other code is shared by
/// kernels with the same terms (DESIGN.md, D26).
template <class T, class Arch, class Terms>
class token_loop {
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using row = sequence_blocks<T>;

public:
    using sums_type = segment_sums<T, Arch, Terms>;

    /// The loop for one type of kernel. copies: every token is copied, because blocks cannot stay where they lie.
    template <std::size_t In, std::size_t Out, class Kernel>
    static token_loop of(bool copies) {
        static_assert(In <= most_inputs && Out <= most_outputs);
        return token_loop(&hot_loop<In, Out, Kernel>, copies);
    }
    /// True if tokens are copied: if they do not lie side by side, or if an output may replace an input that
    /// add_squares() reads again.
    static bool copies(const token_arrays<T>& a) { return a.strided() || (sums_type::has_spread && a.in_place()); }

    /// Runs over the tokens begin … end − 1 of a sequence, a segment at a time, and adds their sums to `part`.
    /// `clears`: also writes the outputs of the tokens after them, so that blocks may reach there.
    RLHF_FORMULA void add(const void* kernel, const row& r, std::int64_t begin, std::int64_t end, bool clears,
                          typename sums_type::running_type& part) const {
        for (std::int64_t t = begin; t < end; t += segment_tokens) {
            const std::int64_t n = (std::min)(end - t, segment_tokens);
            typename row::copies c;
            const std::int64_t direct = in_caller(r, t, n, clears);
            const sums_type sums = segment(kernel, r, t, n, direct, c);
            part.all.tokens += sums.tokens;
            if (!sums.join(part, r.weight) && sums.tokens > 0) add_squares(kernel, r, t, n, sums, part);
            if (direct < n) r.copy_out(c, t + direct, n - direct);
        }
    }

    /// The end of the outputs that a run over the tokens begin … end − 1 writes, including those after `end`.
    [[nodiscard]] RLHF_FORMULA std::int64_t written(const row& r, std::int64_t begin, std::int64_t end) const {
        const std::int64_t padded = end + ((begin - end) & (block_tokens<T> - 1));
        return !copies_ && in_place(r, padded) ? padded : end;
    }

    /// Runs over a segment, the n tokens from t on, with a kernel that only adds up.
    RLHF_FORMULA sums_type segment(const void* kernel, const row& r, std::int64_t t, std::int64_t n,
                                   bool clears) const {
        typename row::copies c;
        return segment(kernel, r, t, n, in_caller(r, t, n, clears), c);
    }

    /// Runs over a single token, and writes its outputs, or drops them.
    sums_type token(const void* kernel, const row& r, std::int64_t t, bool write) const {
        typename row::copies c;
        const block_range<T> run = r.copied(c, t, 1);
        sums_type sums = hot_loop_(kernel, {&run, 1}, r);
        if (write) r.copy_out(c, t, 1);
        return sums;
    }

private:
    using part_type = typename sums_type::part;
    using block_ranges = std::span<const block_range<T>>;
    using function = sums_type (*)(const void*, block_ranges, const row&);
    static constexpr std::uint64_t every = low_bits(L::width);
    /// How many tokens ahead memory is fetched, also behind a block that is re-read: 1 KiB and 8 KiB of numbers, and 2
    /// KiB of the mask.
    static constexpr std::int64_t ahead = 16 * block_tokens<T>, far_ahead = 128 * block_tokens<T>;

    /// How many tokens of a segment run in the caller's memory, in whole blocks. The others are all tokens, or a tail
    /// shorter than a block: they are copied into blocks filled up with zeros, and run the same code.
    [[nodiscard]] RLHF_FORMULA std::int64_t in_caller(const row& r, std::int64_t t, std::int64_t n, bool clears) const {
        const std::int64_t whole = n - n % block_tokens<T>, padded = n == whole ? n : whole + block_tokens<T>;
        // If padding follows, the mask drops it. All other tails are copied.
        const bool masked = n == whole || (clears && in_place(r, t + padded));
        return copies_ ? 0 : masked ? padded : whole;
    }
    /// Runs over a segment. Outputs of copied tokens are in the copies, so that inputs below them can be read again.
    RLHF_FORMULA sums_type segment(const void* kernel, const row& r, std::int64_t t, std::int64_t n,
                                   std::int64_t direct, typename row::copies& c) const {
        const std::int64_t apart = n - (std::min)(n, direct);
        block_range<T> runs[2], *end = runs; // NOLINT: an array that is not cleared
        if (direct > 0) *end++ = r.direct(t, direct);
        if (apart > 0) *end++ = r.copied(c, t + direct, apart);
        return hot_loop_(kernel, {runs, end}, r);
    }

    /// True if the mask drops padding up to this token.
    static bool in_place(const row& r, std::int64_t end) { return r.mask.bytes != nullptr && end <= r.mask.length; }

    token_loop(function loop, bool copies) : hot_loop_(loop), copies_(copies) {}

    /// Adds squares that a sum in T could not hold, token by token. A masked token has only zeros.
    RLHF_COLD void add_squares(const void* kernel, const row& r, std::int64_t t, std::int64_t n,
                               const sums_type& segment, typename sums_type::running_type& part) const {
        for (std::int64_t k = t; k < t + n; ++k) token(kernel, r, k, false).add_squares(part, segment);
    }

    /// The hot loop: the tokens of one segment, in up to two runs of blocks (DESIGN.md, D19).
    template <std::size_t In, std::size_t Out, class Kernel>
    RLHF_HOT static sums_type hot_loop(const void* of, block_ranges runs, const row& r) {
        const Kernel kernel = *static_cast<const Kernel*>(of);
        const std::array scale = r.scale;
        const std::array add = r.add;
        sums_type sums;
        for (const block_range<T>& b : runs) {
            std::array<const T*, In> in;
            std::array<std::int64_t, In> step; // from block to block
            std::array<T*, Out> out;
            for (std::size_t i = 0; i < In; ++i)
                in[i] = b.of->in[i] + b.first * b.of->in_step[i], step[i] = block_tokens<T> * b.of->in_step[i];
            for (std::size_t i = 0; i < Out; ++i) out[i] = b.of->out[i] != nullptr ? b.of->out[i] + b.first : nullptr;
            const std::uint8_t* mask = b.of->mask + b.first * b.of->mask_step;
            const std::int64_t mask_step = block_tokens<T> * b.of->mask_step;
            early_numbers<In, Kernel> early;
            if constexpr (has_first<In, Kernel>) compute_first(kernel, in, step, b.blocks, early);
            for (std::int64_t n = b.blocks, at = 0; n > 0; at += block_tokens<T>, --n) {
                const std::uint64_t counts = counted_bits<block_tokens<T>>(mask);
                sums.tokens += counts == low_bits(block_tokens<T>) ? block_tokens<T> : std::popcount(counts);
                if (counts == 0)
                    for (std::size_t i = 0; i < Out; ++i) clear_block(out[i], at, add[i]);
                else
                    sums.each_part([&](std::size_t k, part_type& part) RLHF_INLINE {
                        one_register(in, out, counts, at, k, kernel, early, scale, add, part);
                    });
                fetch(in, mask, out, at);
                for (std::size_t i = 0; i < In; ++i) in[i] += step[i];
                mask += mask_step;
            }
        }
        if constexpr (sums_type::in_registers)
            return sums_type(sums); // a copy, because returning the variable itself would keep it in memory
        else
            return sums; // it is where the caller wants it
    }

    /// True if the kernel computes something first (lane::early).
    template <std::size_t In, class Kernel>
    static constexpr bool has_first = []<std::size_t... K>(std::index_sequence<K...>) {
        return requires(const Kernel& kernel, V v) { kernel.first(((void)K, v)...); };
    }
    (std::make_index_sequence<In>());

    /// The numbers that the kernel computed first, for a segment.
    template <std::size_t In, class Kernel>
    struct alignas(64) early_numbers : std::array<T, has_first<In, Kernel> ? std::size_t(segment_tokens) : 0> {
        early_numbers() {} // NOLINT: they are written before they are read
    };

    template <std::size_t In, class Kernel>
    RLHF_FORMULA static void compute_first(const Kernel& kernel, std::array<const T*, In> in,
                                           const std::array<std::int64_t, In>& step, std::int64_t blocks,
                                           early_numbers<In, Kernel>& to) {
        for (std::int64_t at = 0; at < blocks * block_tokens<T>; at += block_tokens<T>) {
            for (std::int64_t k = 0; k < block_tokens<T>; k += L::width)
                [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
                    L::store(to.data() + at + k, kernel.first(L::load(in[K] + k)...));
                }
            (std::make_index_sequence<In>());
            for (std::size_t i = 0; i < In; ++i) in[i] += step[i];
        }
    }

    template <std::size_t In, std::size_t Out>
    RLHF_FORMULA static void fetch(const std::array<const T*, In>& in, const std::uint8_t* mask,
                                   const std::array<T*, Out>& out, std::int64_t at) {
        prefetch_far(mask + far_ahead);
        for (const T* from : in) prefetch_far(from + far_ahead), prefetch(from + ahead);
        for (T* to : out) prefetch_far(to + at + far_ahead), prefetch_to_write(to + at + ahead);
    }
    static void clear_block(T* to, std::int64_t at, bool add) {
        if (to != nullptr && !add) std::fill_n(to + at, block_tokens<T>, T(0));
    }

    /// Register k of a block. If all of it counts, no mask is applied.
    template <std::size_t In, std::size_t Out, class Kernel>
    RLHF_FORMULA static void
    one_register(const std::array<const T*, In>& in, const std::array<T*, Out>& out, std::uint64_t block_counts,
                 std::int64_t at, std::size_t k, const Kernel& kernel, const early_numbers<In, Kernel>& early,
                 const std::array<T, most_outputs>& scale, const std::array<bool, most_outputs>& add, part_type& sums) {
        const auto first = static_cast<std::int64_t>(k) * L::width;
        const std::uint64_t counts = block_counts >> first & every;
        auto t = [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
            if constexpr (has_first<In, Kernel>)
                return kernel(lane::early<V>{L::load(early.data() + at + first)}, L::load(in[K] + first)...);
            else
                return kernel(L::load(in[K] + first)...);
        }
        (std::make_index_sequence<In>());
        [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
            (write(out[K], at + first, counts, V(scale[K]) * t.writes[K], add[K]), ...);
        }
        (std::make_index_sequence<Out>());
        if (counts != every) sums.keep_where(L::where(counts), t.statistics);
        sums.add(t.statistics);
    }

    RLHF_FORMULA static void write(T* to, std::int64_t at, std::uint64_t counts, const V& scaled, bool add) {
        using lane::select;
        if (to == nullptr) return;
        const V old = add ? L::load(to + at) : V(T(0));
        V v = add ? old + scaled : scaled;
        if (counts != every) v = select(L::where(counts), v, old);
        L::store(to + at, v);
    }

    function hot_loop_;
    bool copies_;
};

} // namespace RLHF_NAMESPACE::detail
