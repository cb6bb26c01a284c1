// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/call.hpp>
#include <rlhf/detail/lanes.hpp>
#include <rlhf/executor.hpp>
#include <rlhf/formula/gae.hpp>

#include <algorithm>

namespace rlhf::inline RLHF_ABI::detail {

/// An input of a recurrence, and what stands for it beyond the step at which a row's recurrence begins: [B], or 0.
template <class T>
struct row_input {
    stream<const T> in, edge = {};
};

/// Where a row is several episodes.
struct row_flags {
    stream<const std::uint8_t> terminated = {}, truncated = {};
};

/// What a kernel sees of the steps in its lanes; `after` is the step that the recurrence was at before: the next one
/// in time, or the previous one if it runs forwards.
template <class V, std::size_t In>
struct row_steps {
    std::array<V, In> here, after;
    mask_of<V> terminated, terminated_after;
    mask_of<V> unread, unread_after; ///< masked steps that are time: their inputs are 0
};

/// The sweep along rows, S = x + f S′ from the last step that counts to the first (or, for the adjoint, the other way).
///
/// The kernel says what x is, head(steps), and what is written, finish(steps, S, S′), both in lanes of consecutive
/// steps. The recurrence itself is one chain a row, in T; several rows take turns, so that one waits for the other.
/// Steps are brought into tiles that have no gaps, strides or tails, counted from where the row's recurrence begins: no
/// bit depends on padding, row cuts, layout, alignment or threads.
template <class T, class Arch, class Kernel>
class backward_sweep {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = lanes<T, Arch>;
    using V = typename L::type;

public:
    using inputs = std::array<row_input<T>, In>;
    using targets = std::array<target<T>, Out>;

    backward_sweep(const call& c, const inputs& in, const targets& out, const Kernel& kernel, gaps how,
                   const row_flags& flags = {}, const stream<const T>& carry = {}, const target<T>& last = {})
        : call_(c), in_(in), out_(out), kernel_(kernel), gaps_(how), flags_(flags), carry_(carry), last_(last) {
        for (const auto& i : in) unit_steps_ = unit_steps_ && i.in.step == 1;
        for (const auto& o : out) unit_steps_ = unit_steps_ && (!o || o.to.step == 1);
    }

    void operator()(const executor& run) const {
        const std::int64_t longest = std::max<std::int64_t>(call_.longest(), 1);
        const std::int64_t each = std::max(piece_tokens / longest, rows_at_once); // rows of a piece
        run(static_cast<std::size_t>((call_.size() + each - 1) / each), [&](std::size_t piece) {
            const std::int64_t from = static_cast<std::int64_t>(piece) * each;
            sweep(from, std::min(from + each, call_.size()));
        });
    }

private:
    static constexpr std::int64_t tile = 128;       ///< steps
    static constexpr std::int64_t rows_at_once = 4; ///< as many as a multiply-add takes cycles
    static constexpr std::int64_t piece_tokens = 16384;
    template <class X>
    using tile_of = std::array<X, static_cast<std::size_t>(tile) + 16>; ///< and, behind it, the step before the tile

    /// A row under way: its steps first … last − 1 are still to be done, n of them are in the tile, right-aligned.
    struct row {
        std::int64_t s = 0, begin = 0, first = 0, last = 0;
        std::int64_t n = 0, from = 0, to = 0; ///< the tile's steps lie within from … to − 1,
        bool side_by_side = true;             ///< and are all of these, or those listed
        row_mask mask;
        alignas(64) std::array<tile_of<T>, In> in = {};
        alignas(64) tile_of<T> sum = {}; ///< x, then S
        tile_of<std::uint8_t> terminated = {}, cut = {}, unread = {};
        tile_of<std::int64_t> listed = {};

        [[nodiscard]] bool counted(std::int64_t t) const { return t < mask.length && mask[t]; }
        [[nodiscard]] bool all_counted() const {
            if (to > mask.length || mask.bytes == nullptr) return to <= mask.length;
            return count_counted({mask.bytes + from * mask.step, mask.step, to - from}) == to - from;
        }
        [[nodiscard]] std::int64_t step(std::int64_t i) const {
            if (!side_by_side) return listed[at(i)];
            return Kernel::forward ? from + tile - 1 - i : to - tile + i;
        }
    };
    using rows = std::array<row, static_cast<std::size_t>(rows_at_once)>;

    static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

