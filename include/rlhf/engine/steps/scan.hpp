// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/groups.hpp>
#include <rlhf/engine/steps/factor_powers.hpp>
#include <rlhf/engine/steps/recurrence.hpp>

namespace RLHF_NAMESPACE::detail {

/// The state of a sequence's recurrence after a register of steps. Carried numbers are in every lane.
template <class V, std::size_t In>
struct scan_state {
    /// The inputs of that register. The most recent step is in the lane nearest to the next register: the last lane if
    /// the recurrence runs forwards, else the first.
    std::array<V, In> after;
    std::uint64_t terminated = 0, cut = 0, unread = 0; ///< 1 if the most recent step has the flag
    V sum;                                             ///< S
    V last;                                            ///< S of each step of the register
    V alone;                                           ///< S with 0 carried into the chunk
    bool carries = false;                              ///< false: `alone` is S, or is not read
    bool through = true;                               ///< true if S contains the carry into the chunk
    std::int64_t counted = 0;                          ///< steps of the chunk that advance time
};

/// The recurrence S = x + f S′ over registers of consecutive steps, from the last in memory to the first or, for a
/// kernel that runs forwards, from the first to the last.
///
/// First each group of 8 floats or 4 doubles is summed in itself, by distances of 1, 2 and 4 lanes with the powers of
/// f. Then the carry from k steps away is added, S = x + fᵏ S′. From group to group the chain is one multiply-add, so
/// that a processor can work on several registers. Steps that do not advance time are removed from their group
/// (compress), the scan runs over the rest, and results are scattered back (expand). Masks leave out the sums that
/// would reach across a cut (DESIGN.md, D20).
template <class T, class Arch, class Kernel>
class step_scan {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = group_lanes<T, Arch>;
    using V = typename L::type;
    static constexpr int width = L::width, group = L::group, groups = L::groups;
    static constexpr auto doublings = static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(group)));
    static constexpr std::uint64_t all = ~std::uint64_t(0);
    /// The i-th group that the recurrence reaches, and the lane of a group that it reaches last.
    static constexpr int nth(int i) { return Kernel::forward ? i : groups - 1 - i; }
    static constexpr int end_lane(int g) { return g * group + (Kernel::forward ? group - 1 : 0); }
    static constexpr int last_lane = end_lane(nth(groups - 1));

public:
    using state = scan_state<V, In>;
    using arrays = scan_arrays<T, In, Out>;
    /// How far ahead memory is fetched for writing: 2 KiB. Without this, unaligned stores take twice as long.
    static constexpr std::int64_t ahead = (Kernel::forward ? 2048 : -2048) / static_cast<std::int64_t>(sizeof(T));

    step_scan(const Kernel& kernel, T factor, gaps how, bool flagged)
        : kernel_(kernel), factor_(factor), gaps_(how), flagged_(flagged || factor == T(0)), powers_(factor) {}

    /// Scans whole registers of steps.
    RLHF_NOINLINE void operator()(const arrays& row, const scan_range& part, state& at) const {
        if (flagged_)
            part.mask == nullptr ? sweep<sweep_of::all_flagged>(row, part, at)
                                 : sweep<sweep_of::flagged>(row, part, at);
        else if (part.mask != nullptr)
            gaps_ == gaps::skip ? sweep<sweep_of::squeezed>(row, part, at) : sweep<sweep_of::covered>(row, part, at);
        else if (at.carries || !row.usual(Kernel::required))
            sweep<sweep_of::all>(row, part, at);
        else
            sweep<sweep_of::usual>(row, part, at);
    }

    /// Computes the carry into the next chunk: carry_out = local + fⁿ · carry_in. n is the number of counted steps in
    /// the chunk, and local is its result with carry_in = 0. The carry is always computed this way, so that chunks may
    /// be summed at the same time (DESIGN.md, D21).
    RLHF_NOINLINE void next_chunk(state& s, const V& before) const {
        const real f = static_cast<double>(factor_), n = static_cast<double>(s.counted);
        const double power = s.counted == 0 ? 1 : double(lane::exp(n * lane::log(f))); // fⁿ
        s.sum = s.through ? fma(V(powers::positive(power)), before, s.alone) : s.alone;
        s.alone = V(T(0)), s.through = s.carries = true, s.counted = 0;
    }

