// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/sums/shared_totals.hpp>
#include <rlhf/engine/tokens/sequence_blocks.hpp>

namespace RLHF_NAMESPACE::detail {

/// The sweep over tokens. For every token that counts, the kernel turns one element of each input into detail::terms.
/// For masked tokens, whatever bits they hold, outputs are 0, or left as they are when the sweep adds to them.
///
/// A sequence begins at its first token that counts and is cut into segments of 512 tokens. Each segment is added up on
/// its own, and then merged exactly. So no bit depends on padding, cuts of the batch, alignment, threads or the layout
/// (DESIGN.md, D2). A tail shorter than a block is copied into a block filled up with zeros, and runs the same code.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
class token_sweep {
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using registers = std::make_index_sequence<static_cast<std::size_t>(block_tokens<T> / L::width)>;

    template <std::size_t... K>
    static auto terms_of(std::index_sequence<K...>)
        -> decltype(std::declval<const Kernel&>()(std::declval<repeated<V, K>>()...));
    using terms_type = decltype(terms_of(std::make_index_sequence<In>()));
    using row = sequence_blocks<T, In, Out>;
    using run_of_blocks = typename row::run;
    using sums_type = segment_sums<T, Arch, terms_type>;
    using running = typename sums_type::running_type;

public:
    using totals_type = typename sums_type::totals_type;

    token_sweep(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                const Kernel& kernel, sequence_weight weight = sequence_weight::one)
        : call_(c), in_(in), out_(out), kernel_(kernel), weight_(weight),
          strided_(c.size() > 0 && c.mask(0).step != 1) {
        for (const auto& i : in) strided_ = strided_ || i.step > 1;
        for (const auto& o : out) strided_ = strided_ || o.to.step > 1;
    }

    totals_type operator()(const executor& run) const {
        const std::int64_t longest = std::max<std::int64_t>(call_.longest(), 1);
        const std::int64_t chunk = chunk_of(longest), chunks = (longest + chunk - 1) / chunk;
        const std::int64_t rows = std::max<std::int64_t>(chunk / longest, 1); // of a piece
        const std::int64_t groups = (call_.size() + rows - 1) / rows;
        shared_totals<totals_type> found;
        run(static_cast<std::size_t>(groups * chunks), [&](std::size_t piece) {
            const std::int64_t group = static_cast<std::int64_t>(piece) / chunks,
                               number = static_cast<std::int64_t>(piece) % chunks;
            running part;
            for (std::int64_t s = group * rows; s < (std::min)(call_.size(), (group + 1) * rows); ++s)
                sweep(s, number * chunk, number + 1 < chunks ? chunk : unlimited_tokens, part);
            part.flush();
            found.add(part);
        });
        return found.all();
    }

