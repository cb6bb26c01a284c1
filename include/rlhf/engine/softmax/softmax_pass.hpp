// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/row_entries.hpp>

namespace RLHF_NAMESPACE::detail {

/// The entries of a segment, whose largest entry decides how they are added up (DESIGN.md, D14).
inline constexpr std::int64_t segment_entries = 1024;

/// Reads and writes rows of logits with one temperature. C is the type of the computation, float or double. row_entries
/// says how entries are laid out in lanes and added.
///
/// The largest logit is found segment by segment. If a segment has a larger logit, the sums so far are rescaled, mostly
/// by a power of two (DESIGN.md, D18).
template <class C, class Arch>
class softmax_pass {
    using rows = row_entries<C, Arch>;
    using L = typename rows::L;
    using V = typename rows::V;
    static constexpr std::int64_t group = rows::group;
    static constexpr C infinity = rows::infinity;

public:
    explicit softmax_pass(double temperature) : temperature_(temperature), exp_(temperature) {}

    template <softmax_wanted Want, class E>
    [[nodiscard]] softmax_stats read(const E* z, std::int64_t vocab) const {
        constexpr softmax_wanted sums{.entropy = Want.entropy, .squares = Want.squares}; // Σ z has its own pass
        softmax_accumulators<C> s;
        C largest = -infinity, least = infinity;
        auto origin = exp_.origin(largest);
        std::int64_t refused = 0; // segments that add_below() would not add
        const auto segment = [&](const E* from, std::int64_t n_groups, bool filled_up) {
            const auto [top, bottom] = rows::range_of(from, n_groups);
            if (top > largest) {
                const auto higher = exp_.origin(top);
                if (largest > -infinity)
                    s.rescale(double(largest) - double(top), as_added(origin), lane::exp2(exp_.above(origin, higher)));
                largest = top, origin = higher;
            }
            if (bottom < least && !filled_up) least = bottom;
            origin.normal = exp_.normal_from(bottom, origin);
            refused += top == largest || !origin.normal ? 1 : 0;
            top == largest ? add<sums, true>(from, n_groups, origin, s) : add<sums, false>(from, n_groups, origin, s);
        };
        const std::int64_t whole = vocab - vocab % group;
        for (std::int64_t at = 0; at < whole; at += segment_entries) {
            // −0 would count as below 0. For another largest entry origin.from is 0, so that add_below() sees logits.
            if constexpr (softmax_exp<C, Arch>::asks_for_least)
                if (2 * refused <= at / segment_entries && origin.largest != C(0))
                    at += add_below<sums>(z + at, (whole - at) / segment_entries, origin, s, least) * segment_entries;
            if (at < whole) segment(z + at, (std::min)(segment_entries, whole - at) / group, false);
        }
        if (whole < vocab) {
            const auto rest = rows::filled(z + whole, vocab - whole);
            segment(rest.data(), 1, true);
            const C last = whole > 0 ? rows::range_of(z + vocab - group, 1).least : -infinity;
            if (last < least) least = last;
        }
        if constexpr (Want.logits) s.logits = rows::sum_of_row(z, vocab);
        auto row = s.joined(largest > -infinity ? double(largest) : 0, exp_.of_largest(origin), temperature_);
        row.least = double(least);
        return row;
    }

    /// eˣ of the largest entry of a row, as it would be added: 1, up to rounding.
    [[nodiscard]] double as_added(const softmax_stats& row) const {
        const auto origin = exp_.origin(C(row.shift));
        return as_added(origin) / exp_.of_largest(origin);
    }

    /// The softmax of a row from its log Σ exp(z / temperature), without reading it; without entropy.
    [[nodiscard]] softmax_stats from(double log_sum_exp) const {
        softmax_stats r{.temperature = temperature_};
        if (log_sum_exp > -std::numeric_limits<double>::infinity()) {
            r.shift = double(C(log_sum_exp * temperature_));
            r.log_sum = log_sum_exp - r.shift / temperature_;
            r.sum = lane::exp(r.log_sum);
        } else {
            r.log_sum = log_sum_exp, r.sum = lane::exp(log_sum_exp);
        }
        return r;
    }

