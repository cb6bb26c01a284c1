// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/sums/sum_pieces.hpp>
#include <rlhf/engine/tokens/sequence_blocks.hpp>

#include <cstddef>
#include <new>
#include <span>
#include <tuple>
#include <type_traits>

namespace RLHF_NAMESPACE::detail {

/// The sweep over tokens. For every token that counts, the kernel turns one element of each input into detail::terms.
/// For masked tokens, whatever bits they hold, outputs are 0, or left as they are when the sweep adds to them.
///
/// A sequence begins at its first token that counts and is cut into segments of 512 tokens. Each segment is added up on
/// its own, and then merged exactly. So no bit depends on padding, cuts of the batch, alignment, threads or the layout
/// (DESIGN.md, D2). A tail shorter than a block is copied into a block filled up with zeros, and runs the same code.
///
/// Only the hot loop over the tokens of a segment is compiled for each kernel. It is called by a pointer, and all else
/// is the same for kernels of the same terms (DESIGN.md, D26).
template <class T, class Arch, class Terms>
class token_sweep {
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using row = sequence_blocks<T>;
    using sums_type = segment_sums<T, Arch, Terms>;
    using part_type = typename sums_type::part;
    using running = typename sums_type::running_type;

public:
    using totals_type = typename sums_type::totals_type;

    /// Copies its arguments, but borrows the call.
    template <std::size_t In, std::size_t Out, class Kernel>
    token_sweep(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                const Kernel& kernel, sequence_weight weight)
        : call_(c), inputs_(In), outputs_(Out), blocks_(&hot_loop<In, Out, Kernel>), weight_(weight),
          strided_(c.size() > 0 && c.mask(0).step != 1) {
        static_assert(In <= most_inputs && Out <= most_outputs && sizeof(Kernel) <= sizeof(kernel_));
        static_assert(std::is_trivially_copyable_v<Kernel> && alignof(Kernel) <= 16, "a kernel is plain numbers");
        std::copy(in.begin(), in.end(), in_.begin()), std::copy(out.begin(), out.end(), out_.begin());
        ::new (static_cast<void*>(kernel_)) Kernel(kernel);
        for (const auto& i : in) strided_ = strided_ || i.step > 1;
        for (const auto& o : out) strided_ = strided_ || o.to.step > 1;
    }

    totals_type operator()(const executor& run) const {
        const std::int64_t longest = std::max<std::int64_t>(call_.longest(), 1), chunk = chunk_of(longest);
        std::int64_t rows = call_.size(), groups = 1, chunks = 1; // a short call is one piece, without divisions
        if (rows * longest > chunk) {
            chunks = (longest + chunk - 1) / chunk;
            rows = std::max<std::int64_t>(chunk / longest, 1); // of a piece
            groups = (call_.size() + rows - 1) / rows;
        }
        return sum_pieces<totals_type>(run, groups * chunks, [&](std::int64_t piece, totals_type& totals) {
            const std::int64_t group = chunks == 1 ? piece : piece / chunks, number = piece - group * chunks;
            running part(totals);
            for (std::int64_t s = group * rows; s < (std::min)(call_.size(), (group + 1) * rows); ++s)
                sweep(s, number * chunk, number + 1 < chunks ? chunk : unlimited_tokens, part);
            part.flush();
        });
    }

    /// What the sweep writes for one token that counts, with the same bits.
    void token(std::int64_t s, std::int64_t t) const {
        const row r = row_of(s);
        typename row::copies c;
        blocks({r.copied(c, t, 1)}, r);
        r.copy_out(c, t, 1);
    }

private:
    static constexpr std::int64_t unlimited_tokens = (std::numeric_limits<std::int64_t>::max)() / 2;
    static constexpr std::uint64_t every = low_bits(L::width);
    static constexpr std::int64_t ahead = 16,
                                  far_ahead = 128; ///< in blocks, how far ahead memory is fetched: 1 KiB and 8 KiB

