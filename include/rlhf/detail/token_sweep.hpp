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
    using block = std::make_index_sequence<static_cast<std::size_t>(block_tokens<T> / L::width)>;
    using ins = std::make_index_sequence<In>;
    using outs = std::make_index_sequence<Out>;

    template <std::size_t>
    using element = V;
    template <std::size_t... I>
    static auto terms_of(std::index_sequence<I...>)
        -> decltype(std::declval<const Kernel&>()(std::declval<element<I>>()...));
    using terms_type = decltype(terms_of(ins()));
    using sums_type = segment_sums<T, Arch, terms_type>;

public:
    using totals_type = typename sums_type::totals_type;

    token_sweep(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                const Kernel& kernel, row_weight weight = row_weight::one)
        : call_(c), in_(in), out_(out), kernel_(kernel), weight_(weight) {
        ones_.fill(1);
    }

    totals_type operator()(const executor& run) const {
        const std::int64_t longest = std::max<std::int64_t>(call_.longest(), 1);
        const std::int64_t chunks = (longest + chunk_tokens - 1) / chunk_tokens;
        const std::int64_t rows = std::max<std::int64_t>(chunk_tokens / longest, 1); // a piece
        const std::int64_t groups = (call_.size() + rows - 1) / rows;
        shared_totals<totals_type> found;
        run(static_cast<std::size_t>(groups * chunks), [&](std::size_t piece) {
            const std::int64_t group = static_cast<std::int64_t>(piece) / chunks,
                               chunk = static_cast<std::int64_t>(piece) % chunks;
            totals_type part;
            for (std::int64_t s = group * rows; s < std::min(call_.size(), (group + 1) * rows); ++s)
                row(s, chunk, chunks, part);
            found.add(part);
        });
        return found.all();
    }

    /// What the sweep writes for one token that counts, with the same bits.
    void token(std::int64_t s, std::int64_t t) const {
        const row_mask mask = call_.mask(s);
        const row_mask here{mask.bytes == nullptr ? nullptr : mask.bytes + t * mask.step, mask.step, 1};
        pointers p = direct(s, here, t);
        copies<static_cast<std::size_t>(block_tokens<T>)> c;
        sums_type sums;
        copy_in(c, p, s, t, here, 0, 1);
        blocks(p, scales(mask), sums);
        copy_out(c, s, t, 0, 1);
    }