    /// d = ∂/∂z, or d += ∂/∂z. It is 0 for a row that was not read, for a row of nothing but −inf, and for the padding,
    /// which ends at width. d may be the logits. The target is −1 if it is not among these entries. past_cache is for a
    /// large d that is not read soon, is not the logits, and is not added to.
    template <class E, class D>
    void write(const E* z, std::int64_t vocab, const softmax_stats& row, const logit_slopes& g, std::int64_t target,
               D* d, std::int64_t width, bool add, bool past_cache = false) const {
        const D zero = static_cast<D>(C(0));
        if (row.impossible()) {
            if (!add) std::fill(d, d + width, zero);
            return;
        }
        const double scale = g.scale / temperature_, everywhere = g.mean_log_prob / static_cast<double>(vocab);
        // ∂/∂z = p (of_p − log_prob − entropy (log p + H)) + everywhere, at the target + log_prob
        const double of_p = g.log_sum_exp - g.mean_log_prob;
        double at_target = 0;
        if (target >= 0) { // before the sweep, which may overwrite the logit
            const real log_p = row.log_prob(static_cast<double>(z[target])), p = lane::exp(double(log_p));
            const real through_entropy = p == 0.0 ? real(0.0) : g.entropy * p * (log_p + row.entropy);
            const real before = add ? double(static_cast<C>(d[target])) : 0;
            at_target = double(before + scale * (p * of_p - g.log_prob * real(lane::expm1(double(log_p))) -
                                                 through_entropy + everywhere));
        }
        auto origin = exp_.origin(C(row.shift));
        origin.normal = exp_.normal_from(C(row.least), origin);
        const double over_sum = scale / (row.sum * exp_.of_largest(origin));
        const slope each{C(double(over_sum * (of_p - g.log_prob - g.entropy * real(row.entropy - row.log_sum)))),
                         C(-over_sum * g.entropy / temperature_), C(scale * everywhere)};
        g.entropy != 0 ? write<true>(z, vocab, origin, each, d, add, past_cache)
                       : write<false>(z, vocab, origin, each, d, add, past_cache);
        if (target >= 0) d[target] = static_cast<D>(static_cast<C>(at_target));
        if (!add) std::fill(d + vocab, d + width, zero);
    }

private:
    using origin_type = softmax_origin<C>;
    /// ∂/∂z = e (constant + linear · temperature x) + everywhere, with e relative to the row's origin.
    struct slope {
        C constant, linear, everywhere;
    };

    /// Linear: true if each.linear is not 0.
    template <bool Linear, class E, class G>
    void write(const E* z, std::int64_t vocab, const origin_type& origin, const slope& each, G* d, bool add,
               bool past_cache) const {
        const auto apart = [&](std::int64_t from, std::int64_t n) { // fewer entries than a group
            if (n == 0) return;
            const auto copy = rows::filled(z + from, n);
            typename rows::template room<G> result;
            if (add) std::copy(d + from, d + from + n, result.data());
            slopes<Linear>(copy.data(), group, origin, each, result.data(), add);
            std::copy_n(result.data(), n, d + from);
        };
        const std::int64_t first = past_cache ? (std::min)(before_line(d), vocab) : 0;
        const std::int64_t whole = (vocab - first) / group * group, last = first + whole;
        apart(0, first);
        past_cache ? slopes<Linear, true>(z + first, whole, origin, each, d + first, false)
                   : slopes<Linear>(z + first, whole, origin, each, d + first, add);
        if (past_cache) end_past_cache();
        apart(last, vocab - last);
    }

    /// The number of entries before the first that begins a cache line of 64 bytes.
    template <class G>
    static std::int64_t before_line(const G* d) {
        return static_cast<std::int64_t>((64 - reinterpret_cast<std::uintptr_t>(d) % 64) % 64 / sizeof(G));
    }

    /// The exponential of the largest entry, by the same instructions as all exponentials.
    double as_added(const origin_type& origin) const {
        std::array<C, static_cast<std::size_t>(L::width)> e;
        L::store(e.data(), exp_(std::array<V, 1>{V(origin.largest)}, origin)[0]);
        return double(e[0]);
    }

    /// Adds a group. First it calls see(d, x, e) with four registers each: d = z − largest, the arguments x of the
    /// exponential, and e, which see() may change.
    template <softmax_wanted Want, class E>
    RLHF_FORMULA static void add_group(const E* z, const softmax_exp<C, Arch>& exp, const origin_type& origin,
                                       softmax_sums<C, Arch, Want>& total, auto&& see) {
        prefetch_pages<group * sizeof(E)>(z);
        by_turns<rows::registers>([&](std::size_t r) RLHF_INLINE {
            std::array<V, 2> others, weighted, squares;
            unrolled<2>([&](std::size_t h) RLHF_INLINE {
                const E* const from = z + static_cast<std::int64_t>(h) * rows::half;
                const auto x = exp.from_origin(rows::column(from, r), origin);
                auto e = exp(x, origin);
                const auto d = exp.below_largest(x, origin);
                see(d, x, e);
                others[h] = rows::sum(e);
                if constexpr (Want.entropy) weighted[h] = rows::sum(e, d);
                if constexpr (Want.squares) squares[h] = rows::sum(e, e);
            });
            total.others.add(r, others[0] + others[1]);
            if constexpr (Want.entropy) total.weighted.add(r, weighted[0] + weighted[1]);
            if constexpr (Want.squares) total.squares.add(r, squares[0] + squares[1]);
        });
    }

