// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <type_traits>

namespace test {

/// A value and its derivative, carried through a formula together: the formula's own slope must agree with it.
/// Seed the variable with slope 1: `dual<double>{x, 1}`; constants convert by themselves and have slope 0.
/// Comparisons look at the value alone, so a formula takes the branch it takes for plain numbers.
template <class T>
struct dual {
    T value{}, slope{};

    constexpr dual() = default;
    template <class A>
        requires std::is_arithmetic_v<A>
    constexpr dual(A constant) : value(static_cast<T>(constant)) {} // NOLINT: constants convert by themselves
    constexpr dual(T v, T s) : value(v), slope(s) {}

    constexpr dual& operator+=(dual o) { return *this = *this + o; }
    constexpr dual& operator-=(dual o) { return *this = *this - o; }
    constexpr dual& operator*=(dual o) { return *this = *this * o; }
    constexpr dual& operator/=(dual o) { return *this = *this / o; }

    friend constexpr dual operator+(dual a) { return a; }
    friend constexpr dual operator-(dual a) { return {-a.value, -a.slope}; }
    friend constexpr dual operator+(dual a, dual b) { return {a.value + b.value, a.slope + b.slope}; }
    friend constexpr dual operator-(dual a, dual b) { return {a.value - b.value, a.slope - b.slope}; }
    friend constexpr dual operator*(dual a, dual b) {
        return {a.value * b.value, scaled(a.slope, b.value) + scaled(b.slope, a.value)};
    }
    friend constexpr dual operator/(dual a, dual b) {
        const T quotient = a.value / b.value;
        return {quotient, scaled(a.slope, 1 / b.value) - scaled(b.slope, quotient / b.value)};
    }

    friend constexpr bool operator==(dual a, dual b) { return a.value == b.value; }
    friend constexpr bool operator!=(dual a, dual b) { return !(a.value == b.value); }
    friend constexpr bool operator<(dual a, dual b) { return a.value < b.value; }
    friend constexpr bool operator<=(dual a, dual b) { return a.value <= b.value; }
    friend constexpr bool operator>(dual a, dual b) { return a.value > b.value; }
    friend constexpr bool operator>=(dual a, dual b) { return a.value >= b.value; }

    friend dual exp(dual a) { return {std::exp(a.value), scaled(a.slope, std::exp(a.value))}; }
    friend dual expm1(dual a) { return {std::expm1(a.value), scaled(a.slope, std::exp(a.value))}; }
    friend dual log(dual a) { return {std::log(a.value), scaled(a.slope, 1 / a.value)}; }
    friend dual log1p(dual a) { return {std::log1p(a.value), scaled(a.slope, 1 / (1 + a.value))}; }
    friend dual sqrt(dual a) { return {std::sqrt(a.value), scaled(a.slope, 1 / (2 * std::sqrt(a.value)))}; }
    /// At 0 the slope is −1, as where x > 0 is false: so that max(x, 0) + log1p(exp(−|x|)) has its slope there, ½.
    friend dual abs(dual a) { return {std::abs(a.value), a.value > 0 ? a.slope : -a.slope}; }
    friend dual fma(dual a, dual b, dual c) { return a * b + c; }
    friend constexpr dual select(bool which, dual a, dual b) { return which ? a : b; }
    friend bool isnan(dual a) { return std::isnan(a.value); }
    friend bool isfinite(dual a) { return std::isfinite(a.value); }

private:
    /// A constant stays one whatever it is multiplied with: 0 · inf is 0 here.
    static constexpr T scaled(T slope, T factor) { return slope == T(0) ? T(0) : slope * factor; }
};

} // namespace test
