// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace rlhf {

inline constexpr double unlimited = std::numeric_limits<double>::infinity(); ///< no bound

} // namespace rlhf

namespace RLHF_NAMESPACE::lane {

/// Constants that device code may use as well.
inline constexpr float largest_float = (std::numeric_limits<float>::max)();
inline constexpr float infinity = std::numeric_limits<float>::infinity();

/// Chooses lane by lane. Both values are computed. The condition must be bool itself: a register's mask, which may
/// convert to bool, has its own select.
template <class V>
[[nodiscard]] RLHF_FORMULA V select(std::same_as<bool> auto condition, V yes, V no) {
    return condition ? yes : no;
}

/// A rounded product. The compiler does not see that it is a product, and so cannot fuse it with a sum.
template <class V>
[[nodiscard]] RLHF_FORMULA V rounded(V product) {
#if defined(RLHF_REGISTER)
    asm("" : "+" RLHF_REGISTER(product));
#endif
    return product;
}

/// The bits of a float or double, x = ±m · 2ⁿ.
template <class T>
struct format {
    using integer = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    static constexpr int digits = sizeof(T) == 4 ? 23 : 52; ///< bits of m, as stored
    static constexpr integer bias = sizeof(T) == 4 ? 127 : 1023, one = integer(1) << digits,
                             sign = integer(1) << (sizeof(T) * 8 - 1),
                             root_half = static_cast<integer>(sizeof(T) == 4 ? 0x3f3504f3 : 0x3fe6a09e667f3bcd);
    static constexpr T lowest = 1 - T(bias);         ///< the exponent of the smallest normal number
    static constexpr T unit = T(one);                ///< numbers from here on have no fraction
    static constexpr T magic = unit + unit / 2;      ///< adding a number to it rounds the number to a whole one
    static constexpr T magic_bias = magic + T(bias); ///< n plus it has the exponent of 2ⁿ in its last bits
    /// a · 2ⁿ is formed as a · 2ⁿ⁺ᵐ · 2⁻ᵐ, with m = aside where n < 0 and −aside elsewhere, so that a · 2ⁿ⁺ᵐ is normal.
    static constexpr integer aside = sizeof(T) == 4 ? 64 : 512, power_aside = (bias + aside)
                                                                              << digits; ///< 2 to the power aside
    static constexpr T magic_aside = magic_bias - T(aside);
    static constexpr T magic_above = magic_bias + T(aside);          ///< for n ≤ 0: added to n, it gives 2ⁿ⁺ᵐ,
    static constexpr integer power_below = (bias - aside) << digits; ///< and this is 2⁻ᵐ
};

template <class T>
inline constexpr bool is_machine_number = std::is_same_v<T, float> || std::is_same_v<T, double>;

/// A float or double whose arithmetic is the same on every machine, in registers, in plain C++ and in device code.
/// Unlike with T, a product is always rounded before it is added to something; `fma` is fused. A formula whose V is
/// lane::number has the bits that the library's own sweeps write; with V = float a compiler may fuse products with
/// sums.
template <class T>
class number {
    static_assert(is_machine_number<T>, "rlhf: lane::number is of float or double");
    using layout = format<T>;
    using integer = typename layout::integer;

public:
    using element = T;

    number() = default;
    RLHF_WORD constexpr number(T x) : x_(x) {}
    RLHF_WORD constexpr explicit operator T() const { return x_; }

    RLHF_WORD friend number operator+(number a, number b) { return a.x_ + b.x_; }
    RLHF_WORD friend number operator-(number a, number b) { return a.x_ - b.x_; }
    RLHF_WORD friend number operator*(number a, number b) { return product(a.x_, b.x_); }
    RLHF_WORD friend number operator/(number a, number b) { return a.x_ / b.x_; }
    RLHF_WORD friend number operator-(number a) { return -a.x_; }
    RLHF_WORD friend bool operator<(number a, number b) { return a.x_ < b.x_; }
    RLHF_WORD friend bool operator<=(number a, number b) { return a.x_ <= b.x_; }
    RLHF_WORD friend bool operator>(number a, number b) { return a.x_ > b.x_; }
    RLHF_WORD friend bool operator>=(number a, number b) { return a.x_ >= b.x_; }
    RLHF_WORD friend bool operator==(number a, number b) { return a.x_ == b.x_; }
    RLHF_WORD friend bool operator!=(number a, number b) { return a.x_ != b.x_; }
    RLHF_WORD friend number abs(number a) { return from_bits(bits(a) & ~layout::sign); }
    RLHF_WORD friend number sqrt(number a) { return std::sqrt(a.x_); }
    /// Is |a| ≤ bound? Of registers: in all lanes.
    RLHF_WORD friend bool within(number a, T bound) { return abs(a) <= number(bound); }

