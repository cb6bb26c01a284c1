// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane/number.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace RLHF_NAMESPACE::detail {

/// A sum of doubles whose bits do not depend on the order of its terms: a fixed-point number with unit 2⁻¹⁹², in digits
/// of 32 bits held by 64-bit integers, so that adding and merging are integer additions (DESIGN.md, D2). Each term is
/// rounded to the unit once, on its own. Terms of 2¹⁶⁰ and more, ±inf and NaN are counted separately. All members are
/// integers, so ranks may be joined by adding their integers (after normalize()).
class exact_sum {
public:
    static constexpr int one = 192; ///< 1 is 2¹⁹² units

    exact_sum() {
        std::int64_t zero = 0;
        asm("" : "+r"(zero)); // otherwise g++ clears several sums by one `rep stos`, which takes 30 cycles to begin
        digits_.fill(zero);
        above_ = below_ = nan_ = pending_ = zero;
    }
    /// Adds a number to a sum that is 0, and leaves the sum normalized. This is faster than add() and normalize().
    void add_first(double x) {
        const term t(x);
        const std::uint64_t low = t.mantissa << t.shift, high = t.mantissa >> 32 >> (32 - t.shift);
        const std::int64_t sign = t.mantissa != 0 ? t.sign : 0; // −x = ~x + 1 fills the digits above with it
        const std::uint64_t signs = static_cast<std::uint64_t>(sign);
        const std::uint64_t first = (low ^ signs) - signs, last = (high ^ signs) - (low == 0 ? signs : 0);
        for (std::size_t i = 0; i < digits_.size(); ++i) digits_[i] = i > t.digit ? sign & low_mask : 0;
        digits_.back() = sign;
        digits_[t.digit] = static_cast<std::int64_t>(first & low_mask);
        digits_[t.digit + 1] = static_cast<std::int64_t>(first >> 32);
        digits_[t.digit + 2] = static_cast<std::int64_t>(last) & (t.digit + 3 == digits_.size() ? -1 : low_mask);
        if (t.apart) add_apart(x);
    }

    RLHF_NOINLINE void add(double x) {
        const term t(x);
        if (t.apart) return add_apart(x);
        const auto low = static_cast<std::int64_t>(t.mantissa << t.shift & low_mask),
                   high = static_cast<std::int64_t>(t.mantissa >> (32 - t.shift)); // 52 bits
        digits_[t.digit] += (low ^ t.sign) - t.sign;
        digits_[t.digit + 1] += (high ^ t.sign) - t.sign;
        carry_in_time();
    }

    template <std::size_t N>
    void add(const std::array<double, N>& x) {
        for (const double v : x) add(v);
    }
    /// Adds whole · 2^position units, 0 ≤ position < 288.
    RLHF_NOINLINE void add(std::int64_t whole, int position) {
        const auto digit = static_cast<std::size_t>(position >> 5);
        const int shift = position & 31;
        const std::uint64_t low = (static_cast<std::uint64_t>(whole) & low_mask) << shift;
        const auto high = static_cast<std::int64_t>(static_cast<std::uint64_t>(whole >> 32) << shift);
        digits_[digit] += static_cast<std::int64_t>(low & low_mask);
        digits_[digit + 1] += static_cast<std::int64_t>(low >> 32) + (high & low_mask);
        digits_[digit + 2] += high >> 32;
        carry_in_time();
    }

    /// Both sums must be normalized, as every result of the library is.
    RLHF_NOINLINE exact_sum& operator+=(const exact_sum& o) {
        for (std::size_t i = 0; i < digits_.size(); ++i) digits_[i] += o.digits_[i];
        above_ += o.above_, below_ += o.below_, nan_ += o.nan_;
        carry();
        return *this;
    }

    /// Brings digits to 0 … 2³² − 1, the top one signed, so that each number has one representation.
    void normalize() {
        if (pending_ != 0) carry();
    }

    void negate() {
        for (auto& d : digits_) d = -d;
        std::swap(above_, below_);
        carry();
    }

    /// The sum, rounded once (to nearest, ties to even).
    [[nodiscard]] double value() const {
        if (nan_ != 0 || (above_ != 0 && below_ != 0)) return std::numeric_limits<double>::quiet_NaN();
        if (above_ != 0) return std::numeric_limits<double>::infinity();
        if (below_ != 0) return -std::numeric_limits<double>::infinity();
        exact_sum a = *this;
        a.carry();
        const bool negative = a.digits_.back() < 0;
        if (negative) a.negate();
        std::size_t top = a.digits_.size() - 1;
        while (top > 0 && a.digits_[top] == 0) --top;
        if (top < 2) { // fits 64 bits; the conversion rounds
            const auto whole = static_cast<std::uint64_t>(a.digits_[0]) | static_cast<std::uint64_t>(a.digits_[1])
                                                                              << 32;
            return signed_value(whole, -192, negative);
        }
        // 64 leading bits are enough to round once. The last of them is also set if a lower bit is set.
        const auto d = [&](std::size_t i) { return static_cast<std::uint64_t>(a.digits_[i]); };
        const int lead = std::countl_zero(d(top) << 32); // within a 32-bit digit
        std::uint64_t whole = d(top) << (32 + lead) | d(top - 1) << lead;
        std::uint64_t rest = d(top - 2);
        if (lead > 0) whole |= rest >> (32 - lead), rest &= (std::uint64_t(1) << (32 - lead)) - 1;
        for (std::size_t i = 0; i + 2 < top; ++i) rest |= d(i);
        whole |= rest != 0 ? 1U : 0U;
        return signed_value(whole, static_cast<int>(32 * top) - 32 - lead - 192, negative);
    }

