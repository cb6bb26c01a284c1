// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/steps/recurrence.hpp>

#include <span>
#include <utility>

namespace RLHF_NAMESPACE::detail {

/// The recurrence in [T, B], where sequences lie side by side. The lanes are sequences, and each goes from step to
/// step. For gaps, each lane selects what it carries on.
template <class T, class Arch, class Kernel>
class time_major_sweep {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using M = mask_of<V>;
    static constexpr std::int64_t width = L::width;
    static constexpr std::size_t registers =
        std::min<std::size_t>(8, 256 / (width * sizeof(T)));        ///< side by side: 256 bytes per step
    static constexpr std::int64_t ahead = Kernel::forward ? 4 : -4; ///< how many steps ahead memory is fetched

public:
    explicit time_major_sweep(const recurrence<T, Kernel>& of) : of_(of) {}

    void operator()(const executor& run) const {
        const sequence_mask m = of_.call.mask(0);
        bool all = m.bytes == nullptr && m.length >= of_.call.batch().steps;
        for (const auto& i : of_.in) all = all && (!i || i.row_stride == 1);
        const bool flagged = of_.flags.any() || of_.each.lambdas; // a factor may be 0, which cuts
        const bool plain = all && !flagged;
        // One thread reads memory in long stretches; several threads share the sequences.
        const std::int64_t each = width * static_cast<std::int64_t>(plain && run.is_this_thread() ? most : registers);
        run(static_cast<std::size_t>((of_.call.size() + each - 1) / each), [&](std::size_t piece) {
            const std::int64_t s = static_cast<std::int64_t>(piece) * each, n = (std::min)(of_.call.size() - s, each);
            const bool full = all && n == each;
            if (flagged) return full ? strip<true, true>(s, n) : strip<false, true>(s, n);
            const std::int64_t whole = plain ? n - n % width : 0;
            if (whole > 0) side_by_side(s, whole / width);
            if (whole < n) strip<false, false>(s + whole, n - whole);
        });
    }

private:
    static constexpr std::size_t most = 4096 / (width * sizeof(T)); ///< side by side in memory: 4 KiB per step

    /// A register of sequences in progress.
    struct column {
        std::int64_t s = 0, n = 0; ///< its first sequence, and how many
        sequence_mask mask;        ///< of the first sequence
        V sum, last, factor;
        std::array<V, In> after;
        M recurs, begun, terminated_after, cut_after, unread_after, ended;
    };

    /// The numbers that a register of sequences carries from step to step.
    struct carried {
        V sum;
        std::array<V, In> after;
    };

    /// Sweeps whole registers of sequences, side by side in memory, whose steps all count. Carried numbers are in
    /// memory, so that many sequences go from step to step together. One function body, so that the copies of kernel,
    /// inputs and outputs stay in registers: no output can alias them.
    // NOLINTNEXTLINE(readability-function-size)
    RLHF_NOINLINE void side_by_side(std::int64_t s, std::int64_t columns) const {
        const Kernel kernel = of_.kernel; // copies: outputs may alias members
        const auto out = of_.out;
        const auto in = of_.in;
        std::array<carried, most> room;
        const std::span<carried> at(room.data(), static_cast<std::size_t>(columns));
        const bool recurs = kernel.factor != T(0);
        column c;
        c.s = s, c.n = width;
        for (carried& x : at) {
            x.sum = of_.each.carry ? load<false>(of_.each.carry, c, 0) : V(T(0));
            for (std::size_t k = 0; k < In; ++k)
                x.after[k] = Kernel::reads_after(k) && of_.each.edge ? load<false>(of_.each.edge, c, 0) : V(T(0));
            c.s += width;
        }
        const std::int64_t steps = of_.call.batch().steps;
        for (std::int64_t i = 0; i < steps; ++i) {
            const std::int64_t t = Kernel::forward ? i : steps - 1 - i;
            std::array<const T*, In> from;
            std::array<T*, Out> to;
            for (std::size_t k = 0; k < In; ++k) from[k] = in[k] ? in[k].data + s + t * in[k].step : nullptr;
            for (std::size_t o = 0; o < Out; ++o) to[o] = out[o] ? out[o].to.data + s + t * out[o].to.step : nullptr;
            std::int64_t j = 0;
            for (carried& back : at) {
                scan_steps<V, In, false> x;
                for (std::size_t k = 0; k < In; ++k) {
                    x.given[k] = k < Kernel::required || from[k] != nullptr;
                    if (x.given[k]) prefetch(from[k] + j + ahead * in[k].step);
                    x.here[k] = x.given[k] ? L::load(from[k] + j) : V(T(0));
                    if (Kernel::reads_after(k)) x.after[k] = std::exchange(back.after[k], x.here[k]);
                }
                V sum = kernel.head(x);
                if (recurs) sum = fma(V(kernel.factor), back.sum, sum);
                const auto y = kernel.finish(x, sum, back.sum);
                for (std::size_t o = 0; o < Out; ++o) {
                    if (to[o] == nullptr) continue;
                    prefetch_to_write(to[o] + j + ahead * out[o].to.step);
                    L::store(to[o] + j, out[o].add ? L::load(to[o] + j) + y[o] : y[o]);
                }
                back.sum = sum;
                j += width;
            }
        }
        if constexpr (Kernel::forward) {
            if (!of_.each.last) return;
            c.s = s, c.ended = L::where(0);
            for (const carried& x : at) c.last = x.sum, finish(c), c.s += width;
        }
    }

