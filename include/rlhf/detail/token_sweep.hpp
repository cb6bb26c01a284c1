// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/call.hpp>
#include <rlhf/detail/shared_totals.hpp>
#include <rlhf/detail/totals.hpp>
#include <rlhf/executor.hpp>

#include <algorithm>

namespace rlhf::inline RLHF_ABI::detail {

/// What the losses of a sequence count: 1, or 1 / its counted tokens.
enum class row_weight { one, per_counted };

/// Tokens whose inputs the kernel reads at the same time; also the length of the copied tail.
template <class T>
inline constexpr int block_tokens = sum_lanes<T>;

/// The sweep over tokens. For every token that counts, the kernel turns one element of each input into detail::terms;
/// masked tokens get 0 (or are left, when adding), whatever bits they hold.
///
/// A row begins at its first token that counts and goes in segments of 512 tokens, each added up on its own and then
/// merged exactly: so no bit depends on padding, row cuts, alignment, threads or the layout. A tail shorter than a block
/// is copied into one filled with zeros and runs the same code.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
class token_sweep {
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using registers = std::make_index_sequence<static_cast<std::size_t>(block_tokens<T> / L::width)>;

    template <std::size_t... I>
    static auto terms_of(std::index_sequence<I...>)
        -> decltype(std::declval<const Kernel&>()(std::declval<repeated<V, I>>()...));
    using terms_type = decltype(terms_of(std::make_index_sequence<In>()));
    using sums_type = segment_sums<T, Arch, terms_type>;
    using running = running_totals<typename sums_type::totals_type>;

public:
    using totals_type = typename sums_type::totals_type;

    token_sweep(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                const Kernel& kernel, row_weight weight = row_weight::one)
        : call_(c), in_(in), out_(out), kernel_(kernel), weight_(weight), strided_(c.size() > 0 && c.mask(0).step > 1) {
        ones_.fill(1);
        for (const auto& i : in) strided_ = strided_ || i.step > 1;
        for (const auto& o : out) strided_ = strided_ || o.to.step > 1;
    }

    totals_type operator()(const executor& run) const {
        const std::int64_t longest = std::max<std::int64_t>(call_.longest(), 1);
        const std::int64_t chunk = chunk_of(longest), chunks = (longest + chunk - 1) / chunk;
        const std::int64_t rows = std::max<std::int64_t>(chunk / longest, 1); // a piece
        const std::int64_t groups = (call_.size() + rows - 1) / rows;
        shared_totals<totals_type> found;
        run(static_cast<std::size_t>(groups * chunks), [&](std::size_t piece) {
            const std::int64_t group = static_cast<std::int64_t>(piece) / chunks,
                               number = static_cast<std::int64_t>(piece) % chunks;
            running part;
            for (std::int64_t s = group * rows; s < std::min(call_.size(), (group + 1) * rows); ++s)
                sweep(s, number * chunk, number + 1 < chunks ? chunk : unlimited_tokens, part);
            part.flush();
            found.add(part);
        });
        return found.all();
    }

    /// What the sweep writes for one token that counts, with the same bits.
    void token(std::int64_t s, std::int64_t t) const {
        const sequence r(*this, s);
        copies<block_tokens<T>> c;
        sums_type sums;
        blocks({copied(c, r, t, 1)}, r, sums);
        copy_out(c, r, t, 1);
    }

private:
    static constexpr std::int64_t unlimited_tokens = std::numeric_limits<std::int64_t>::max() / 2;
    static constexpr std::int64_t ahead = 16, far_ahead = 128; ///< blocks that are fetched: 1 KiB, 8 KiB

    /// What the tokens of a sequence have in common.
    struct sequence {
        std::int64_t s;
        row_mask mask;
        std::array<T, Out> scale;
        double weight;
        alignas(64) std::array<std::array<T, block_tokens<T>>, In> constants; ///< inputs of one element a sequence

