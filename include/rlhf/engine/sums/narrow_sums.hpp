// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sums/exact_sum.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace RLHF_NAMESPACE::detail {

/// N running sums of numbers of usual size, 0 or 2⁻²⁰ ≤ |x| < 2³¹: the fast path of exact_sum (DESIGN.md, D2). The sums
/// are integers in units of 2⁻²⁰ and 2⁻⁷², which registers add exactly; exact_sum needs some twenty instructions per
/// term. They are unsigned, so that a sum that is never read may overflow. The functions are not inlined, because
/// g++ 12 would unroll their loops before it vectorises them.
template <std::size_t N>
class narrow_sums {
public:
    static constexpr int capacity = 64; ///< calls of add, with up to 16 terms per sum, before flush

    /// Adds the i-th term of each row to the i-th sum. If one of these is not of usual size, all are added to an
    /// exact_sum instead, and set to 0: each_sum(f) calls f(i, sum) for each exact_sum. Sums without an exact_sum are
    /// never read.
    template <std::size_t Rows, class Each>
    RLHF_NOINLINE void add_rows(std::array<std::array<double, N>, Rows>& rows, Each&& each_sum) {
        std::array<std::uint64_t, N> unusual;
        std::uint64_t any = 0;
        for (std::size_t i = 0; i < N; ++i) { // a lane per sum
            std::uint64_t in_column = 0;
            RLHF_ROLLED for (std::size_t k = 0; k < Rows; ++k) in_column |= unusual_size(rows[k][i]);
            unusual[i] = in_column, any |= in_column;
        }
        if (any != 0)
            each_sum([&](std::size_t i, exact_sum& sum) {
                for (auto& x : rows)
                    if (unusual[i] != 0) sum.add(x[i]), x[i] = 0;
            });
        for (std::size_t i = 0; i < N; ++i) { // a lane per sum
            std::uint64_t high = 0, low = 0;
            RLHF_ROLLED for (std::size_t k = 0; k < Rows; ++k) add(rows[k][i], high, low);
            high_[i] += high, low_[i] += low;
        }
    }
    /// Adds all terms to the i-th sum. If one term is not of usual size, adds nothing and returns false.
    template <std::size_t M>
    RLHF_NOINLINE bool add(std::size_t i, const std::array<double, M>& x) {
        if (!all_usual(x)) return false;
        std::uint64_t high = 0, low = 0;
        for (const double v : x) add(v, high, low);
        high_[i] += high, low_[i] += low;
        return true;
    }
    /// Moves the i-th sum to an exact_sum, and starts again at 0.
    void flush(std::size_t i, exact_sum& to) {
        to.add(static_cast<std::int64_t>(high_[i]), exact_sum::one - 20);
        to.add(static_cast<std::int64_t>(low_[i]), exact_sum::one - 72);
        high_[i] = low_[i] = 0;
    }

    /// True if all of these are of usual size.
    static RLHF_NOINLINE bool usual(std::span<const double> x) { return all_usual(x); }
    /// Adds terms, all of usual size, to the i-th sum: up to capacity · 16 before flush.
    RLHF_NOINLINE void add_usual(std::size_t i, std::span<const double> x) {
        std::uint64_t high = 0, low = 0;
        for (const double v : x) add(v, high, low);
        high_[i] += high, low_[i] += low;
    }

private:
    template <class Numbers>
    static bool all_usual(const Numbers& x) {
        std::uint64_t unusual = 0;
        for (const double v : x) unusual |= unusual_size(v);
        return unusual == 0;
    }
    /// 0 if x is of usual size, otherwise not 0; without a branch.
    static std::uint64_t unusual_size(double x) {
        constexpr auto smallest = std::bit_cast<std::uint64_t>(0x1p-20), end = std::bit_cast<std::uint64_t>(0x1p31);
        const std::uint64_t size = std::bit_cast<std::uint64_t>(x) & ~(std::uint64_t(1) << 63);
        return size - smallest >= end - smallest ? size : 0;
    }
    /// Splits x into whole units of 2⁻²⁰ and a rest. The sum of a number and 1.5 · 2⁵² has the whole number in its last
    /// bits. Not every instruction set converts doubles to integers, but all of them add.
    static void add(double x, std::uint64_t& high, std::uint64_t& low) {
        const double scaled = x * 0x1p20, whole = scaled + magic, rest = scaled - (whole - magic);
        high += last_bits(whole), low += last_bits(rest * 0x1p52 + magic);
    }
    static constexpr double magic = 0x1.8p52;
    static std::uint64_t last_bits(double sum) {
        return std::bit_cast<std::uint64_t>(sum) - std::bit_cast<std::uint64_t>(magic);
    }

    std::array<std::uint64_t, N> high_ = {}, low_ = {};
};

} // namespace RLHF_NAMESPACE::detail
