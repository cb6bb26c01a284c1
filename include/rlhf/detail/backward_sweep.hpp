// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/row_tile.hpp>
#include <rlhf/detail/time_major_sweep.hpp>

namespace rlhf::inline RLHF_ABI::detail {

/// The sweep along rows, S = x + f S′ from the last step that counts to the first (or, for the adjoint, the other way).
///
/// The kernel says what x is, head(steps), and what is written, finish(steps, S, S′), both in lanes of consecutive
/// steps. Steps are counted from where the row's recurrence begins, in registers and chunks of one size: no bit depends
/// on padding, row cuts, alignment, packing or threads. Where [T, B] has sequences side by side, they are the lanes.
template <class T, class Arch, class Kernel>
class backward_sweep {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using V = typename lanes<T, Arch>::type;
    using scan = row_scan<T, Arch, Kernel>;
    using tile = row_tile<T, Arch, Kernel>;
    static constexpr std::int64_t group = scan::group;

public:
    backward_sweep(const call& c, const row_inputs<T, In>& in, const row_targets<T, Out>& out, const Kernel& kernel,
                   gaps how, const row_flags& flags = {}, const stream<const T>& carry = {}, const target<T>& last = {})
        : call_(c), in_(in), out_(out), kernel_(kernel), scan_(kernel), gaps_(how), flags_(flags), carry_(carry),
          last_(last) {
        for (const auto& i : in) tiled_ = tiled_ || i.in.step != 1;
        for (const auto& o : out) tiled_ = tiled_ || o.add;
    }

    void operator()(const executor& run) const {
        if (call_.batch().layout == layout::time_first && !call_.batch().packed())
            return time_major_sweep<T, Arch, Kernel>(call_, in_, out_, kernel_, gaps_, flags_, carry_, last_)(run);
        const std::int64_t longest = std::max<std::int64_t>(call_.longest(), 1);
        if (call_.size() < few_rows && longest > chunk && !run.is_this_thread()) {
            for (std::int64_t s = 0; s < call_.size(); ++s) by_chunks(s, run);
            return;
        }
        const std::int64_t each = std::max<std::int64_t>(chunk / longest, 1); // rows of a piece
        run(static_cast<std::size_t>((call_.size() + each - 1) / each), [&](std::size_t piece) {
            tile room;
            const std::int64_t from = static_cast<std::int64_t>(piece) * each;
            const std::int64_t to = std::min(from + each, call_.size());
            for (std::int64_t i = from; i < to; ++i) {
                row r = start(Kernel::forward ? i : to - 1 - (i - from)); // memory, too, is passed one way
                while (r.first < r.last) advance(r, room, true);
            }
        });
    }

private:
    static constexpr std::int64_t chunk = 16384; ///< steps; what is carried into the next may be computed apart
    static constexpr std::int64_t few_rows = 16; ///< with fewer, the chunks of a row are pieces of work
    static constexpr std::int64_t chunks_at_once = 32;

    /// A row under way: its steps first … last − 1 are still to be done.
    struct row {
        std::int64_t s = 0, begin = 0, first = 0, last = 0;
        std::int64_t left = chunk; ///< steps of the chunk
        V before;                  ///< the carry into the chunk
        bool ends = true;          ///< else these are a chunk, and more steps follow
        row_mask mask;
        typename scan::state state;

        [[nodiscard]] std::int64_t steps() const { return last - first; }
        /// Which of n ≤ 64 steps count, the next ones but t.
        [[nodiscard]] std::uint64_t counts(std::int64_t t, std::int64_t n) const {
            return counted_bits(mask, Kernel::forward ? first + t : last - t - n, n);
        }
        [[nodiscard]] row_part part(std::int64_t length, std::int64_t n, bool gapless) const {
            return Kernel::forward ? row_part{first, first + length, n, gapless}
                                   : row_part{last - length, last, n, gapless};
        }
    };

    row start(std::int64_t s) const {
        row r;
        r.s = s, r.begin = call_.begin(s), r.mask = call_.mask(s);
        const std::int64_t length = call_.length(s);
        const bool ignore = gaps_ == gaps::ignore;
        r.first = ignore ? 0 : std::min(first_counted(r.mask), r.mask.length);
        r.last = ignore ? length : std::max(past_last_counted(r.mask), r.first);
        clear(r, 0, r.first);
        clear(r, r.last, length);
        for (std::size_t k = 0; k < In; ++k) r.state.after[k] = V(in_[k].edge ? *in_[k].edge.row(s, 0) : T(0));
        r.before = r.state.sum = V(carry_ ? *carry_.row(s, 0) : T(0));
        r.state.alone = V(T(0));
        if (last_ && r.first == r.last) write(s, T(0));
        return r;
    }

