// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/steps/recurrence.hpp>

namespace RLHF_NAMESPACE::detail {

/// The recurrence S = x + f S′ with a factor f per step, from the last step of a sequence to the first. Nothing is
/// carried where f is 0.
///
/// Steps are taken in blocks. The steps that advance time are gathered, the kernel computes head(steps) in registers,
/// the chain goes from step to step, and the kernel computes finish(head, here, S, S′) in registers. The arithmetic of
/// an element is always the same, so no bit depends on the layout (DESIGN.md, D44).
///
/// The kernel reads `inputs` arrays, the first `required` of which are always given. If input `next` is absent or not
/// read, it is input `value` of the step after, or 0 where the episode ended. The head has `heads` numbers per step;
/// the first two are x and f.
template <class T, class Arch, class Kernel>
class chain_sweep {
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using number = lane::number<T>;
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs, Heads = Kernel::heads;

public:
    explicit chain_sweep(const recurrence<T, Kernel>& of) : of_(of) {}

    void operator()(const executor& run) const {
        const bool by_turns = of_.call.batch().layout == layout::time_first && !of_.call.batch().packed();
        const std::int64_t pieces = (of_.call.size() + neighbours - 1) / neighbours;
        run(static_cast<std::size_t>(pieces), [&](std::size_t piece) {
            const std::int64_t first = static_cast<std::int64_t>(piece) * neighbours;
            std::array<row, static_cast<std::size_t>(neighbours)> rows;
            std::int64_t longest = 0, n = 0;
            for (; n < neighbours && first + n < of_.call.size(); ++n) {
                row& r = rows[static_cast<std::size_t>(n)] = start(first + n);
                longest = (std::max)(longest, r.left);
                while (!by_turns && r.left > 0) block(r, steps);
            }
            // In [T, B] neighbours share cache lines, and the cache has room for few of them.
            for (; by_turns && longest > 0; longest -= few_steps)
                for (std::int64_t i = 0; i < n; ++i) block(rows[static_cast<std::size_t>(i)], few_steps);
        });
    }

private:
    static constexpr std::int64_t steps = 64;      ///< per block
    static constexpr std::int64_t few_steps = 32;  ///< per block in [T, B]
    static constexpr std::int64_t neighbours = 16; ///< sequences per piece of work
    static constexpr auto size = static_cast<std::size_t>(steps);

    /// A sequence in progress: its steps 0 … left − 1 are still to be done.
    struct row {
        std::int64_t s = 0, begin = 0, left = 0;
        std::int64_t time = 0; ///< steps from here on do not advance time
        sequence_mask mask;
        T sum = 0, value = 0; ///< S and the value of the step after
    };

    /// The steps of a block that advance time, in their order in memory.
    struct gathered {
        std::int64_t n = 0;
        bool all = true; ///< true: all steps of the block advance time and count
        std::array<std::int64_t, size> at;
        std::array<bool, size> counts;
        std::array<const T*, In> from; ///< the inputs of its steps: in memory, or copied below
        alignas(64) std::array<std::array<T, size>, In> in;
        alignas(64) std::array<std::array<T, size>, Heads> head;
        std::array<T*, Out> to; ///< the outputs of its steps: in memory, or copied below
        alignas(64) std::array<std::array<T, size>, Out> out;
    };

    row start(std::int64_t s) const {
        row r{.s = s, .begin = of_.call.begin(s), .left = of_.call.length(s), .mask = of_.call.mask(s)};
        r.time = of_.how == gaps::ignore ? r.left : past_last_counted(r.mask);
        r.value = of_.each.edge ? *of_.each.edge.row(s, 0) : T(0);
        return r;
    }