    /// Sweeps n sequences, at most as many as the registers have lanes. `All`: exactly as many, side by side in memory,
    /// with all steps counted.
    template <bool All, bool Flagged>
    RLHF_NOINLINE void strip(std::int64_t s, std::int64_t n) const {
        const Kernel kernel = of_.kernel;
        std::array<column, registers> room;
        const std::span<column> c(room.data(), static_cast<std::size_t>((n + width - 1) / width));
        const M none = L::where(0);
        for (column& x : c) {
            x.s = s, x.n = (std::min)(n, width), s += width, n -= width;
            x.mask = of_.call.mask(x.s);
            x.sum = x.last = of_.each.carry ? load<false>(of_.each.carry, x, 0) : V(T(0));
            for (std::size_t k = 0; k < In; ++k)
                x.after[k] = Kernel::reads_after(k) && of_.each.edge ? load<false>(of_.each.edge, x, 0) : V(T(0));
            if constexpr (Flagged) take_factors(x);
            x.begun = of_.how == gaps::ignore ? !none : none;
            x.terminated_after = x.cut_after = x.unread_after = x.ended = none;
        }
        const std::int64_t steps = of_.call.batch().steps;
        for (std::int64_t i = 0; i < steps; ++i) {
            const std::int64_t t = Kernel::forward ? i : steps - 1 - i;
            for (column& x : c) step<All, Flagged>(kernel, x, t);
        }
        if constexpr (Kernel::forward)
            if (of_.each.last)
                for (const column& x : c) finish(x);
    }

    /// Sweeps step t of a column. With gaps::ignore the mask hides the outputs of the recurrence, and the inputs of the
    /// adjoint.
    template <bool All, bool Flagged>
    RLHF_FORMULA void step(const Kernel& kernel, column& c, std::int64_t t) const {
        using lane::select;
        const M all = !L::where(0), counts = All ? all : counted(c, t);
        const auto either = [](const M& m, const V& yes, const V& no)
                                RLHF_INLINE { return All ? yes : select(m, yes, no); };
        const bool covers = Kernel::forward && of_.how == gaps::ignore;
        const M time = counts || c.begun, read = of_.how == gaps::zero ? counts : all;
        const M seen = of_.how == gaps::zero || covers ? counts : all, written = covers ? all : counts;
        scan_steps<V, In, Flagged> x;
        for (std::size_t k = 0; k < In; ++k) {
            x.given[k] = k < Kernel::required || of_.in[k];
            x.here[k] = x.given[k] ? either(seen, load<All>(of_.in[k], c, t), V(T(0))) : V(T(0));
            if (!Kernel::reads_after(k)) continue;
            x.after[k] = c.after[k];
            c.after[k] = either(time, x.here[k], c.after[k]);
        }
        M open = all;
        if constexpr (Flagged) {
            x.terminated = set(of_.flags.terminated, c, t) && read, x.unread = !read;
            x.terminated_after = c.terminated_after, x.unread_after = c.unread_after;
            const M cut = x.terminated || (set(of_.flags.truncated, c, t) && read);
            open = c.recurs && !(Kernel::forward ? c.cut_after : cut);
            const auto keep = [](const M& m, const M& yes, const M& no)
                                  RLHF_INLINE { return All ? yes : (m && yes) || (!m && no); };
            c.terminated_after = keep(time, x.terminated, c.terminated_after);
            c.cut_after = keep(time, cut, c.cut_after);
            c.unread_after = keep(time, x.unread, c.unread_after);
            c.ended = keep(written, x.terminated, c.ended);
        }
        V sum = kernel.head(x);
        if (Flagged || kernel.factor != T(0))
            sum = L::fma_where(open, Flagged ? c.factor : V(kernel.factor), c.sum, sum);
        const auto y = kernel.finish(x, sum, c.sum);
        for (std::size_t o = 0; o < Out; ++o)
            if (of_.out[o]) store<All>(of_.out[o], c, t, y[o], written);
        if constexpr (Kernel::forward) c.last = either(written, sum, c.last);
        c.sum = either(time, sum, c.sum);
        if (of_.how == gaps::zero) c.begun = time;
    }