private:
    static constexpr std::int64_t chunk_tokens = 32 * segment_tokens; ///< of a row, for one piece of work

    /// The part `chunk` of `chunks` of a row; the first also writes what lies before, the last what lies behind.
    void row(std::int64_t s, std::int64_t chunk, std::int64_t chunks, totals_type& part) const {
        const row_mask mask = call_.mask(s);
        const std::int64_t first = std::min(first_counted(mask), mask.length),
                           last = std::max(past_last_counted(mask), first);
        const std::int64_t begin = std::min(first + chunk * chunk_tokens, last);
        const std::int64_t end = chunk + 1 == chunks ? last : std::min(begin + chunk_tokens, last);
        if (chunk == 0) {
            clear(s, 0, first);
            part.sequences += first < last ? 1 : 0;
        }
        if (chunk + 1 == chunks) clear(s, last, call_.length(s));
        if (begin == end) return;
        const std::array<T, Out> scale = scales(mask);
        const double weight = 1.0 / divisor(mask);
        for (std::int64_t t = begin; t < end; t += segment_tokens)
            segment(s, mask, t, std::min(end - t, segment_tokens), scale, weight, part);
    }

    [[nodiscard]] double divisor(const row_mask& mask) const {
        return weight_ == row_weight::per_counted ? static_cast<double>(count_counted(mask)) : 1.0;
    }
    [[nodiscard]] std::array<T, Out> scales(const row_mask& mask) const {
        const double counted = divisor(mask);
        std::array<T, Out> scale;
        for (std::size_t i = 0; i < Out; ++i) scale[i] = static_cast<T>(out_[i].scale / counted);
        return scale;
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

    /// Where the blocks of one run of tokens lie; `repeat` marks inputs of one element a row.
    struct pointers {
        std::array<const T*, In> in;
        std::array<bool, In> repeat;
        std::array<T*, Out> out;
        const std::uint8_t* mask; ///< never absent: dense rows read the same ones again and again, so that the
        std::int64_t mask_step;   ///< hot loop has one path and an element the same bits with a mask and without
        std::int64_t blocks;
    };

    /// Room for tokens that do not lie side by side in whole blocks.
    template <std::size_t Tokens>
    struct copies {
        alignas(64) std::array<std::array<T, Tokens>, In> in = {};
        alignas(64) std::array<std::array<T, Tokens>, Out> out = {};
        alignas(64) std::array<std::uint8_t, Tokens> mask = {};
    };

    void segment(std::int64_t s, const row_mask& mask, std::int64_t t, std::int64_t n, const std::array<T, Out>& scale,
                 double weight, totals_type& part) const {
        const row_mask here{mask.bytes == nullptr ? nullptr : mask.bytes + t * mask.step, mask.step, n};
        const std::int64_t counted = count_counted(here);
        part.tokens += counted;
        pointers p = direct(s, here, t);
        sums_type sums;
        if (strided()) {
            copies<static_cast<std::size_t>(segment_tokens)> c;
            copy_in(c, p, s, t, here, 0, n);
            blocks(p, scale, sums);
            copy_out(c, s, t, 0, n);
        } else if (n % block_tokens<T> == 0) {
            blocks(p, scale, sums);
        } else {
            copies<static_cast<std::size_t>(block_tokens<T>)> c;
            const std::int64_t whole = n - n % block_tokens<T>;
            p.blocks = whole / block_tokens<T>;
            blocks(p, scale, sums);
            copy_in(c, p, s, t, here, whole, n);
            blocks(p, scale, sums);
            copy_out(c, s, t, whole, n);
        }
        sums.join(part, weight, counted);
    }

    [[nodiscard]] bool strided() const {
        return std::any_of(in_.begin(), in_.end(), [](const auto& i) { return i.step > 1; }) ||
               std::any_of(out_.begin(), out_.end(), [](const auto& o) { return o.to.step > 1; }) ||
               call_.mask(0).step > 1;
    }

    [[nodiscard]] pointers direct(std::int64_t s, const row_mask& mask, std::int64_t t) const {
        pointers p;
        for (std::size_t i = 0; i < In; ++i) {
            p.repeat[i] = in_[i].step == 0;
            p.in[i] = in_[i].row(s, call_.begin(s)) + t * in_[i].step;
        }
        for (std::size_t i = 0; i < Out; ++i)
            p.out[i] = out_[i] ? out_[i].to.row(s, call_.begin(s)) + t * out_[i].to.step : nullptr;
        p.mask = mask.bytes != nullptr ? mask.bytes : ones_.data();
        p.mask_step = mask.bytes != nullptr ? 1 : 0;
        p.blocks = mask.length / block_tokens<T>;
        return p;
    }

    template <class Copies>
    void copy_in(Copies& c, pointers& p, std::int64_t s, std::int64_t t, const row_mask& mask, std::int64_t from,
                 std::int64_t to) const {
        for (std::size_t i = 0; i < In; ++i) {
            if (p.repeat[i]) continue;
            const T* source = in_[i].row(s, call_.begin(s)) + t * in_[i].step;
            for (std::int64_t k = from; k < to; ++k)
                c.in[i][static_cast<std::size_t>(k - from)] = source[k * in_[i].step];
            p.in[i] = c.in[i].data();
        }
        for (std::size_t i = 0; i < Out; ++i) {
            if (!out_[i]) continue;
            const T* source = out_[i].to.row(s, call_.begin(s)) + t * out_[i].to.step;
            if (out_[i].add)
                for (std::int64_t k = from; k < to; ++k)
                    c.out[i][static_cast<std::size_t>(k - from)] = source[k * out_[i].to.step];
            p.out[i] = c.out[i].data();
        }
        for (std::int64_t k = from; k < to; ++k) c.mask[static_cast<std::size_t>(k - from)] = mask[k] ? 1 : 0;
        p.mask = c.mask.data();
        p.mask_step = 1;
        p.blocks = (to - from + block_tokens<T> - 1) / block_tokens<T>;
    }

    template <class Copies>
    void copy_out(const Copies& c, std::int64_t s, std::int64_t t, std::int64_t from, std::int64_t to) const {
        for (std::size_t i = 0; i < Out; ++i) {
            if (!out_[i]) continue;
            T* sink = out_[i].to.row(s, call_.begin(s)) + t * out_[i].to.step;
            for (std::int64_t k = from; k < to; ++k)
                sink[k * out_[i].to.step] = c.out[i][static_cast<std::size_t>(k - from)];
        }
    }

    /// The hot loop.
    RLHF_NOINLINE void blocks(const pointers& p, const std::array<T, Out>& scale, sums_type& total) const {
        const Kernel kernel = kernel_;
        const pointers here = p;
        sums_type sums = total; // stays in registers
        for (std::int64_t b = 0; b < here.blocks; ++b) {
            const std::int64_t at = b * block_tokens<T>;
            if (none(here.mask + at * here.mask_step)) {
                clear_block(here, at);
                continue;
            }
            if constexpr (L::width == 1) {
                for (std::size_t r = 0; r < static_cast<std::size_t>(block_tokens<T>); ++r)
                    one_register(here, kernel, scale, at + static_cast<std::int64_t>(r), r, sums);
                continue;
            }
            [&]<std::size_t... R>(std::index_sequence<R...>) RLHF_INLINE {
                (one_register(here, kernel, scale, at + static_cast<std::int64_t>(R) * L::width, R, sums), ...);
            }
            (block());
        }
        total = sums;
    }

    static bool none(const std::uint8_t* mask) {
        std::uint64_t any = 0;
        for (int k = 0; k < block_tokens<T>; k += 8) any |= eight_bytes(mask + k);
        return any == 0;
    }

    void clear_block(const pointers& p, std::int64_t at) const {
        for (std::size_t i = 0; i < Out; ++i)
            if (p.out[i] != nullptr && !out_[i].add) std::fill_n(p.out[i] + at, block_tokens<T>, T(0));
    }

    RLHF_FORMULA void one_register(const pointers& p, const Kernel& kernel, const std::array<T, Out>& scale,
                                   std::int64_t at, std::size_t r, sums_type& sums) const {
        using lane::select;
        const auto keep = L::counted(p.mask + at * p.mask_step);
        const auto t = [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            return kernel((p.repeat[I] ? V(*p.in[I]) : L::load(p.in[I] + at))...);
        }
        (ins());
        sums.add(r, keep, t);
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            [[maybe_unused]] const auto write = [&](T* to, const V& value, T factor, bool add) RLHF_INLINE {
                if (to == nullptr) return;
                const V scaled = V(factor) * value;
                const V old = add ? L::load(to + at) : V(T(0));
                L::store(to + at, select(keep, add ? old + scaled : scaled, old));
            };
            (write(p.out[I], t.writes[I], scale[I], out_[I].add), ...);
        }
        (outs());
    }

    const call& call_;
    const std::array<stream<const T>, In>& in_;
    const std::array<target<T>, Out>& out_;
    const Kernel& kernel_;
    row_weight weight_;
    std::array<std::uint8_t, static_cast<std::size_t>(2 * block_tokens<T>)> ones_;
};

/// Runs a kernel over the tokens of a call; what comes back merges.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
auto sweep_tokens(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                  const executor& run, const Kernel& kernel, row_weight weight = row_weight::one) {
    return token_sweep<T, Arch, In, Out, Kernel>(c, in, out, kernel, weight)(run);
}

} // namespace rlhf::inline RLHF_ABI::detail
