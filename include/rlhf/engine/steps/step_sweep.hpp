// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/steps/scan_tail.hpp>
#include <rlhf/engine/steps/time_major_sweep.hpp>

namespace RLHF_NAMESPACE::detail {

/// The sweep along sequences: S = x + f S′ from the last step that counts to the first, or from the first to the last
/// for the adjoint.
///
/// Lanes are consecutive steps. They are counted from the step where the recurrence of a sequence begins, in registers
/// and chunks of one size. So no bit depends on padding, cuts of the batch, alignment, packing or threads. In [T, B],
/// where sequences lie side by side, the lanes are sequences (DESIGN.md, D20 and D21).
template <class T, class Arch, class Kernel>
class step_sweep {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = group_lanes<T, Arch>;
    using V = typename L::type;
    using scan = step_scan<T, Arch, Kernel>;
    using tile = scan_tail<T, Arch, Kernel>;
    using arrays = typename scan::arrays;

public:
    /// Borrows its argument.
    explicit step_sweep(const recurrence<T, Kernel>& of)
        : of_(of), scan_(of.kernel, of.kernel.factor, of.how, of.flags.any()) {}

    void operator()(const executor& run) const {
        if (of_.call.batch().layout == layout::time_first && !of_.call.batch().packed())
            return time_major_sweep<T, Arch, Kernel>(of_)(run);
        const std::int64_t all = of_.call.size(), tokens = of_.call.tokens();
        if (all < few_sequences && of_.call.longest() > chunk && !run.is_this_thread()) return sequences(0, all, &run);
        if (tokens <= piece_steps) return sequences(0, all); // a short call is one piece, without divisions
        const std::int64_t each = std::max<std::int64_t>(piece_steps * all / tokens, 1); // per piece
        run(static_cast<std::size_t>((all + each - 1) / each), [&](std::size_t piece) {
            const std::int64_t from = static_cast<std::int64_t>(piece) * each;
            sequences(from, (std::min)(from + each, all));
        });
    }

private:
    static constexpr std::int64_t width = L::width;
    static constexpr std::int64_t chunk = 16384; ///< steps; the carry into the next chunk can be computed separately
    static constexpr std::int64_t piece_steps =
        2 * chunk; ///< per piece of whole sequences; each piece begins with a jump in memory
    static constexpr std::int64_t few_sequences = 16; ///< with fewer, chunks are pieces of work
    static constexpr std::int64_t chunks_at_once = 32;

    /// A sequence in progress: its steps first … last − 1 are still to be done.
    struct row {
        row() {} // NOLINT: start() sets what has no default
        std::int64_t s, first, last;
        std::int64_t left = chunk; ///< steps left in the chunk
        V before;                  ///< the carry into the chunk
        bool ends = true;          ///< false: this is a chunk, and more steps follow
        sequence_mask mask;
        arrays all; ///< from step 0 on
        typename scan::state state;

        [[nodiscard]] std::int64_t steps() const { return last - first; }
        /// Takes the next n steps; returns the first of them.
        std::int64_t take(std::int64_t n) { return Kernel::forward ? (first += n) - n : last -= n; }
    };

    /// Sweeps the sequences from … to − 1. With an executor, it shares the chunks of each.
    RLHF_NOINLINE void sequences(std::int64_t from, std::int64_t to, const executor* shared = nullptr) const {
        tile room;
        for (std::int64_t i = from; i < to; ++i) {
            row r;
            start(r, Kernel::forward ? i : to - 1 - (i - from), room); // memory is read in one direction, too
            if (of_.each.lambdas)
                by_own_factor(r, shared);
            else if (shared != nullptr)
                by_chunks(r, scan_, *shared);
            else
                while (r.first < r.last) advance(r, scan_, room);
        }
    }
    /// Sweeps a sequence that has its own factor.
    RLHF_NOINLINE void by_own_factor(row& r, const executor* shared) const {
        const scan own(of_.kernel, of_.factor(r.s), of_.how, of_.flags.any());
        shared != nullptr ? by_chunks(r, own, *shared) : do_rest(r, own);
    }
    /// Does the rest of a sequence, or of a chunk that was cut from it.
    RLHF_NOINLINE void do_rest(row& r, const scan& by) const {
        tile room;
        while (r.first < r.last) advance(r, by, room);
    }
    /// Prepares a sequence, and writes its outputs where no step counts.
    RLHF_FORMULA void start(row& r, std::int64_t s, tile& room) const {
        const std::int64_t length = of_.call.length(s), begin = of_.call.begin(s);
        r.s = s, r.mask = of_.call.mask(s);
        const auto counted = of_.how == gaps::ignore ? counted_range{0, length} : counted_tokens(r.mask);
        r.first = counted.first, r.last = counted.last;
        for (std::size_t k = 0; k < In; ++k) {
            r.all.in[k] = room.source(of_.in[k], s, begin, k);
            r.state.after[k] = V(Kernel::reads_after(k) && of_.each.edge ? *of_.each.edge.row(s, 0) : T(0));
        }
        for (std::size_t o = 0; o < Out; ++o)
            r.all.out[o] = {of_.out[o] ? of_.out[o].to.row(s, begin) : nullptr, of_.out[o].add};
        r.all.terminated = room.source(of_.flags.terminated, s, begin, 0);
        r.all.truncated = room.source(of_.flags.truncated, s, begin, 1);
        clear(r, 0, r.first);
        clear(r, r.last, length);
        r.before = r.state.sum = r.state.last = V(of_.each.carry ? *of_.each.carry.row(s, 0) : T(0));
        r.state.alone = V(T(0)), r.state.carries = static_cast<bool>(of_.each.carry);
        if (of_.each.last && r.first == r.last) write(s, T(0));
    }