        sequence(const token_sweep& sweep, std::int64_t number) : s(number), mask(sweep.call_.mask(number)) {
            const double divisor =
                sweep.weight_ == row_weight::per_counted ? static_cast<double>(count_counted(mask)) : 1.0;
            weight = 1.0 / divisor;
            for (std::size_t i = 0; i < Out; ++i) scale[i] = static_cast<T>(sweep.out_[i].scale / divisor);
            for (std::size_t i = 0; i < In; ++i)
                if (sweep.in_[i].step == 0) constants[i].fill(*sweep.in_[i].row(s, sweep.call_.begin(s)));
        }
    };

    /// Tokens of a row for one piece of work. A row has few pieces, because each looks for the row's ends.
    static std::int64_t chunk_of(std::int64_t longest) {
        return std::max<std::int64_t>((longest / 32 + segment_tokens) / segment_tokens, 32) * segment_tokens;
    }

    /// The part of a row from its counted token `from` on; the first also writes what lies before, the last, which is
    /// unlimited, what lies behind.
    void sweep(std::int64_t s, std::int64_t from, std::int64_t tokens, running& part) const {
        const row_mask mask = call_.mask(s);
        const std::int64_t first = std::min(first_counted(mask), mask.length),
                           last = std::max(past_last_counted(mask), first);
        const std::int64_t begin = std::min(first + from, last), end = std::min(begin + tokens, last);
        if (from == 0) {
            clear(s, 0, first);
            part.sequences += first < last ? 1 : 0;
        }
        if (tokens == unlimited_tokens) clear(s, last, call_.length(s));
        if (begin == end) return;
        const sequence r(*this, s);
        for (std::int64_t t = begin; t < end; t += segment_tokens)
            segment(r, t, std::min(end - t, segment_tokens), part);
    }

    /// +0 where nothing counts.
    void clear(std::int64_t s, std::int64_t from, std::int64_t to) const {
        for (const auto& o : out_) {
            if (!o || o.add) continue;
            T* row = o.to.row(s, call_.begin(s));
            if (o.to.step == 1)
                std::fill(row + from, row + to, T(0));
            else
                for (std::int64_t t = from; t < to; ++t) row[t * o.to.step] = T(0);
        }
    }

    /// Where the blocks of one run of tokens lie. The mask is never absent, so that the hot loop has one path and an
    /// element the same bits with a mask and without: dense rows read the same ones again and again.
    struct run_of_blocks {
        std::int64_t blocks = 0;
        std::array<const T*, In> in = {};
        std::array<std::int64_t, In> in_step = {}; ///< from block to block
        std::array<T*, Out> out = {};
        const std::uint8_t* mask = nullptr;
        std::int64_t mask_step = 0;
    };

    /// Room for tokens that do not lie side by side in whole blocks.
    template <std::int64_t Tokens>
    struct copies {
        alignas(64) std::array<std::array<T, Tokens>, In> in = {};
        alignas(64) std::array<std::array<T, Tokens>, Out> out = {};
        alignas(64) std::array<std::uint8_t, Tokens> mask = {};
    };

    /// The n tokens from t on.
    void segment(const sequence& r, std::int64_t t, std::int64_t n, running& part) const {
        const std::int64_t counted = count_counted(r.mask.from(t, n));
        part.tokens += counted;
        const std::int64_t tail = n % block_tokens<T>;
        sums_type sums;
        if (strided_) {
            copies<segment_tokens> c;
            blocks({copied(c, r, t, n)}, r, sums);
            copy_out(c, r, t, n);
        } else if (tail == 0) {
            blocks({direct(r, t, n)}, r, sums);
        } else {
            copies<block_tokens<T>> c;
            blocks({direct(r, t, n - tail), copied(c, r, t + n - tail, tail)}, r, sums);
            copy_out(c, r, t + n - tail, tail);
        }
        sums.join(part, r.weight, counted);
    }