    void sweep(std::int64_t from, std::int64_t to) const {
        rows under_way;
        for (std::int64_t next = from;;) {
            std::int64_t longest = 0;
            for (row& r : under_way) {
                while (r.first == r.last && next < to) start(r, next++);
                if (r.first == r.last) {
                    r.n = 0;
                    continue;
                }
                advance(r);
                heads(r);
                longest = std::max(longest, r.n);
            }
            if (longest == 0) return;
            recur(under_way, longest, std::make_index_sequence<static_cast<std::size_t>(rows_at_once)>());
            for (row& r : under_way)
                if (r.n > 0) finish(r);
        }
    }

    void start(row& r, std::int64_t s) const {
        const std::int64_t length = call_.length(s);
        const bool ignore = gaps_ == gaps::ignore;
        r.s = s, r.begin = call_.begin(s), r.mask = call_.mask(s), r.n = 0;
        r.first = ignore ? 0 : std::min(first_counted(r.mask), r.mask.length);
        r.last = ignore ? length : std::max(past_last_counted(r.mask), r.first);
        clear(r, 0, r.first);
        clear(r, r.last, length);
        for (std::size_t k = 0; k < In; ++k) r.in[k][at(tile)] = in_[k].edge ? *in_[k].edge.row(s, 0) : T(0);
        r.sum[at(tile)] = carry_ ? *carry_.row(s, 0) : T(0);
        r.terminated[at(tile)] = r.cut[at(tile)] = r.unread[at(tile)] = 0;
        if (last_ && r.first == r.last) write(last_, last_.to.row(s, 0), T(0));
    }

    /// Brings the next steps into the tile; the one before them stays behind it.
    void advance(row& r) const {
        if (r.n > 0) {
            for (auto& x : r.in) x[at(tile)] = x[0];
            for (auto* x : {&r.terminated, &r.cut, &r.unread}) (*x)[at(tile)] = (*x)[0];
            r.sum[at(tile)] = r.sum[0];
        }
        locate(r);
        for (std::size_t k = 0; k < In; ++k) {
            const T* source = in_[k].in.row(r.s, r.begin);
            if (r.side_by_side)
                copy(source + r.from, r.n, r.in[k].data() + (tile - r.n));
            else
                for (std::int64_t i = tile - r.n; i < tile; ++i) r.in[k][at(i)] = source[r.step(i) * in_[k].in.step];
        }
        // A mask that is ignored covers what the recurrence writes, so for the adjoint what it reads.
        if ((gaps_ == gaps::zero || (gaps_ == gaps::ignore && Kernel::forward)) && !r.all_counted())
            for (std::int64_t i = tile - r.n; i < tile; ++i)
                if (!r.counted(r.step(i)))
                    for (auto& x : r.in) x[at(i)] = T(0);
        if constexpr (Kernel::flags) flag(r);
    }

    /// Finds the tile's steps.
    void locate(row& r) const {
        const std::int64_t span = std::min(tile, r.last - r.first);
        r.from = Kernel::forward ? r.first : r.last - span;
        r.to = r.from + span;
        const bool gapless = gaps_ != gaps::skip || r.all_counted();
        r.side_by_side = gapless && unit_steps_;
        r.n = span;
        if (r.side_by_side) return;
        r.n = 0;
        if constexpr (Kernel::forward) {
            for (r.to = r.from; r.to < r.last && r.n < tile; ++r.to)
                if (gapless || r.mask[r.to]) r.listed[at(tile - ++r.n)] = r.to;
        } else {
            for (r.from = r.to; r.from > r.first && r.n < tile; --r.from)
                if (gapless || r.mask[r.from - 1]) r.listed[at(tile - ++r.n)] = r.from - 1;
        }
    }

    void flag(row& r) const {
        const auto set = [&](const stream<const std::uint8_t>& f, std::int64_t t) {
            return f && f.row(r.s, r.begin)[t * f.step] != 0;
        };
        for (std::int64_t i = tile - r.n; i < tile; ++i) {
            const std::int64_t t = r.step(i);
            const bool read = gaps_ != gaps::zero || r.counted(t), terminated = read && set(flags_.terminated, t);
            r.terminated[at(i)] = terminated ? 1 : 0;
            r.cut[at(i)] = terminated || (read && set(flags_.truncated, t)) ? 1 : 0;
            r.unread[at(i)] = read ? 0 : 1;
        }
    }