    /// Does the last of the steps that are left, at most a block.
    RLHF_NOINLINE void block(row& r, std::int64_t most) const {
        const std::int64_t n = (std::min)(r.left, most);
        r.left -= n;
        gathered g;
        choose(r, n, g);
        for (std::size_t k = 0; k < In; ++k) gather(r, k, g);
        for (std::size_t o = 0; o < Out; ++o) {
            const stream<T>& to = of_.out[o].to;
            g.to[o] = to && fills_registers(g, to.step) ? to.row(r.s, r.begin) + r.left : g.out[o].data();
        }
        if (g.n > 0) compute(r, g);
        for (std::size_t o = 0; o < Out; ++o)
            if (g.to[o] == g.out[o].data()) scatter(r, n, of_.out[o], g.out[o], g);
    }

    /// Finds the steps that advance time among the next n steps.
    void choose(const row& r, std::int64_t n, gathered& g) const {
        const std::int64_t end = (std::min)(r.left + n, r.time);
        if (end == r.left + n && end <= r.mask.length && count_counted(r.mask.from(r.left, n)) == n) {
            for (g.n = 0; g.n < n; ++g.n) g.at[static_cast<std::size_t>(g.n)] = r.left + g.n;
            return g.counts.fill(true);
        }
        for (std::int64_t t = r.left; t < end; ++t) {
            const bool counts = t < r.mask.length && r.mask[t];
            if (!counts && of_.how == gaps::skip) continue;
            const auto i = static_cast<std::size_t>(g.n++);
            g.at[i] = t, g.counts[i] = counts;
        }
        g.all = false;
    }
    /// n rounded up to whole registers.
    static constexpr std::int64_t in_registers(std::int64_t n) { return (n + L::width - 1) / L::width * L::width; }

    /// True if the steps lie side by side in whole registers. They are then read and written in place.
    [[nodiscard]] static bool fills_registers(const gathered& g, std::int64_t step) {
        return g.all && step == 1 && g.n % L::width == 0;
    }

    [[nodiscard]] bool reads(const gathered& g, std::size_t i) const { return g.counts[i] || of_.how == gaps::ignore; }

    /// Input k, in place or copied. It is 0 if it is absent or masked, and after the last step.
    void gather(const row& r, std::size_t k, gathered& g) const {
        auto& to = g.in[k];
        const auto n = static_cast<std::size_t>(g.n);
        g.from[k] = to.data();
        if (!of_.in[k]) return void(std::fill(to.begin(), to.begin() + in_registers(g.n), T(0)));
        const std::int64_t step = of_.in[k].step;
        const T* from = of_.in[k].row(r.s, r.begin);
        if (fills_registers(g, step)) return void(g.from[k] = from + r.left);
        std::fill(to.begin() + g.n, to.begin() + in_registers(g.n), T(0));
        if (g.all && step == 1) return void(std::copy_n(from + r.left, n, to.begin()));
        if (g.all)
            for (std::size_t i = 0; i < n; ++i, from += step) to[i] = from[r.left * step];
        else
            for (std::size_t i = 0; i < n; ++i) to[i] = reads(g, i) ? from[g.at[i] * step] : T(0);
    }
    [[nodiscard]] bool set(const stream<const std::uint8_t>& flag, const row& r, const gathered& g,
                           std::size_t i) const {
        return flag && reads(g, i) && *(flag.row(r.s, r.begin) + g.at[i] * flag.step) != 0;
    }

    /// Sets input `next` if it is absent or not read.
    void set_next(const row& r, gathered& g) const {
        const auto n = static_cast<std::size_t>(g.n);
        const bool given = static_cast<bool>(of_.in[Kernel::next]);
        const T* const value = g.from[Kernel::value];
        auto& next = g.in[Kernel::next];
        if (given && g.from[Kernel::next] != next.data()) std::copy_n(g.from[Kernel::next], n, next.begin());
        g.from[Kernel::next] = next.data();
        for (std::size_t i = 0; i < n; ++i)
            if (!given || !reads(g, i)) next[i] = i + 1 < n ? value[i + 1] : r.value;
        if (of_.flags.terminated)
            for (std::size_t i = 0; i < n; ++i)
                if (set(of_.flags.terminated, r, g, i)) next[i] = T(0);
    }

