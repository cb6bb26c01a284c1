// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/call.hpp>
#include <rlhf/detail/lanes.hpp>

#include <algorithm>

namespace rlhf::inline RLHF_ABI::detail {

/// An input of a recurrence, and what stands for it beyond the step at which a row's recurrence begins: [B], or 0.
template <class T>
struct row_input {
    stream<const T> in, edge = {};
};
template <class T, std::size_t In>
using row_inputs = std::array<row_input<T>, In>;
template <class T, std::size_t Out>
using row_targets = std::array<target<T>, Out>;

/// Where a row is several episodes.
struct row_flags {
    stream<const std::uint8_t> terminated = {}, truncated = {};
};

template <class T>
void add_or_write(const target<T>& o, T* to, T value) {
    const T scaled = static_cast<T>(o.scale) * value;
    *to = o.add ? *to + scaled : scaled;
}

/// What a kernel sees of the steps in its lanes; `after` is the step that the recurrence was at before: the next one
/// in time, or the previous one if it runs forwards.
template <class V, std::size_t In>
struct row_steps {
    std::array<V, In> here, after;
    mask_of<V> terminated = {}, terminated_after = {};
    mask_of<V> unread = {}, unread_after = {}; ///< masked steps that are time: their inputs are 0
};

/// One bit a step.
struct step_flags {
    std::uint64_t terminated = 0, cut = 0, unread = 0;
};

/// Where a row's recurrence is: the register of steps it was at last, and the sum that it carries on, in every lane.
template <class V, std::size_t In>
struct row_state {
    std::array<V, In> after;
    step_flags flags; ///< of the last step
    V sum;            ///< S
    V alone;          ///< S as if the chunk were the row's first
    bool cut = false; ///< nothing from before the chunk comes through
};

/// The recurrence S = x + f S′ over groups of whole registers of consecutive steps, from the last in memory to the first or, for
/// a kernel that runs forwards, from the first to the last.
///
/// A register is summed in itself, by steps of 1, 2, 4, … lanes and the powers of f; only then comes what is carried:
/// S = x + fᵏ S′, k steps away. From register to register the chain is one multiply-add. After a cut nothing follows:
/// the sums that would reach across it are left out by masks.
///
/// Dense rows are read where they lie and all others from a tile, by this one function, so that their bits agree.
template <class T, class Arch, class Kernel>
class row_scan {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = lanes<T, Arch>;
    using V = typename L::type;
    static constexpr int width = L::width, end_lane = Kernel::forward ? width - 1 : 0;
    static constexpr auto doublings = static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(width)));
    /// Side by side, so that one waits for the other; half of those that there are hold what they need.
    static constexpr std::size_t registers = width * sizeof(T) == 64 ? 4 : 2;
    static constexpr int offset = 16; ///< of the lanes' bits in a word, so that shifts bring ones
    static constexpr std::uint64_t all = ~std::uint64_t(0);
    static_assert(width <= offset);

public:
    using state = row_state<V, In>;
    static constexpr std::int64_t group = static_cast<std::int64_t>(registers) * width; ///< a span consists of as many
    /// Where memory is fetched to be written: 2 KiB on. Without, stores that are not aligned wait twice as long.
    static constexpr std::int64_t ahead = (Kernel::forward ? 2048 : -2048) / static_cast<std::int64_t>(sizeof(T));

    /// Steps side by side in memory, whose last group may lie elsewhere.
    struct span {
        std::array<const T*, In> in = {}, last_in = {};
        std::array<T*, Out> out = {}, last_out = {}; ///< null: not wanted
        std::int64_t groups = 0;
        const step_flags* flags = nullptr; ///< 64 steps each
        T* sums = nullptr;                 ///< S of the last group; null: not wanted
        /// One byte a step, the last group's elsewhere, too: what does not count is read as 0, or written as 0, or both.
        const std::uint8_t *mask = nullptr, *last_mask = nullptr;
        bool clears_in = false, clears_out = false;
    };

    explicit row_scan(const Kernel& kernel) : kernel_(kernel) {
        double p = 1;
        for (std::size_t n = 0; n < power_.size(); ++n) {
            p *= static_cast<double>(kernel.factor);
            power_[n] = positive(p);
            carry_[Kernel::forward ? n : power_.size() - 1 - n] = power_[n];
        }
    }

    void operator()(const span& of, state& at) const {
        of.mask != nullptr ? sweep<true>(of, at) : sweep<false>(of, at);
    }

    /// The carry into the next chunk, from what the chunk gives alone and the carry into it: so computed always, chunks
    /// may be summed at the same time.
    RLHF_NOINLINE void next_chunk(state& s, const V& before, std::int64_t steps) const {
        const double factor = static_cast<double>(kernel_.factor);
        const bool through = !s.cut && factor != 0;
        s.sum = through ? L::fma(V(positive(std::pow(factor, static_cast<double>(steps)))), before, s.alone) : s.alone;
        s.alone = V(T(0)), s.cut = false;
    }