    row_steps<V, In> steps(const row& r, std::int64_t i) const {
        row_steps<V, In> x;
        for (std::size_t k = 0; k < In; ++k) {
            x.here[k] = L::load(r.in[k].data() + i);
            x.after[k] = L::load(r.in[k].data() + i + 1);
        }
        if constexpr (Kernel::flags) {
            x.terminated = L::counted(r.terminated.data() + i),
            x.terminated_after = L::counted(r.terminated.data() + i + 1);
            x.unread = L::counted(r.unread.data() + i), x.unread_after = L::counted(r.unread.data() + i + 1);
        }
        return x;
    }

    /// The first whole register with a step of the tile.
    static std::int64_t first_register(const row& r) { return (tile - r.n) / L::width * L::width; }

    RLHF_NOINLINE void heads(row& r) const {
        for (std::int64_t i = first_register(r); i < tile; i += L::width)
            L::store(r.sum.data() + i, kernel_.head(steps(r, i)));
    }

    template <std::size_t... K>
    RLHF_NOINLINE void recur(rows& r, std::int64_t n, std::index_sequence<K...>) const {
        const T factor = kernel_.factor;
        if (factor == T(0)) return; // also of an infinite sum
        std::array<T, sizeof...(K)> sum{r[K].sum[at(tile)]...};
        const std::array<T*, sizeof...(K)> x{r[K].sum.data()...};
        const std::array<const std::uint8_t*, sizeof...(K)> cut{r[K].cut.data() + (Kernel::forward ? 1 : 0)...};
        for (std::int64_t i = tile - 1; i >= tile - n; --i) {
            if constexpr (Kernel::flags) ((sum[K] = cut[K][i] != 0 ? T(0) : sum[K]), ...);
            ((x[K][i] = sum[K] = formula::discounted_sum(x[K][i], factor, sum[K])), ...);
        }
    }

    /// Writes the tile's results.
    void finish(row& r) const {
        std::array<tile_of<T>, Out> results;
        for (std::int64_t i = first_register(r); i < tile; i += L::width) {
            const auto y = kernel_.finish(steps(r, i), L::load(r.sum.data() + i), L::load(r.sum.data() + i + 1));
            for (std::size_t o = 0; o < Out; ++o)
                L::store(results[o].data() + i, V(static_cast<T>(out_[o].scale)) * y[o]);
        }
        const bool every_step = gaps_ == gaps::skip || (Kernel::forward && gaps_ == gaps::ignore) || r.all_counted();
        for (std::size_t o = 0; o < Out; ++o) {
            if (!out_[o]) continue;
            T* sink = out_[o].to.row(r.s, r.begin);
            if (r.side_by_side && every_step && !out_[o].add) {
                copy(results[o].data() + (tile - r.n), r.n, sink + r.from);
                continue;
            }
            if (!out_[o].add)
                for (std::int64_t t = r.from; t < r.to; ++t) sink[t * out_[o].to.step] = T(0);
            for (std::int64_t i = tile - r.n; i < tile; ++i) {
                const std::int64_t t = r.step(i);
                if (!every_step && !r.counted(t)) continue;
                T& to = sink[t * out_[o].to.step];
                to = out_[o].add ? to + results[o][at(i)] : results[o][at(i)];
            }
        }
        (Kernel::forward ? r.first : r.last) = Kernel::forward ? r.to : r.from;
        if constexpr (Kernel::forward)
            if (last_ && r.first == r.last) {
                const std::int64_t i = tile - r.n;
                write(last_, last_.to.row(r.s, 0), kernel_.last(r.sum[at(i)], r.terminated[at(i)] != 0));
            }
    }

    /// Between memory and the tile, in which the recurrence runs downwards.
    static void copy(const T* from, std::int64_t n, T* to) {
        if constexpr (Kernel::forward)
            std::reverse_copy(from, from + n, to);
        else
            std::copy_n(from, n, to);
    }

    static void write(const target<T>& o, T* to, T value) {
        const T scaled = static_cast<T>(o.scale) * value;
        *to = o.add ? *to + scaled : scaled;
    }

    /// +0 where no step is.
    void clear(const row& r, std::int64_t from, std::int64_t to) const {
        for (const auto& o : out_) {
            if (!o || o.add) continue;
            T* sink = o.to.row(r.s, r.begin);
            for (std::int64_t t = from; t < to; ++t) sink[t * o.to.step] = T(0);
        }
    }

    const call& call_;
    const inputs& in_;
    const targets& out_;
    const Kernel& kernel_;
    gaps gaps_;
    row_flags flags_;
    stream<const T> carry_;
    target<T> last_;
    bool unit_steps_ = true;
};

} // namespace rlhf::inline RLHF_ABI::detail