    /// a > b ? a : b, so b if one of them is NaN.
    RLHF_WORD friend number larger(number a, number b) { return a.x_ > b.x_ ? a : b; }
    /// a < b ? a : b, so b if one of them is NaN.
    RLHF_WORD friend number smaller(number a, number b) { return a.x_ < b.x_ ? a : b; }
    /// a b + c, rounded once if the machine can (RLHF_FMA), else twice.
    RLHF_WORD friend number fma(number a, number b, number c) {
#if RLHF_FMA
        return std::fma(a.x_, b.x_, c.x_);
#else
        return a * b + c;
#endif
    }
    /// The nearest whole number, ties to even, for |a| ≤ 2²² (floats), 2⁵¹ (doubles).
    RLHF_WORD friend number round(number a) { return (a.x_ + layout::magic) - layout::magic; }
    /// a · 2ⁿ rounded once, for whole n with |n| ≤ 180 (floats), 1500 (doubles) and a in [¼, 4].
    RLHF_WORD friend number scale2(number a, number n) {
        const integer twice = (bits(n) & layout::sign) >> 1; // 2 aside, in an exponent's place, where n < 0; else 0
        const integer power = bits(n + number(layout::magic_aside)) << layout::digits;
        return a * from_bits(power + twice) * from_bits(layout::power_aside - twice);
    }
    /// scale2() for n ≤ 0, with half as many operations.
    RLHF_WORD friend number scale2_down(number a, number n) {
        return a * from_bits(bits(n + number(layout::magic_above)) << layout::digits) * from_bits(layout::power_below);
    }
    /// a · 2ⁿ for whole n ≤ 127 (floats), 1023 (doubles). It is 0 for every a if 2ⁿ is not a normal number.
    RLHF_WORD friend number scale2_or_zero(number a, number n) {
        return n.x_ < layout::lowest ? number(T(0)) : a * power2(n);
    }
    /// a · 2ⁿ for whole n and a > 0, if a and the result are normal numbers. `shifted` is n + format::magic.
    RLHF_WORD friend number scale2_normal(number a, number shifted) {
        return from_bits(bits(a) + (bits(shifted) << layout::digits)); // the shift leaves no bit of format::magic
    }
    /// x = m · 2ⁿ with m in [√½, √2), for a normal x > 0.
    struct split {
        number m, n;
    };
    RLHF_WORD friend split split2(number x) {
        const integer above = bits(x) - (layout::root_half - (layout::bias << layout::digits)); // its exponent: n
        const number n = from_bits((above >> layout::digits) | bits(layout::unit));
        return {from_bits((above & (layout::one - 1)) + layout::root_half), n - number(layout::unit + T(layout::bias))};
    }

private:
    static RLHF_WORD integer bits(number a) { return __builtin_bit_cast(integer, a.x_); }
    static RLHF_WORD number from_bits(integer b) { return __builtin_bit_cast(T, b); }
    static RLHF_WORD number power2(number n) {
        return from_bits(bits(n + number(layout::magic_bias)) << layout::digits);
    }
    static RLHF_WORD T product(T a, T b) {
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
        if constexpr (sizeof(T) == 4)
            return __fmul_rn(a, b);
        else
            return __dmul_rn(a, b);
#else
        return rounded(a * b);
#endif
    }

    T x_;
};

} // namespace RLHF_NAMESPACE::lane

namespace RLHF_NAMESPACE::detail {

/// The number type of the engine outside registers.
using real = lane::number<double>;

} // namespace RLHF_NAMESPACE::detail