    /// Does the next steps.
    void advance(row& r, tile& room, bool writes) const {
        const row_part p = next(r);
        const bool squeeze = !p.gapless && gaps_ == gaps::skip, direct = !squeeze && !tiled(r);
        const auto how = [&](bool clears) {
            return squeeze ? moving::squeezed : !p.gapless && clears ? moving::cleared : moving::all;
        };
        // Where steps lie side by side, the tile takes what is less than a group.
        const std::int64_t rest = direct ? p.n % group : p.n;
        const row_part q = !direct           ? p
                           : Kernel::forward ? row_part{p.last - rest, p.last, rest, p.gapless}
                                             : row_part{p.first, p.first + rest, rest, p.gapless};
        if (rest > 0) room.bring(q, r.mask, lines(r), how(zeroes()));
        typename scan::span steps{.groups = tile::groups(p.n)};
        const std::int64_t last = Kernel::forward ? (steps.groups - 1) * group : 0; // of the recurrence, where it lies
        const auto place = [&](auto* memory, auto* tiled, auto*& all, auto*& last_group) {
            all = direct ? memory + (p.first - tile::lead(p.n)) : tiled;
            last_group = rest == 0 || !direct ? all + last : tiled;
        };
        for (std::size_t k = 0; k < In; ++k)
            place(in_[k].in.row(r.s, r.begin), room.in(k), steps.in[k], steps.last_in[k]);
        const typename tile::sinks to = writes ? sinks(r) : typename tile::sinks();
        for (std::size_t o = 0; o < Out; ++o)
            if (to[o].data != nullptr) place(to[o].data, room.out(o), steps.out[o], steps.last_out[o]);
        if (direct && !p.gapless) {
            steps.mask = r.mask.bytes + (p.first - tile::lead(p.n));
            steps.last_mask = rest > 0 ? room.ones() : steps.mask + last;
            steps.clears_in = zeroes(), steps.clears_out = !(Kernel::forward && gaps_ == gaps::ignore);
        }
        if constexpr (Kernel::flags)
            steps.flags = room.flag(p, r.mask, tile::line_of(flags_.terminated, r.s, r.begin),
                                    tile::line_of(flags_.truncated, r.s, r.begin), squeeze, gaps_ == gaps::zero);
        if (last_) steps.sums = room.sums();
        scan_(steps, r.state);
        if (rest > 0 && writes) room.take(q, r.mask, to, how(!(Kernel::forward && gaps_ == gaps::ignore)));
        (Kernel::forward ? r.first : r.last) = Kernel::forward ? p.last : p.first;
        if constexpr (Kernel::forward)
            if (last_ && writes && r.ends && r.first == r.last) finish(r, p, steps);
        if ((r.left -= p.n) > 0 || r.first == r.last) return;
        scan_.next_chunk(r.state, r.before, chunk);
        r.before = r.state.sum, r.left = chunk;
    }
    typename tile::lines lines(const row& r) const {
        typename tile::lines all;
        for (std::size_t k = 0; k < In; ++k) all[k] = tile::line_of(in_[k].in, r.s, r.begin);
        return all;
    }
    typename tile::sinks sinks(const row& r) const {
        typename tile::sinks all;
        for (std::size_t o = 0; o < Out; ++o) all[o] = {out_[o] ? out_[o].to.row(r.s, r.begin) : nullptr, out_[o].add};
        return all;
    }

    /// The next steps that are done together: whole registers if more follow.
    row_part next(const row& r) const {
        const std::int64_t most = std::min(r.left, r.steps()), room = std::min(most, tile::steps);
        const std::int64_t end = tiled(r) || Kernel::flags ? room : most;
        std::int64_t n = end;
        if (r.mask.bytes != nullptr || r.last > r.mask.length) {
            for (n = 0; n < end;) {
                const std::int64_t step = std::min<std::int64_t>(end - n, 64);
                if (r.counts(n, step) != low_bits(step)) break;
                n += step;
            }
        }
        if (n == r.steps()) return r.part(n, n, true);
        if (gaps_ == gaps::skip && n >= group) return r.part(n - n % group, n - n % group, true);
        if (gaps_ == gaps::skip) return reach(r, room, true);
        return r.part(end, end, n == end);
    }
    /// Whether all goes through the tile; so do steps that no mask is about.
    [[nodiscard]] bool tiled(const row& r) const { return tiled_ || r.last > r.mask.length; }