    /// A sum with twice the digits.
    struct rounded_twice {
        double value; ///< value()
        double rest;  ///< the rest of the sum, rounded once; 0 from 2¹⁶⁰ on
    };
    [[nodiscard]] rounded_twice value_and_rest() const {
        const double high = value();
        if (!(std::abs(high) < 0x1p160)) return {high, 0}; // larger than any single term
        exact_sum rest = *this;
        rest.add(-high); // exact: a multiple of the unit
        return {high, rest.value()};
    }

    bool operator==(const exact_sum&) const = default;

private:
    static constexpr std::int64_t low_mask = 0xffffffff;
    static constexpr std::int64_t carry_after = 1 << 10; ///< a digit has room for so many terms of 52 bits

    /// A number as ±mantissa · 2^shift in a digit and the following ones.
    struct term {
        std::uint64_t mantissa;
        std::int64_t sign; ///< −1 or 0: (x ^ sign) − sign is ±x
        std::size_t digit;
        int shift;
        bool apart; ///< true: the term is only counted, because its size is 2¹⁶⁰ or more

        explicit term(double x) {
            const auto bits = std::bit_cast<std::uint64_t>(x);
            const int exponent = static_cast<int>((bits >> 52) & 0x7ff);
            apart = exponent >= 1023 + 160;
            int position = exponent - 1075 + one; // the position of the mantissa's last bit, in units
            mantissa = (bits & 0xfffffffffffffU) | (exponent != 0 ? std::uint64_t(1) << 52 : 0);
            if (position < 0) {
                mantissa = position < -53 ? 0 : (mantissa + (std::uint64_t(1) << (-position - 1))) >> -position;
                position = 0;
            }
            if (apart) mantissa = 0, position = 0;
            sign = static_cast<std::int64_t>(bits) >> 63;
            digit = static_cast<std::size_t>(position >> 5), shift = position & 31;
        }
    };

    void carry() {
        for (std::size_t i = 0; i + 1 < digits_.size(); ++i) {
            digits_[i + 1] += digits_[i] >> 32;
            digits_[i] &= low_mask;
        }
        pending_ = 0;
    }
    void carry_in_time() {
        if (++pending_ == carry_after) carry();
    }
    RLHF_COLD void add_apart(double x) {
        if (std::isnan(x))
            ++nan_;
        else if (x > 0)
            ++above_;
        else
            ++below_;
    }
    static double signed_value(std::uint64_t whole, int exponent, bool negative) {
        const double magnitude = std::ldexp(static_cast<double>(whole), exponent);
        return negative ? -magnitude : magnitude;
    }

    std::array<std::int64_t, 12> digits_;
    std::int64_t above_, below_, nan_, pending_;
};

/// A sum as a pair (value, rounding error), so that the error is not lost.
struct two_sum {
    double high = 0, low = 0;
    void add(double x) {
        const double s = high + x, b = s - high;
        low += (high - (s - b)) + (x - b);
        high = s;
    }
};

/// n, Σx and Σx² of numbers, which merge exactly.
struct power_sums {
    std::int64_t count = 0;
    exact_sum sum, squares;
    power_sums& operator+=(const power_sums& o) {
        count += o.count, sum += o.sum, squares += o.squares;
        return *this;
    }
    void normalize() { sum.normalize(), squares.normalize(); }
    bool operator==(const power_sums&) const = default;
};

/// Σx and Σx² of numbers whose squares may leave the range of an exact_sum, or of float. Such squares are added
/// separately, in units of 2^±192. This holds for 2⁻¹⁶⁰ < |x| < 2¹⁶⁰, and so for all floats.
struct spread_sums {
    exact_sum sum, squares, large, little;

    void add_square(double x) {
        const double size = std::abs(x);
        exact_sum& to = size >= 0x1p65 ? large : size < 0x1p-65 ? little : squares;
        const double scaled = size >= 0x1p65 ? x * 0x1p-96 : size < 0x1p-65 ? x * 0x1p96 : x;
        to.add(scaled * scaled);
    }
    /// (Σx)² / (n Σx²): 1 if all n numbers are equal, 0 if all are 0.
    [[nodiscard]] double evenness(double n) const {
        const double s = sum.value();
        const double q = double(real(large.value()) * 0x1p192 + (squares.value() + real(little.value()) * 0x1p-192));
        return n > 0 && q != 0 ? s * s / (n * q) : 0;
    }
    spread_sums& operator+=(const spread_sums& o) {
        sum += o.sum, squares += o.squares, large += o.large, little += o.little;
        return *this;
    }
    void normalize() { sum.normalize(), squares.normalize(), large.normalize(), little.normalize(); }
    bool operator==(const spread_sums&) const = default;
};

} // namespace RLHF_NAMESPACE::detail