    [[nodiscard]] std::span<const target<T>> outputs() const { return {out_.data(), outputs_}; }
    [[nodiscard]] row row_of(std::int64_t s) const { return {call_, {in_.data(), inputs_}, outputs(), s, weight_}; }

    /// Tokens of a sequence for one piece of work. A sequence has few pieces, because each looks for the sequence's
    /// ends.
    static std::int64_t chunk_of(std::int64_t longest) {
        return std::max<std::int64_t>((longest / 32 + segment_tokens) / segment_tokens, 32) * segment_tokens;
    }

    /// Sweeps the part of a sequence from its counted token `from` on. The first part also writes the outputs before
    /// it, the last part, which is unlimited, those behind it.
    void sweep(std::int64_t s, std::int64_t from, std::int64_t tokens, running& part) const {
        const sequence_mask mask = call_.mask(s);
        const auto [first, last] = counted_tokens(mask);
        const std::int64_t begin = (std::min)(first + from, last), end = (std::min)(begin + tokens, last);
        if (from == 0) {
            clear(s, 0, first);
            part.all.sequences += first < last ? 1 : 0;
        }
        if (tokens == unlimited_tokens) clear(s, last, call_.length(s));
        if (begin == end) return;
        const row r = row_of(s);
        for (std::int64_t t = begin; t < end; t += segment_tokens)
            segment(r, t, (std::min)(end - t, segment_tokens), tokens == unlimited_tokens, part);
    }

    /// Writes +0 where nothing counts.
    void clear(std::int64_t s, std::int64_t from, std::int64_t to) const {
        if (from == to) return;
        for (const auto& o : outputs())
            if (o && !o.add) clear_tokens(o.to.row(s, call_.begin(s) + from), o.to.step, to - from);
    }

    /// Sweeps a segment: the n tokens from t on. `clears`: this piece of work also writes what follows them.
    void segment(const row& r, std::int64_t t, std::int64_t n, bool clears, running& part) const {
        const std::int64_t whole = n - n % block_tokens<T>, padded = n == whole ? n : whole + block_tokens<T>;
        // Where padding follows, the mask drops it. All other tails are copied.
        const bool in_place = n == whole || (clears && r.mask.bytes != nullptr && t + padded <= r.mask.length);
        const std::int64_t direct = strided_ ? 0 : in_place ? padded : whole, apart = n - (std::min)(n, direct);
        typename row::copies c;
        const sums_type sums =
            blocks({r.direct(t, direct), apart > 0 ? r.copied(c, t + direct, apart) : block_range<T>()}, r);
        if (apart > 0) r.copy_out(c, t + direct, apart);
        part.all.tokens += sums.tokens;
        if (!sums.join(part, r.weight) && sums.tokens > 0) add_squares(r, t, n, sums, part);
    }

    /// Adds, token by token, squares that a sum in T could not hold. A masked token has only zeros.
    RLHF_COLD void add_squares(const row& r, std::int64_t t, std::int64_t n, const sums_type& segment,
                               running& part) const {
        for (std::int64_t k = t; k < t + n; ++k) {
            typename row::copies c; // its outputs are dropped
            const sums_type one = blocks({r.copied(c, k, 1)}, r);
            one.add_squares(part, segment);
        }
    }

    sums_type blocks(const std::array<block_range<T>, 2>& runs, const row& r) const {
        return blocks_(kernel_, runs, r);
    }