    /// Does the rest of the chunk or of the sequence.
    RLHF_FORMULA void advance(row& r, const scan& by, tile& room) const {
        const std::int64_t n = (std::min)(r.left, r.steps()), whole = r.last > r.mask.length ? 0 : n & -width;
        if (whole > 0) by(r.all, part(r, whole), r.state);
        for (std::int64_t rest = n - whole; rest > 0; rest -= tile::steps) {
            const scan_range p = part(r, (std::min)(rest, tile::steps));
            room(by, r.all, p, r.mask.length - p.first, r.state);
        }
        if (of_.each.last && r.ends && r.first == r.last) finish(r, n);
        if ((r.left -= n) > 0 || r.first == r.last) return;
        by.next_chunk(r.state, r.before);
        r.before = r.state.sum, r.left = chunk;
    }

    /// Takes the next n steps, and finds out whether they need a mask.
    static scan_range part(row& r, std::int64_t n) {
        scan_range p{r.take(n), n};
        const sequence_mask m = r.mask.from(p.first, (std::min)(n, r.mask.length - p.first));
        for (std::int64_t t = 0; m.bytes != nullptr && t < m.length && p.mask == nullptr; t += 64) {
            const std::int64_t some = std::min<std::int64_t>(m.length - t, 64);
            if (counted_bits(m.bytes + t, some) != low_bits(some)) p.mask = m.bytes;
        }
        return p;
    }

    /// Does the chunks of a sequence at the same time: first each chunk on its own, then the carries in order, then the
    /// results.
    RLHF_NOINLINE void by_chunks(row& rest, const scan& by, const executor& run) const {
        std::array<row, static_cast<std::size_t>(chunks_at_once)> chunks;
        std::array<typename scan::state, static_cast<std::size_t>(chunks_at_once)> ends;
        while (rest.first < rest.last) {
            std::size_t n = 0;
            for (; n < chunks.size() && rest.first < rest.last; ++n) chunks[n] = cut(rest);
            run(n, [&](std::size_t i) {
                row r = chunks[i];
                for (auto& o : r.all.out) o = {};
                r.ends = false;
                do_rest(r, by);
                ends[i] = r.state;
            });
            for (std::size_t i = 0; i < n; ++i) {
                chunks[i].state.sum = rest.before;
                by.next_chunk(ends[i], rest.before);
                rest.before = ends[i].sum;
            }
            run(n, [&](std::size_t i) { do_rest(chunks[i], by); });
        }
    }

    /// Takes a chunk from the sequence.
    row cut(row& rest) const {
        row r = rest;
        const std::int64_t n = (std::min)(chunk, r.steps()), from = rest.take(n);
        r.first = from, r.last = from + n;
        r.ends = rest.first == rest.last;
        // The step before the rest: with gaps::skip the last one that advances time.
        std::int64_t t = Kernel::forward ? r.last - 1 : r.first;
        if (of_.how == gaps::skip) {
            const sequence_mask m = r.mask.from(from, n);
            const std::int64_t i = Kernel::forward ? past_last_counted(m) - 1 : first_counted(m);
            if (i < 0 || i == n) return r;
            t = from + i;
        }
        const bool reads = counts(r, t) || reads_masked<Kernel>(of_.how);
        for (std::size_t k = 0; k < In; ++k)
            rest.state.after[k] = V(reads && r.all.in[k].data != nullptr ? *r.all.in[k].at(t) : T(0));
        rest.state.terminated = set(r, r.all.terminated, t);
        rest.state.cut = rest.state.terminated | set(r, r.all.truncated, t);
        rest.state.unread = of_.how == gaps::zero && !counts(r, t);
        return r;
    }
    static bool counts(const row& r, std::int64_t t) { return t < r.mask.length && r.mask[t]; }
    bool set(const row& r, const auto& flag, std::int64_t t) const {
        return flag.data != nullptr && (of_.how != gaps::zero || counts(r, t)) && *flag.at(t) != 0;
    }

    /// Writes the part that flows beyond the last step, which is the last of n steps that were scanned together.
    void finish([[maybe_unused]] const row& r, [[maybe_unused]] std::int64_t n) const {
        if constexpr (Kernel::forward) {
            alignas(64) std::array<T, static_cast<std::size_t>(width)> sums;
            L::store(sums.data(), r.state.last);
            const T sum = sums[static_cast<std::size_t>((n - 1) % width)];
            write(r.s, of_.kernel.last(sum, set(r, r.all.terminated, r.last - 1)));
        }
    }
    void write(std::int64_t s, T value) const { add_or_write(of_.each.last, of_.each.last.to.row(s, 0), value); }

    /// Writes +0 where no step counts.
    void clear(const row& r, std::int64_t from, std::int64_t to) const {
        if (from == to) return;
        for (const auto& o : r.all.out) {
            if (o.data == nullptr || o.add) continue;
            std::fill(o.data + from, o.data + to, T(0));
        }
    }

    const recurrence<T, Kernel>& of_;
    scan scan_;
};

} // namespace RLHF_NAMESPACE::detail