    /// Apart: some of these entries are the largest of the row so far, and are counted, not added (DESIGN.md, D15).
    template <softmax_wanted Want, bool Apart, class E>
    RLHF_NOINLINE void add(const E* z, std::int64_t n_groups, const origin_type& of,
                           softmax_accumulators<C>& to) const {
        using lane::select;
        const softmax_exp<C, Arch> exp = exp_;
        const origin_type origin = of;
        softmax_sums<C, Arch, Want> total(to);
        std::int64_t ties = 0;
        for (std::int64_t g = 0; g < n_groups; ++g) {
            add_group(z + g * group, exp, origin, total, [&](const auto&, const auto& x, auto& e) RLHF_INLINE {
                if constexpr (Apart)
                    unrolled<4>([&](std::size_t k) RLHF_INLINE {
                        const auto largest = x[k] == V(origin.largest);
                        e[k] = select(largest, V(C(0)), e[k]), ties += L::count(largest);
                    });
            });
            if (g % 4 == 3 || g + 1 == n_groups) total.widen();
        }
        to.ties += static_cast<double>(ties);
    }

    /// Adds up to n segments without a search, and returns how many. It ends before a segment with an entry that is not
    /// below the largest so far, or whose exponential is not a normal number. The bits of z − largest show both: as
    /// integers, negative numbers are the higher the further they are from 0, and all other numbers and NaN are higher.
    template <softmax_wanted Want, class E>
    RLHF_NOINLINE std::int64_t add_below(const E* z, std::int64_t n, origin_type origin, softmax_accumulators<C>& to,
                                         C& least) const {
        using bits = integers<std::int32_t, Arch>;
        constexpr std::int64_t groups = segment_entries / group, half = groups / 2;
        const softmax_exp<C, Arch> exp = exp_;
        const auto bound = __builtin_bit_cast(std::int32_t, C(exp.lowest_normal(origin) - double(origin.largest)));
        std::int32_t lowest = (std::numeric_limits<std::int32_t>::min)();
        origin.normal = true;
        std::int64_t i = 0;
        for (; i < n; ++i, z += segment_entries) {
            std::array<softmax_sums<C, Arch, Want>, 2> halves{softmax_sums<C, Arch, Want>(to),
                                                              softmax_sums<C, Arch, Want>(to)};
            auto highest = bits::all(lowest);
            for (std::int64_t g = 0; g < groups && (g != half || bits::largest(highest) <= bound); ++g)
                add_group(z + g * group, exp, origin, halves[static_cast<std::size_t>(g / half)],
                          [&](const auto& d, const auto&, auto&) RLHF_INLINE {
                              unrolled<4>([&](std::size_t k)
                                              RLHF_INLINE { highest = bits::larger(bits::of(d[k]), highest); });
                          });
            const std::int32_t found = bits::largest(highest);
            if (found > bound) break;
            lowest = found, halves[0].widen(), halves[1].widen();
        }
        if (i > 0) least = (std::min)(least, origin.largest + __builtin_bit_cast(C, lowest));
        return i;
    }

    template <bool Linear, bool PastCache = false, class E, class G>
    RLHF_NOINLINE void slopes(const E* z, std::int64_t n_entries, const origin_type& of, const slope& each_entry, G* to,
                              bool add) const {
        const softmax_exp<C, Arch> exp = exp_;
        const origin_type origin = of;
        const V constant(each_entry.constant), linear(each_entry.linear), everywhere(each_entry.everywhere);
        constexpr std::size_t n = 4; // registers at once
        constexpr bool interleaved = rows::template is_bfloat16<E> && rows::template is_bfloat16<G>;
        for (std::int64_t at = 0; at < n_entries; at += std::int64_t(n) * L::width) {
            auto x = exp.from_origin(rows::template load<n, E, interleaved>(z + at), origin), s = exp(x, origin);
            if constexpr (Linear) x = exp.below_largest(x, origin);
            unrolled<n>([&](std::size_t k) RLHF_INLINE {
                const V factor = Linear ? fma(linear, x[k], constant) : constant;
                s[k] = fma(s[k], factor, everywhere);
            });
            unrolled<n / 2>([&](std::size_t k) RLHF_INLINE {
                G* const out = to + at + static_cast<std::int64_t>(2 * k) * L::width;
                if constexpr (interleaved) {
                    if (add) {
                        const auto [even, odd] = L::load_interleaved(out);
                        s[2 * k] = even + s[2 * k], s[2 * k + 1] = odd + s[2 * k + 1];
                    }
                    L::template store_interleaved<PastCache>(out, s[2 * k], s[2 * k + 1]);
                } else {
                    const auto to_store = [&](std::size_t i, G* p)
                                              RLHF_INLINE { return add ? L::load(p) + s[i] : s[i]; };
                    L::template store<PastCache>(out, to_store(2 * k, out));
                    L::template store<PastCache>(out + L::width, to_store(2 * k + 1, out + L::width));
                }
            });
        }
    }

    double temperature_;
    softmax_exp<C, Arch> exp_;
};

} // namespace RLHF_NAMESPACE::detail
