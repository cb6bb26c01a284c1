// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/highest_bits.hpp>
#include <rlhf/engine/softmax/softmax_accumulators.hpp>

#include <algorithm>
#include <concepts>

namespace RLHF_NAMESPACE::detail {

/// How the entries of a row of logits come into registers. C is the type of the computation, float or double.
///
/// There are 16 float (8 double) lanes for every width of a register, counted from the first entry of the row: lane i
/// holds the entries i, i + 16, … For bfloat16, which comes in pairs, lane i holds the pairs i, i + 16, … Within a lane
/// eight entries are added in pairs, and these sums in double. The entries after the last whole group are copied and
/// filled up with −inf. So no bit depends on the memory around a row.
template <class C, class Arch>
struct row_entries {
    using L = lanes<C, Arch>;
    using V = typename L::type;
    static constexpr std::int64_t block = sum_lanes<C>, group = 8 * block, half = group / 2;
    static constexpr auto registers = static_cast<std::size_t>(block / L::width);
    static constexpr C infinity = std::numeric_limits<C>::infinity();
    template <class E>
    static constexpr bool is_bfloat16 = std::same_as<std::remove_const_t<E>, bfloat16>;

    template <class E, std::int64_t N = group>
    struct alignas(64) room : std::array<E, static_cast<std::size_t>(N)> {};

    /// The last n entries of a row, filled up with −inf to N entries.
    template <std::int64_t N = group, class E>
    static room<std::remove_const_t<E>, N> filled(const E* z, std::int64_t n) {
        room<std::remove_const_t<E>, N> r;
        std::fill(std::copy(z, z + n, r.begin()), r.end(), static_cast<E>(-infinity));
        return r;
    }

    /// N registers of consecutive entries; pairs of bfloat16 are taken apart.
    template <std::size_t N, class E, bool Interleaved = is_bfloat16<E>>
    RLHF_FORMULA static std::array<V, N> load(const E* z) {
        std::array<V, N> x;
        unrolled<N / 2>([&](std::size_t k) RLHF_INLINE {
            const E* const two = z + static_cast<std::int64_t>(2 * k) * L::width;
            if constexpr (Interleaved) {
                const auto [even, odd] = L::load_interleaved(two);
                x[2 * k] = even, x[2 * k + 1] = odd;
            } else {
                x[2 * k] = L::load(two), x[2 * k + 1] = L::load(two + L::width);
            }
        });
        return x;
    }

    /// The entries of half a group that lie in the lanes of its r-th register.
    using four = std::array<V, 4>;
    template <class E>
    RLHF_FORMULA static four column(const E* z, std::size_t r) {
        const std::int64_t from = static_cast<std::int64_t>(r) * L::width;
        four x;
        unrolled<2>([&](std::size_t k) RLHF_INLINE {
            const E* const two = z + static_cast<std::int64_t>(2 * k) * block;
            if constexpr (is_bfloat16<E>) {
                const auto [even, odd] = L::load_interleaved(two + 2 * from);
                x[2 * k] = even, x[2 * k + 1] = odd;
            } else {
                x[2 * k] = L::load(two + from), x[2 * k + 1] = L::load(two + block + from);
            }
        });
        return x;
    }

    /// The largest of some entries. NaN is skipped here, and found by the sums.
    template <class E>
    RLHF_NOINLINE static C largest(const E* z, std::int64_t n_groups) {
        std::array<V, 4> most;
        most.fill(V(-infinity));
        for (std::int64_t v = 0; v < n_groups * group; v += 4 * L::width) {
            const auto x = load<4>(z + v);
            unrolled<4>([&](std::size_t k) RLHF_INLINE { most[k] = larger(x[k], most[k]); });
        }
        return L::largest(larger(larger(most[0], most[1]), larger(most[2], most[3])));
    }

    /// The largest and the smallest of some entries. The smallest is −∞ if it is not wanted, or if an entry is NaN.
    struct range {
        C largest, least;
    };
    /// The same by the entries' bits, without conversion (highest_bits.hpp).
    template <class E>
    static range range_of(const E* z, std::int64_t n_groups) {
        if constexpr (!softmax_exp<C, Arch>::asks_for_least) {
            return {largest(z, n_groups), -infinity};
        } else {
            const auto bits = highest_bits_of<Arch>(z, n_groups * group);
            const C top = static_cast<C>(bits.as_signed), bottom = static_cast<C>(bits.as_unsigned);
            const bool numbers = top == top && bottom == bottom;
            return {top >= 0 ? top : largest(z, n_groups), !numbers ? -infinity : bottom < 0 ? bottom : C(0)};
        }
    }

    /// Four registers, added in pairs.
    RLHF_FORMULA static V sum(const four& x) { return (x[0] + x[1]) + (x[2] + x[3]); }
    /// Σ x y
    RLHF_FORMULA static V sum(const four& x, const four& y) {
        return fma(x[1], y[1], x[0] * y[0]) + fma(x[3], y[3], x[2] * y[2]);
    }

    /// Σ z of a whole row.
    template <class E>
    RLHF_NOINLINE static double sum_of_row(const E* z, std::int64_t vocab) {
        softmax_accumulators<C> s;
        softmax_lanes<C, Arch> total(s.others);
        const std::int64_t whole = vocab - vocab % group;
        for (std::int64_t g = 0; g < whole; g += group) {
            by_turns<registers>(
                [&](std::size_t r) RLHF_INLINE { total.add(r, sum(column(z + g, r)) + sum(column(z + g + half, r))); });
            total.widen();
        }
        double rest = 0;
        for (std::int64_t v = whole; v < vocab; ++v) rest += static_cast<double>(static_cast<C>(z[v]));
        return softmax_accumulators<C>::tree(s.others) + rest;
    }
};

} // namespace RLHF_NAMESPACE::detail