    /// In the caller's memory.
    [[nodiscard]] run_of_blocks direct(const sequence& r, std::int64_t t, std::int64_t n) const {
        run_of_blocks b;
        b.blocks = n / block_tokens<T>;
        for (std::size_t i = 0; i < In; ++i) {
            const bool constant = in_[i].step == 0;
            b.in[i] = constant ? r.constants[i].data() : in_[i].row(r.s, call_.begin(r.s)) + t;
            b.in_step[i] = constant ? 0 : block_tokens<T>;
        }
        for (std::size_t i = 0; i < Out; ++i) b.out[i] = out_[i] ? out_[i].to.row(r.s, call_.begin(r.s)) + t : nullptr;
        b.mask = r.mask.bytes != nullptr ? r.mask.bytes + t : ones_.data();
        b.mask_step = r.mask.bytes != nullptr ? block_tokens<T> : 0;
        return b;
    }

    /// Copied into blocks that are filled with zeros.
    template <std::int64_t Tokens>
    run_of_blocks copied(copies<Tokens>& c, const sequence& r, std::int64_t t, std::int64_t n) const {
        run_of_blocks b;
        b.blocks = (n + block_tokens<T> - 1) / block_tokens<T>;
        for (std::size_t i = 0; i < In; ++i) {
            const bool constant = in_[i].step == 0;
            if (!constant) gather(in_[i].row(r.s, call_.begin(r.s)), in_[i].step, t, n, c.in[i].data());
            b.in[i] = constant ? r.constants[i].data() : c.in[i].data();
            b.in_step[i] = constant ? 0 : block_tokens<T>;
        }
        for (std::size_t i = 0; i < Out; ++i) {
            const target<T>& o = out_[i];
            if (o && o.add) gather(o.to.row(r.s, call_.begin(r.s)), o.to.step, t, n, c.out[i].data());
            b.out[i] = o ? c.out[i].data() : nullptr;
        }
        for (std::int64_t k = 0; k < n; ++k) c.mask[static_cast<std::size_t>(k)] = r.mask[t + k] ? 1 : 0;
        b.mask = c.mask.data();
        b.mask_step = block_tokens<T>;
        return b;
    }
    template <std::int64_t Tokens>
    void copy_out(const copies<Tokens>& c, const sequence& r, std::int64_t t, std::int64_t n) const {
        for (std::size_t i = 0; i < Out; ++i) {
            if (!out_[i]) continue;
            T* const sink = out_[i].to.row(r.s, call_.begin(r.s));
            for (std::int64_t k = 0; k < n; ++k)
                sink[(t + k) * out_[i].to.step] = c.out[i][static_cast<std::size_t>(k)];
        }
    }
    static void gather(const T* row, std::int64_t step, std::int64_t t, std::int64_t n, T* to) {
        for (std::int64_t k = 0; k < n; ++k) to[k] = row[(t + k) * step];
    }

    /// The hot loop: the tokens of one segment, in up to two runs.
    RLHF_NOINLINE void blocks(const std::array<run_of_blocks, 2>& runs, const sequence& r, sums_type& found) const {
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
        const auto t = [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            return kernel(L::load(b.in[I] + first)...);
        }
        (std::make_index_sequence<In>());
        sums.add(r, keep, t);
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            (write(b.out[I], at + first, keep, V(scale[I]) * std::get<I>(t.writes), add[I]), ...);
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
    row_weight weight_;
    bool strided_; ///< some array's tokens do not lie side by side
    std::array<std::uint8_t, static_cast<std::size_t>(block_tokens<T>)> ones_;
};

/// Runs a kernel over the tokens of a call; what comes back merges.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
auto sweep_tokens(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                  const executor& run, const Kernel& kernel, row_weight weight = row_weight::one) {
    return token_sweep<T, Arch, In, Out, Kernel>(c, in, out, kernel, weight)(run);
}

} // namespace rlhf::inline RLHF_ABI::detail