    /// The next n steps that count. `dense`: or, in whole registers, as many as come before 64 side by side.
    row_part reach(const row& r, std::int64_t n, bool dense) const {
        std::int64_t found = 0, t = 0;
        while (t < r.steps() && found < n) {
            const std::int64_t length = std::min<std::int64_t>(r.steps() - t, 64);
            const std::uint64_t bits = r.counts(t, length);
            std::int64_t take = std::popcount(bits);
            const bool stop = dense && t > 0 && bits == low_bits(64);
            if (stop) take = (group - found % group) % group;
            take = std::min(take, n - found);
            found += take;
            if (take == std::popcount(bits)) {
                t += length;
            } else if (take > 0) {
                const std::uint64_t above = highest(bits, Kernel::forward ? std::popcount(bits) - take : take);
                t += Kernel::forward ? 64 - std::countl_zero(bits & ~above) : length - std::countr_zero(above);
            }
            if (stop) break;
        }
        return r.part(t, found, false);
    }

    /// Chunks of a row at the same time: first what each carries on, then, with what is carried into them, the results.
    void by_chunks(std::int64_t s, const executor& run) const {
        row rest = start(s);
        std::array<row, static_cast<std::size_t>(chunks_at_once)> chunks;
        std::array<typename scan::state, static_cast<std::size_t>(chunks_at_once)> ends;
        const auto sweep = [&](row r, bool writes) {
            tile room;
            while (r.first < r.last) advance(r, room, writes);
            return r.state;
        };
        while (rest.first < rest.last) {
            std::size_t n = 0;
            for (; n < chunks.size() && rest.first < rest.last; ++n) chunks[n] = cut(rest);
            run(n, [&](std::size_t i) { ends[i] = sweep(chunks[i], false); });
            for (std::size_t i = 0; i < n; ++i) {
                chunks[i].state.sum = rest.before;
                scan_.next_chunk(ends[i], rest.before, chunk);
                rest.before = ends[i].sum;
            }
            run(n, [&](std::size_t i) { sweep(chunks[i], true); });
        }
    }

    /// Takes a chunk from the row.
    row cut(row& rest) const {
        row r = rest;
        const std::int64_t most = std::min(chunk, r.steps());
        const row_part p = gaps_ == gaps::skip ? reach(r, chunk, false) : r.part(most, most, false);
        r.first = p.first, r.last = p.last;
        (Kernel::forward ? rest.first : rest.last) = Kernel::forward ? p.last : p.first;
        r.ends = rest.first == rest.last;
        // The step before the rest.
        const std::int64_t t = Kernel::forward ? p.last - 1 : p.first;
        const bool counts = counted_bits(r.mask, t, 1) != 0, read = counts || gaps_ != gaps::zero;
        for (std::size_t k = 0; k < In; ++k)
            rest.state.after[k] = V(counts || !zeroes() ? in_[k].in.row(r.s, r.begin)[t * in_[k].in.step] : T(0));
        const auto set = [&](const stream<const std::uint8_t>& f) {
            return f && read && f.row(r.s, r.begin)[t * f.step] != 0;
        };
        const bool terminated = set(flags_.terminated);
        rest.state.flags = {.terminated = terminated, .cut = terminated || set(flags_.truncated), .unread = !read};
        return r;
    }

    /// Whether what does not count is read as 0. A mask that is ignored covers what the recurrence writes, so for the
    /// adjoint what it reads.
    [[nodiscard]] bool zeroes() const { return gaps_ == gaps::zero || (gaps_ == gaps::ignore && Kernel::forward); }

    /// What flows beyond the last step.
    void finish(const row& r, const row_part& p, const typename scan::span& steps) const {
        const std::int64_t i = p.n - 1;
        const bool terminated = Kernel::flags && (steps.flags[i / 64].terminated >> (i % 64) & 1) != 0;
        write(r.s, kernel_.last(steps.sums[i % group], terminated));
    }
    void write(std::int64_t s, T value) const { add_or_write(last_, last_.to.row(s, 0), value); }

    /// +0 where no step is.
    void clear(const row& r, std::int64_t from, std::int64_t to) const {
        for (const auto& o : out_) {
            if (!o || o.add) continue;
            T* sink = o.to.row(r.s, r.begin);
            std::fill(sink + from, sink + to, T(0));
        }
    }

    const call& call_;
    const row_inputs<T, In>& in_;
    const row_targets<T, Out>& out_;
    const Kernel& kernel_;
    scan scan_;
    gaps gaps_;
    row_flags flags_;
    stream<const T> carry_;
    target<T> last_;
    bool tiled_ = false; ///< inputs of one element a row, or outputs that are added to
};

} // namespace rlhf::inline RLHF_ABI::detail