private:
    static constexpr auto size = static_cast<std::size_t>(group);
    using powers = factor_powers<T, static_cast<std::size_t>(width), size, Kernel::forward>;
    enum class gap { none, covered, squeezed };
    /// The kinds of sweeps. Without flags: all steps count, some are squeezed out, or some are covered. With flags: all
    /// steps count, or not all. Usual: all count, the arrays are usual(), and `alone` is not added up. Each has its own
    /// loop with only the code that it needs. One loop for all kinds takes up to twice as long, and a loop for every
    /// pair of gaps and flags takes twice as long to compile (DESIGN.md, D26).
    enum class sweep_of { usual, all, squeezed, covered, all_flagged, flagged };

    /// One function body, so that carried numbers have no address and stay in registers.
    template <sweep_of How>
    // NOLINTNEXTLINE(readability-function-size)
    void sweep(const arrays& row, const scan_range& steps, state& at) const {
        const Kernel kernel = kernel_; // copies: outputs may alias members
        const scan_range part = steps;
        const auto in = row.in;
        const auto out = row.out;
        const std::int64_t registers = part.steps / width;
        const std::uint64_t every = low_bits(width);
        constexpr bool flags_given = How == sweep_of::all_flagged || How == sweep_of::flagged;
        constexpr bool usual = How == sweep_of::usual, all_count = usual || How == sweep_of::all;
        constexpr bool whole_registers = all_count || How == sweep_of::all_flagged;
        constexpr gap in_part = How == sweep_of::squeezed || How == sweep_of::flagged ? gap::squeezed : gap::covered;
        const bool squeezed = How == sweep_of::flagged ? gaps_ == gaps::skip : How == sweep_of::squeezed;
        const V whole(powers_[size]), carry = L::load(powers_.by_lane()), zero(T(0));
        std::array<V, doublings> power;
        for (std::size_t j = 0; j < doublings; ++j) power[j] = V(powers_[std::size_t(1) << j]);
        [[maybe_unused]] const auto in_all = L::where(reads_masked<Kernel>(gaps_) ? all : 0),
                                    out_all = L::where(writes_masked<Kernel>(gaps_) ? all : 0);
        std::array<V, In> after; // copied one by one, or g++ 12 keeps it in memory
        each<In>([&](auto k) RLHF_INLINE { after[k] = at.after[k]; });
        V sum = at.last, carried = at.sum, alone = at.alone;
        bool through = at.through;
        std::int64_t counted = 0;

        // The register from step t on, n steps of which advance time; some may have flags.
        const auto step = [&]<gap G, bool Flagged>(gap_of<G>, std::bool_constant<Flagged>, std::int64_t t,
                                                   std::uint64_t counts, int n, const flag_bits& flags) RLHF_INLINE {
            using lane::select;
            constexpr bool squeezes = G == gap::squeezed;
            [[maybe_unused]] const typename L::packing packed(counts, n);
            [[maybe_unused]] const auto counting = L::where(counts);
            scan_steps<V, In, flags_given> x;
            each<In>([&](auto k) RLHF_INLINE {
                x.given[k] = k < Kernel::required || (!usual && in[k].data != nullptr);
                if (!x.given[k]) return void(x.here[k] = x.after[k] = zero);
                V v = L::load(in[k].at(t));
                if constexpr (G == gap::covered) v = select(counting || in_all, v, zero);
                if constexpr (squeezes) {
                    after[k] = L::template broadcast<last_lane>(after[k]);
                    v = L::compress(counts, v, after[k]);
                }
                x.here[k] = v;
                if constexpr (!Kernel::reads_after(k)) return;
                x.after[k] = behind(v, after[k]);
                after[k] = squeezes && Kernel::forward ? L::broadcast((std::max)(n - 1, 0), v) : v;
            });
            std::uint64_t open = all; // the lanes that are not cut
            if constexpr (Flagged) {
                x.terminated = L::where(flags.terminated), x.terminated_after = L::where(flags.terminated_after);
                x.unread = L::where(flags.unread), x.unread_after = L::where(flags.unread_after);
                open = ~(squeezes ? packed.spread(flags.cut) : flags.cut);
            } else if constexpr (flags_given) {
                x.terminated = x.terminated_after = x.unread = x.unread_after = L::where(0);
            }
            sum = kernel.head(x);
            if constexpr (squeezes) sum = packed.spread(sum);
            V f = carry;
            if constexpr (squeezes && !Kernel::forward) f = carry_down(packed);
            inside<Flagged>(sum, open, power);
            V came = carried;                   // the carry into the first step
            V before = carried, ends = carried; // the carry into and out of each group, in all of its lanes
            each<groups>([&](auto i) RLHF_INLINE {
                constexpr int g = nth(i);
                const auto n_steps = static_cast<std::size_t>(squeezes ? packed.n[g] : group);
                const V f_whole = squeezes ? V(powers_[n_steps]) : whole, end = end_of<squeezes, g>(sum, packed);
                const bool goes_on = (open >> end_lane(g) & 1) != 0 || n_steps == 0;
                before = from_group<g>(before, carried);
                carried = goes_on ? fma(f_whole, carried, end) : end;
                if (!usual) alone = goes_on ? fma(f_whole, alone, end) : end;
                through = through && goes_on;
                ends = from_group<g>(ends, carried);
                if (groups > 1 && i == 0 && n_steps == 0) came = carried; // +0 if it was −0
            });
            sum = follow<Flagged>(open, f, before, sum);
            V previous = sum;
            if constexpr (squeezes && !(groups == 1 && Kernel::forward)) previous = packed.gathered(sum, came);
            const auto y = kernel.finish(x, groups == 1 ? sum : previous, behind(previous, came));
            each<Out>([&](auto o) RLHF_INLINE {
                if (!usual && out[o].data == nullptr) return;
                const V v = squeezes ? L::expand(counts, y[o]) : y[o];
                write<G != gap::none>(out[o].data + t, v, !usual && out[o].add, counting || out_all);
            });
            if constexpr (squeezes) sum = ends;
        };
        for (std::int64_t i = 0; i < registers; ++i) {
            const std::int64_t j = (Kernel::forward ? i : registers - 1 - i) * width, t = part.first + j;
            const std::uint64_t counts = whole_registers ? every : counted_bits<width>(part.mask + j);
            const int n = squeezed ? std::popcount(counts) : width;
            if constexpr (flags_given) {
                const flag_bits f = flag(row, t, counts, n, at);
                if (!f.any() && counts == every)
                    step(gap_of<gap::none>(), std::false_type(), t, every, width, f);
                else if (n < width)
                    // NOLINTNEXTLINE(bugprone-branch-clone): two branches, where registers are squeezed
                    step(gap_of<in_part>(), std::true_type(), t, counts, n, f);
                else
                    step(gap_of<gap::covered>(), std::true_type(), t, counts, n, f);
            } else if (all_count || (squeezed && n == width)) {
                step(gap_of<gap::none>(), std::false_type(), t, every, width, {});
            } else {
                step(gap_of<in_part>(), std::false_type(), t, counts, n, {});
            }
            counted += n;
        }
        each<In>([&](auto k) RLHF_INLINE { at.after[k] = after[k]; });
        at.counted += counted;
        at.sum = carried, at.alone = usual ? carried : alone, at.through = through, at.last = sum;
    }

    template <gap G>
    using gap_of = std::integral_constant<gap, G>;

    /// Flags of a register, one bit per lane, and for each lane the flags of the step that the recurrence came from.
    struct flag_bits {
        std::uint64_t terminated = 0, terminated_after = 0, unread = 0, unread_after = 0;
        std::uint64_t cut = 0; ///< lanes without a carry
        [[nodiscard]] bool any() const { return (terminated | terminated_after | unread | unread_after | cut) != 0; }
    };
    /// The flags of the register from step t on, n steps of which advance time.
    RLHF_FORMULA flag_bits flag(const arrays& row, std::int64_t t, std::uint64_t counts, int n, state& at) const {
        const bool squeezed = gaps_ == gaps::skip;
        const std::uint64_t every = low_bits(width), read = gaps_ == gaps::ignore ? every : counts;
        const auto set = [&](const auto& f) {
            const std::uint64_t bits = f.data == nullptr ? 0 : counted_bits<width>(f.at(t)) & read;
            return n == width ? bits : compress_bits(bits, counts);
        };
        const auto after = [&](std::uint64_t bits, std::uint64_t& last) {
            const std::uint64_t both = Kernel::forward ? bits << 1 | last : bits | last << n;
            last = Kernel::forward ? both >> n & 1 : both & 1;
            return Kernel::forward ? both & every : both >> 1;
        };
        flag_bits f{.terminated = set(row.terminated), .unread = squeezed ? 0 : every & ~read};
        f.terminated_after = after(f.terminated, at.terminated), f.unread_after = after(f.unread, at.unread);
        const std::uint64_t cut = f.terminated | set(row.truncated), cut_after = after(cut, at.cut);
        f.cut = Kernel::forward ? cut_after : cut;
        if (factor_ == T(0)) f.cut = every; // nothing is carried, not even 0 · ∞
        return f;
    }

    template <bool Masked>
    RLHF_FORMULA static void write(T* to, const V& v, bool add, const mask_of<V>& written) {
        using lane::select;
        const V old = add ? L::load(to) : V(T(0)), sum = add ? old + v : v;
        L::store(to, Masked ? select(written, sum, old) : sum);
        prefetch_to_write(to + ahead);
    }
    /// For each lane the element of the step that the recurrence came from.
    RLHF_FORMULA static V behind(const V& v, const V& before) {
        if constexpr (Kernel::forward)
            return L::template shift_up<1>(v, before);
        else
            return L::template shift_down<1>(v, before);
    }
    /// Lanes of `yes` in the G-th group and in the groups that the recurrence reaches later.
    template <int G>
    RLHF_FORMULA static V from_group(const V& no, const V& yes) {
        using lane::select;
        return G == nth(0) ? yes : select(L::where(low_bits(group) << G * group), yes, no);
    }
    /// The step of a group that the recurrence reaches last, in every lane.
    template <bool Squeezes, int G>
    RLHF_FORMULA static V end_of(const V& v, [[maybe_unused]] const typename L::packing& p) {
        if constexpr (Squeezes && Kernel::forward)
            return L::broadcast(G * group + (std::max)(p.n[G] - 1, 0), v);
        else
            return L::template broadcast<end_lane(G)>(v);
    }
    /// The powers for the carry downwards if groups miss steps.
    RLHF_FORMULA V carry_down(const typename L::packing& p) const {
        V f = V(T(0));
        each<groups>([&](auto i)
                         RLHF_INLINE { f = from_group<nth(i)>(f, L::load(powers_.by_lane() + group - p.n[nth(i)])); });
        return f;
    }
    template <bool Flagged>
    RLHF_FORMULA static V follow(std::uint64_t open, const V& factor, const V& sum, const V& v) {
        if constexpr (Flagged)
            return L::fma_where(L::where(open), factor, sum, v);
        else
            return fma(factor, sum, v);
    }
    /// Sums inside the groups, over 2, 4, 8 steps.
    template <bool Flagged, std::size_t J = 0>
    RLHF_FORMULA static void inside(V& v, std::uint64_t& open, const std::array<V, doublings>& power) {
        if constexpr (J < doublings) {
            constexpr int steps = 1 << J;
            constexpr std::uint64_t edge = low_bits(steps) << (Kernel::forward ? 0 : group - steps);
            const V from = Kernel::forward ? L::template up_in_groups<steps>(v) : L::template down_in_groups<steps>(v);
            v = follow<Flagged>(open, power[J], from, v);
            open &= (Kernel::forward ? open << steps : open >> steps) | edge | edge << (width - group);
            inside<Flagged, J + 1>(v, open, power);
        }
    }
    template <std::size_t N, class F>
    RLHF_FORMULA static void each(F&& f) {
        [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
            (f(std::integral_constant<std::size_t, K>()), ...);
        }
        (std::make_index_sequence<N>());
    }

    const Kernel& kernel_;
    T factor_;
    gaps gaps_;
    bool flagged_;
    powers powers_;
};

} // namespace RLHF_NAMESPACE::detail