private:
    template <bool Masked>
    RLHF_NOINLINE void sweep(const span& of, state& at) const {
        const span here = of; // copies: what is written may lie anywhere
        const Kernel kernel = kernel_;
        const factors f(*this);
        using lane::select;
        state s = at;
        [[maybe_unused]] const auto in_all = L::where(here.clears_in ? 0 : all),
                                    out_all = L::where(here.clears_out ? 0 : all);
        for (std::int64_t b = 0; b < here.groups; ++b) {
            const bool last = b + 1 == here.groups;
            const std::int64_t from = (Kernel::forward ? b : here.groups - 1 - b) * group;
            std::array<const T*, In> in;
            std::array<T*, Out> out;
            for (std::size_t k = 0; k < In; ++k) in[k] = last ? here.last_in[k] : here.in[k] + from;
            [[maybe_unused]] const std::uint8_t* mask = last ? here.last_mask : here.mask + from;
            for (std::size_t o = 0; o < Out; ++o) out[o] = last ? here.last_out[o] : here.out[o] + from;
            std::array<row_steps<V, In>, registers> x;
            std::array<V, registers> v, sums, before;
            std::array<std::uint64_t, registers> open;
            each([&](auto r) RLHF_INLINE {
                for (std::size_t k = 0; k < In; ++k) {
                    x[r].here[k] = L::load(in[k] + lane_of(r));
                    if constexpr (Masked)
                        x[r].here[k] = select(L::counted(mask + lane_of(r)) || in_all, x[r].here[k], V(T(0)));
                    x[r].after[k] = behind(x[r].here[k], s.after[k]);
                    s.after[k] = x[r].here[k];
                }
                open[r] = Kernel::flags ? flag(here.flags, from + lane_of(r), x[r], s) : all;
                v[r] = kernel.head(x[r]);
            });
            if (f.recur) inside(v, open, f);
            each([&](auto r) RLHF_INLINE {
                const V end = L::template broadcast<end_lane>(v[r]);
                const bool through = f.recur && (!Kernel::flags || (open[r] >> (offset + end_lane) & 1) != 0);
                s.cut = s.cut || !through;
                before[r] = s.sum;
                sums[r] = f.recur ? follow(open[r], f.carry, s.sum, v[r]) : v[r];
                s.sum = through ? L::fma(f.whole, s.sum, end) : end;
                s.alone = through ? L::fma(f.whole, s.alone, end) : end;
            });
            each([&](auto r) RLHF_INLINE {
                auto y = kernel.finish(x[r], sums[r], behind(sums[r], before[r]));
                if constexpr (Masked)
                    for (V& e : y) e = select(L::counted(mask + lane_of(r)) || out_all, e, V(T(0)));
                for (std::size_t o = 0; o < Out; ++o)
                    if (here.out[o] != nullptr) {
                        L::store(out[o] + lane_of(r), y[o]);
                        prefetch_to_write(out[o] + lane_of(r) + ahead);
                    }
                if (Kernel::forward && here.sums != nullptr) L::store(here.sums + lane_of(r), sums[r]);
            });
        }
        at = s;
    }

    struct factors {
        explicit factors(const row_scan& s)
            : recur(s.kernel_.factor != T(0)), carry(L::load(s.carry_.data())), whole(s.power_.back()) {
            for (std::size_t j = 0; j < doublings; ++j) power[j] = V(s.power_[(std::size_t(1) << j) - 1]);
        }
        bool recur; ///< else nothing follows, not even 0 times infinity
        V carry, whole;
        std::array<V, doublings> power;
    };

    /// A power of f, which does not underflow to 0: infinite data stays infinite.
    static T positive(double power) { return std::max(static_cast<T>(power), std::numeric_limits<T>::min()); }

    /// The elements that the recurrence was at before.
    RLHF_FORMULA static V behind(const V& v, const V& before) {
        if constexpr (Kernel::forward)
            return L::template shift_up<1>(v, before);
        else
            return L::template shift_down<1>(v, before);
    }
    /// `open` has, from bit `offset` on, the lanes that are not cut.
    RLHF_FORMULA static V follow(std::uint64_t open, const V& factor, const V& sum, const V& v) {
        if constexpr (Kernel::flags)
            return L::fma_where(L::where(open >> offset), factor, sum, v);
        else
            return L::fma(factor, sum, v);
    }
    /// The sums inside each register: of 2, 4, 8, … steps.
    template <std::size_t J = 0>
    RLHF_FORMULA static void inside(std::array<V, registers>& v, std::array<std::uint64_t, registers>& open,
                                    const factors& f) {
        if constexpr (J < doublings) {
            constexpr int steps = 1 << J;
            const V zero(T(0));
            each([&](auto r) RLHF_INLINE {
                if constexpr (Kernel::forward)
                    v[r] = follow(open[r], f.power[J], L::template shift_up<steps>(v[r], zero), v[r]);
                else
                    v[r] = follow(open[r], f.power[J], L::template shift_down<steps>(v[r], zero), v[r]);
                open[r] &= Kernel::forward ? open[r] << steps : open[r] >> steps;
            });
            inside<J + 1>(v, open, f);
        }
    }
    template <class F>
    RLHF_FORMULA static void each(F&& f) {
        [&]<std::size_t... R>(std::index_sequence<R...>) RLHF_INLINE { (f(index<R>()), ...); }
        (std::make_index_sequence<registers>());
    }
    template <std::size_t R>
    using index = std::integral_constant<std::size_t, R>;
    /// Where register r of a group lies, in the order of the recurrence.
    static constexpr std::int64_t lane_of(std::size_t r) {
        return static_cast<std::int64_t>(Kernel::forward ? r : registers - 1 - r) * width;
    }
    /// Flags of a register; returns where it is not cut.
    RLHF_FORMULA static std::uint64_t flag(const step_flags* flags, std::int64_t i, row_steps<V, In>& x, state& s) {
        const step_flags& of = flags[i / 64];
        const auto bits = [&](std::uint64_t all_bits, std::uint64_t& before, std::uint64_t& after) {
            const std::uint64_t here = all_bits >> (i % 64) & low_bits(width);
            after = Kernel::forward ? (here << 1 | before) & low_bits(width) : here >> 1 | before << (width - 1);
            before = here >> end_lane & 1;
            return here;
        };
        std::uint64_t terminated_after, cut_after, unread_after;
        x.terminated = L::where(bits(of.terminated, s.flags.terminated, terminated_after));
        x.terminated_after = L::where(terminated_after);
        x.unread = L::where(bits(of.unread, s.flags.unread, unread_after));
        x.unread_after = L::where(unread_after);
        const std::uint64_t cut = bits(of.cut, s.flags.cut, cut_after);
        return ~((Kernel::forward ? cut_after : cut) << offset);
    }

    const Kernel& kernel_;
    std::array<T, static_cast<std::size_t>(width)> power_;             ///< f, f², …
    alignas(64) std::array<T, static_cast<std::size_t>(width)> carry_; ///< the same, by lanes
};

} // namespace rlhf::inline RLHF_ABI::detail