    /// What the sweep writes for one token that counts, with the same bits.
    void token(std::int64_t s, std::int64_t t) const {
        const row r(call_, in_, out_, s, weight_);
        typename row::template copies<block_tokens<T>> c;
        sums_type sums;
        blocks({r.copied(c, t, 1)}, r, sums);
        r.copy_out(c, t, 1);
    }

private:
    static constexpr std::int64_t unlimited_tokens = (std::numeric_limits<std::int64_t>::max)() / 2;
    static constexpr std::int64_t ahead = 16,
                                  far_ahead = 128; ///< in blocks, how far ahead memory is fetched: 1 KiB and 8 KiB

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
            part.sequences += first < last ? 1 : 0;
        }
        if (tokens == unlimited_tokens) clear(s, last, call_.length(s));
        if (begin == end) return;
        const row r(call_, in_, out_, s, weight_);
        for (std::int64_t t = begin; t < end; t += segment_tokens)
            segment(r, t, (std::min)(end - t, segment_tokens), part);
    }

    /// Writes +0 where nothing counts.
    void clear(std::int64_t s, std::int64_t from, std::int64_t to) const {
        if (from == to) return;
        for (const auto& o : out_)
            if (o && !o.add) clear_tokens(o.to.row(s, call_.begin(s) + from), o.to.step, to - from);
    }

    /// Sweeps a segment: the n tokens from t on.
    void segment(const row& r, std::int64_t t, std::int64_t n, running& part) const {
        const std::int64_t counted = count_tokens(r.mask, t, n);
        part.tokens += counted;
        const std::int64_t tail = n % block_tokens<T>;
        sums_type sums;
        if (strided_) {
            typename row::template copies<segment_tokens> c;
            blocks({r.copied(c, t, n)}, r, sums);
            r.copy_out(c, t, n);
        } else if (tail == 0) {
            blocks({r.direct(t, n)}, r, sums);
        } else {
            typename row::template copies<block_tokens<T>> c;
            blocks({r.direct(t, n - tail), r.copied(c, t + n - tail, tail)}, r, sums);
            r.copy_out(c, t + n - tail, tail);
        }
        sums.join(part, r.weight, counted);
        if (counted > 0 && !sums.in_range()) add_squares(r, t, n, sums, part);
    }

    /// Adds, token by token, squares that a sum in T could not hold.
    RLHF_COLD void add_squares(const row& r, std::int64_t t, std::int64_t n, const sums_type& segment,
                               running& part) const {
        for (std::int64_t k = t; k < t + n; ++k) {
            if (!r.mask[k]) continue;
            typename row::template copies<block_tokens<T>> c; // its outputs are dropped
            sums_type one;
            blocks({r.copied(c, k, 1)}, r, one);
            one.add_squares(part, segment);
        }
    }

    /// The hot loop: the tokens of one segment, in up to two runs of blocks (DESIGN.md, D19).
    RLHF_NOINLINE void blocks(const std::array<run_of_blocks, 2>& runs, const row& r, sums_type& found) const {
        const Kernel kernel = kernel_;
        const std::array<T, Out> scale = r.scale;
        std::array<bool, Out> add;
        for (std::size_t i = 0; i < Out; ++i) add[i] = out_[i].add;
        sums_type sums; // stays in registers
        for (run_of_blocks b : runs)
            for (std::int64_t at = 0; b.blocks > 0; at += block_tokens<T>, --b.blocks) {
                if (none(b.mask))
                    clear_block(b, at);
                else
                    one_block(b, at, kernel, scale, add, sums, registers());
                for (std::size_t i = 0; i < In; ++i) {
                    prefetch_far(b.in[i] + far_ahead * b.in_step[i]), prefetch(b.in[i] + ahead * b.in_step[i]);
                    b.in[i] += b.in_step[i];
                }
                for (std::size_t i = 0; i < Out; ++i) {
                    T* const out = b.out[i] + at;
                    prefetch_far(out + far_ahead * block_tokens<T>), prefetch_to_write(out + ahead * block_tokens<T>);
                }
                b.mask += b.mask_step;
            }
        found = sums;
    }

    static bool none(const std::uint8_t* mask) {
        std::uint64_t any = 0;
        for (int k = 0; k < block_tokens<T>; k += 8) any |= eight_bytes(mask + k);
        return any == 0;
    }

    void clear_block(const run_of_blocks& b, std::int64_t at) const {
        for (std::size_t i = 0; i < Out; ++i)
            if (b.out[i] != nullptr && !out_[i].add) std::fill_n(b.out[i] + at, block_tokens<T>, T(0));
    }

    template <std::size_t... R>
    RLHF_FORMULA static void one_block(const run_of_blocks& b, std::int64_t at, const Kernel& kernel,
                                       const std::array<T, Out>& scale, const std::array<bool, Out>& add,
                                       sums_type& sums, std::index_sequence<R...>) {
        if constexpr (L::width == 1) // one token at a time: unrolled, this would only cost time to compile
            for (std::size_t r = 0; r < static_cast<std::size_t>(block_tokens<T>); ++r)
                one_register(b, at, r, kernel, scale, add, sums);
        else
            (one_register(b, at, R, kernel, scale, add, sums), ...);
    }

    RLHF_FORMULA static void one_register(const run_of_blocks& b, std::int64_t at, std::size_t r, const Kernel& kernel,
                                          const std::array<T, Out>& scale, const std::array<bool, Out>& add,
                                          sums_type& sums) {
        const auto first = static_cast<std::int64_t>(r) * L::width;
        const auto keep = L::counted(b.mask + first);
        const auto t = [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
            return kernel(L::load(b.in[K] + first)...);
        }
        (std::make_index_sequence<In>());
        sums.add(r, keep, t);
        [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
            (write(b.out[K], at + first, keep, V(scale[K]) * t.writes[K], add[K]), ...);
        }
        (std::make_index_sequence<Out>());
    }

    RLHF_FORMULA static void write(T* to, std::int64_t at, const typename L::mask& keep, const V& scaled, bool add) {
        using lane::select;
        if (to == nullptr) return;
        const V old = add ? L::load(to + at) : V(T(0));
        L::store(to + at, select(keep, add ? old + scaled : scaled, old));
    }

    const call& call_;
    const std::array<stream<const T>, In>& in_;
    const std::array<target<T>, Out>& out_;
    const Kernel& kernel_;
    sequence_weight weight_;
    bool strided_; ///< some array's tokens do not lie side by side
};

/// Runs a kernel over the tokens of a call. Its totals join by +=.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
auto sweep_tokens(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                  const executor& run, const Kernel& kernel, sequence_weight weight = sequence_weight::one) {
    return token_sweep<T, Arch, In, Out, Kernel>(c, in, out, kernel, weight)(run);
}

} // namespace RLHF_NAMESPACE::detail