    void compute(row& r, gathered& g) const {
        constexpr std::int64_t width = L::width;
        const bool follows = !of_.flags.terminated && !of_.in[Kernel::next] && g.n % width == 0;
        if (!follows) set_next(r, g);
        const T* const value = g.from[Kernel::value];
        const T first_value = *value;
        V after(r.value); // its first lane belongs to the step after these
        for (std::int64_t i = in_registers(g.n) - width; i >= 0; i -= width) {
            std::array<V, In> x;
            for (std::size_t k = 0; k < In; ++k) x[k] = L::load(g.from[k] + i);
            if (follows) x[Kernel::next] = L::template shift_down<1>(x[Kernel::value], after);
            after = x[Kernel::value];
            const std::array<V, Heads> y = of_.kernel.head(x);
            for (std::size_t h = 0; h < Heads; ++h) L::store(&g.head[h][static_cast<std::size_t>(i)], y[h]);
        }
        of_.flags.any() ? chain<true>(r, g) : chain<false>(r, g);
        r.value = first_value;
    }

    /// The chain over the steps and finish(), from the last step to the first, a register at a time.
    template <bool Flagged>
    RLHF_FORMULA void chain(row& r, gathered& g) const {
        constexpr std::int64_t width = L::width;
        number sum = r.sum;
        V before(r.sum); // its first lane is S of the step after these
        for (std::int64_t i = in_registers(g.n) - width; i >= 0; i -= width) {
            const auto at = static_cast<std::size_t>(i);
            V s, after;
            if (!Flagged && i + width <= g.n) {
                s = chained(&g.head[0][at], &g.head[1][at], sum);
                after = L::template shift_down<1>(s, before);
            } else {
                alignas(64) std::array<T, static_cast<std::size_t>(width)> sums{}, afters{};
                for (auto k = static_cast<std::size_t>((std::min)(width, g.n - i)); k-- > 0;) {
                    const bool cut =
                        Flagged && (set(of_.flags.terminated, r, g, at + k) || set(of_.flags.truncated, r, g, at + k));
                    const number carried = cut ? number(T(0)) : sum;
                    sum = Kernel::joined(number(g.head[0][at + k]), number(g.head[1][at + k]), carried);
                    sums[k] = T(sum), afters[k] = T(carried);
                }
                s = L::load(sums.data()), after = L::load(afters.data());
            }
            before = s;
            std::array<V, Heads> h;
            for (std::size_t k = 0; k < Heads; ++k) h[k] = L::load(&g.head[k][at]);
            const std::array<V, Out> y = of_.kernel.finish(h, L::load(g.from[Kernel::value] + i), s, after);
            for (std::size_t o = 0; o < Out; ++o) L::store(g.to[o] + i, y[o]);
        }
        r.sum = T(sum);
    }
    /// S of a register of steps. They are not stored one by one and loaded as one, because a processor would wait.
    static RLHF_FORMULA V chained(const T* error, const T* factor, number& sum) {
        return [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
            constexpr std::size_t top = sizeof...(K) - 1;
            std::array<T, sizeof...(K)> s;
            ((sum = Kernel::joined(number(error[top - K]), number(factor[top - K]), sum), s[top - K] = T(sum)), ...);
            return L::of(s[K]...);
        }
        (std::make_index_sequence<static_cast<std::size_t>(L::width)>());
    }

    /// Writes the counted steps of a block of n steps, and +0 elsewhere.
    void scatter(const row& r, std::int64_t n, const target<T>& out, const std::array<T, size>& y,
                 const gathered& g) const {
        if (!out) return;
        T* const to = out.to.row(r.s, r.begin);
        const std::int64_t step = out.to.step;
        if (g.all && step == 1) return void(std::copy_n(y.begin(), n, to + r.left));
        for (std::int64_t t = r.left; t < r.left + n && !g.all; ++t) to[t * step] = T(0);
        for (std::size_t i = 0; i < static_cast<std::size_t>(g.n); ++i)
            if (g.counts[i]) to[g.at[i] * step] = y[i];
    }

    const recurrence<T, Kernel>& of_;
};

} // namespace RLHF_NAMESPACE::detail