    /// The hot loop: the tokens of one segment, in up to two runs of blocks (DESIGN.md, D19).
    template <std::size_t In, std::size_t Out, class Kernel>
    RLHF_NOINLINE static sums_type hot_loop(const void* of, const std::array<block_range<T>, 2>& runs, const row& r) {
        const Kernel kernel = *static_cast<const Kernel*>(of);
        const std::array scale = r.scale;
        const std::array add = r.add;
        sums_type sums; // stays in registers
        for (const block_range<T>& b : runs) {
            if (b.blocks == 0) continue;
            std::array<const T*, In> in;
            std::array<std::int64_t, In> step; // from block to block
            std::array<T*, Out> out;
            for (std::size_t i = 0; i < In; ++i)
                in[i] = b.of->in[i] + b.first * b.of->in_step[i], step[i] = block_tokens<T> * b.of->in_step[i];
            for (std::size_t i = 0; i < Out; ++i) out[i] = b.of->out[i] != nullptr ? b.of->out[i] + b.first : nullptr;
            const std::uint8_t* mask = b.of->mask + b.first * b.of->mask_step;
            const std::int64_t mask_step = block_tokens<T> * b.of->mask_step;
            for (std::int64_t n = b.blocks, at = 0; n > 0; at += block_tokens<T>, --n) {
                const std::uint64_t counts = counted_bits<block_tokens<T>>(mask);
                sums.tokens += counts == low_bits(block_tokens<T>) ? block_tokens<T> : std::popcount(counts);
                if (counts == 0)
                    for (std::size_t i = 0; i < Out; ++i) clear_block(out[i], at, add[i]);
                else
                    sums.each_part([&](std::size_t k, part_type& part)
                                       RLHF_INLINE { one_register(in, out, counts, at, k, kernel, scale, add, part); });
                fetch(in, step, out, at);
                for (std::size_t i = 0; i < In; ++i) in[i] += step[i];
                mask += mask_step;
            }
        }
        return sums_type(sums); // a copy: the name itself, returned, would be kept in memory
    }

    template <std::size_t In, std::size_t Out>
    RLHF_FORMULA static void fetch(const std::array<const T*, In>& in, const std::array<std::int64_t, In>& step,
                                   const std::array<T*, Out>& out, std::int64_t at) {
        for (std::size_t i = 0; i < In; ++i)
            prefetch_far(in[i] + far_ahead * step[i]), prefetch(in[i] + ahead * step[i]);
        for (T* to : out) {
            to += at;
            prefetch_far(to + far_ahead * block_tokens<T>), prefetch_to_write(to + ahead * block_tokens<T>);
        }
    }
    static void clear_block(T* to, std::int64_t at, bool add) {
        if (to != nullptr && !add) std::fill_n(to + at, block_tokens<T>, T(0));
    }

    /// Register k of a block. Where all of it counts, no mask is applied.
    template <std::size_t In, std::size_t Out, class Kernel>
    RLHF_FORMULA static void one_register(const std::array<const T*, In>& in, const std::array<T*, Out>& out,
                                          std::uint64_t block_counts, std::int64_t at, std::size_t k,
                                          const Kernel& kernel, const std::array<T, most_outputs>& scale,
                                          const std::array<bool, most_outputs>& add, part_type& sums) {
        const auto first = static_cast<std::int64_t>(k) * L::width;
        const std::uint64_t counts = block_counts >> first & every;
        auto t = [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
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

    const call& call_;
    std::size_t inputs_, outputs_;
    std::array<stream<const T>, most_inputs> in_;
    std::array<target<T>, most_outputs> out_;
    alignas(16) std::byte kernel_[112]; // NOLINT: memory for a kernel, which is plain numbers
    sums_type (*blocks_)(const void*, const std::array<block_range<T>, 2>&, const row&);
    sequence_weight weight_;
    bool strided_; ///< some array's tokens do not lie side by side
};

/// The sweep of a kernel.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
auto token_sweep_of(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                    const Kernel& kernel, sequence_weight weight = sequence_weight::one) {
    using inputs = std::array<typename lanes<T, Arch>::type, In>;
    return token_sweep<T, Arch, decltype(std::apply(kernel, inputs()))>(c, in, out, kernel, weight);
}

/// Runs a kernel over the tokens of a call. Its totals join by +=.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
auto sweep_tokens(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                  const executor& run, const Kernel& kernel, sequence_weight weight = sequence_weight::one) {
    return token_sweep_of<T, Arch>(c, in, out, kernel, weight)(run);
}

} // namespace RLHF_NAMESPACE::detail