    /// The factors of the sequences of a column. Nothing is carried where a factor is 0, not even 0 · ∞.
    RLHF_NOINLINE void take_factors(column& c) const {
        alignas(64) std::array<T, static_cast<std::size_t>(width)> f = {};
        for (std::int64_t j = 0; j < c.n; ++j) f[static_cast<std::size_t>(j)] = of_.factor(c.s + j);
        c.factor = L::load(f.data());
        c.recurs = c.factor != V(T(0));
    }

    /// Writes the part that flows beyond the last step.
    void finish(const column& c) const {
        using lane::select;
        alignas(64) std::array<T, static_cast<std::size_t>(width)> sums, ended;
        L::store(sums.data(), c.last);
        L::store(ended.data(), select(c.ended, V(T(1)), V(T(0))));
        for (std::int64_t j = 0; j < c.n; ++j) {
            const auto k = static_cast<std::size_t>(j);
            add_or_write(of_.each.last, of_.each.last.to.row(c.s + j, 0), of_.kernel.last(sums[k], ended[k] != T(0)));
        }
    }

    /// Step t of the sequences of a column.
    template <bool All>
    RLHF_FORMULA static V load(const stream<const T>& from, const column& c, std::int64_t t) {
        const T* p = from.data + c.s * (All ? 1 : from.row_stride) + t * from.step;
        prefetch(p + ahead * from.step);
        if constexpr (All) return L::load(p);
        if (from.row_stride == 1) return c.n == width ? L::load(p) : L::load_first(p, c.n);
        return strided(p, from.row_stride, c.n);
    }
    RLHF_NOINLINE static V strided(const T* p, std::int64_t stride, std::int64_t n) {
        alignas(64) std::array<T, static_cast<std::size_t>(width)> x = {};
        for (std::int64_t j = 0; j < n; ++j) x[static_cast<std::size_t>(j)] = p[j * stride];
        return L::load(x.data());
    }
    template <bool All>
    RLHF_FORMULA static void store(const target<T>& to, const column& c, std::int64_t t, const V& y, const M& written) {
        using lane::select;
        T* p = to.to.data + c.s + t * to.to.step;
        prefetch_to_write(p + ahead * to.to.step);
        const bool full = All || c.n == width;
        const V old = !to.add ? V(T(0)) : full ? L::load(p) : L::load_first(p, c.n);
        const V v = All ? (to.add ? old + y : y) : select(written, to.add ? old + y : y, old);
        full ? L::store(p, v) : L::store_first(p, v, c.n);
    }
    RLHF_FORMULA static M set(const stream<const std::uint8_t>& f, const column& c, std::int64_t t) {
        if (!f) return L::where(0);
        const std::uint8_t* p = f.data + c.s * f.row_stride + t * f.step;
        if (f.row_stride == 1) return c.n == width ? L::counted(p) : L::where(counted_bits(p, c.n));
        std::uint64_t bits = 0;
        for (std::int64_t j = 0; j < c.n; ++j) bits |= std::uint64_t(p[j * f.row_stride] != 0 ? 1 : 0) << j;
        return L::where(bits);
    }
    RLHF_FORMULA static M counted(const column& c, std::int64_t t) {
        if (t >= c.mask.length) return L::where(0);
        if (c.mask.bytes == nullptr) return !L::where(0);
        const std::uint8_t* p = c.mask.bytes + t * c.mask.step;
        return c.n == width ? L::counted(p) : L::where(counted_bits(p, c.n));
    }

    const recurrence<T, Kernel>& of_;
};

} // namespace RLHF_NAMESPACE::detail
