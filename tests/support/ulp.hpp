// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

/// Distances between floating-point numbers, for tests.
namespace test {

/// The unsigned integer as wide as `T`.
template <std::floating_point T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// Place of `x` on the line of all numbers of its type: neighbours differ by one, −0 and +0 are one place.
template <std::floating_point T>
[[nodiscard]] inline std::int64_t place(T x) {
    static_assert(sizeof(T) <= 8, "float or double");
    const auto magnitude = static_cast<std::int64_t>(std::bit_cast<bits_of<T>>(std::fabs(x)));
    return std::signbit(x) ? -magnitude : magnitude;
}

/// Numbers of type `T` between `a` and `b`. Two NaN are 0 apart, a NaN and a number as far as can be.
template <std::floating_point T>
[[nodiscard]] inline std::uint64_t ulp_distance(T a, T b) {
    if (std::isnan(a) || std::isnan(b))
        return std::isnan(a) && std::isnan(b) ? 0 : std::numeric_limits<std::uint64_t>::max();
    const auto p = static_cast<std::uint64_t>(place(a)), q = static_cast<std::uint64_t>(place(b));
    return place(a) > place(b) ? p - q : q - p;
}

/// Unit in the last place of type `T` at the magnitude of `x`; below the smallest normal number, the unit of that
/// number.
template <std::floating_point T>
[[nodiscard]] inline long double unit_in_last_place(long double x) {
    using limits = std::numeric_limits<T>;
    const long double magnitude = std::fabs(x);
    if (!(magnitude > static_cast<long double>(limits::min()))) return limits::denorm_min();
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    return std::ldexp(1.0L, exponent - limits::digits);
}

/// Error of `got` in units of the last place of its type at `want`; infinity where one is NaN or infinite alone.
template <std::floating_point T>
[[nodiscard]] inline double ulp_error(T got, long double want) {
    if (std::isnan(got) || std::isnan(want))
        return std::isnan(got) && std::isnan(want) ? 0 : std::numeric_limits<double>::infinity();
    if (static_cast<long double>(got) == want || got == static_cast<T>(want)) return 0;
    if (std::isinf(got) || std::isinf(want)) return std::numeric_limits<double>::infinity();
    return static_cast<double>(std::fabs(static_cast<long double>(got) - want) / unit_in_last_place<T>(want));
}

/// Whether `got` is within `ulps` units of the last place of its type, or within `absolute`, of `want`.
template <std::floating_point T>
[[nodiscard]] inline bool close(T got, std::type_identity_t<long double> want, double ulps, double absolute = 0) {
    return ulp_error(got, want) <= ulps || std::fabs(static_cast<long double>(got) - want) <= absolute;
}

/// Largest `ulp_error` over two arrays, not counting elements within `absolute`; infinity where lengths differ.
template <class Got, class Want>
[[nodiscard]] inline double worst_ulp_error(const Got& got, const Want& want, double absolute = 0) {
    if (std::size(got) != std::size(want)) return std::numeric_limits<double>::infinity();
    double worst = 0;
    auto w = std::begin(want);
    for (const auto g : got) {
        const auto expected = static_cast<long double>(*w++);
        if (close(g, expected, 0, absolute)) continue;
        const double error = ulp_error(g, expected);
        worst = error > worst ? error : worst;
    }
    return worst;
}

/// Same bits: tells −0 from +0 and one NaN from another.
template <class T>
    requires std::is_trivially_copyable_v<T>
[[nodiscard]] inline bool same_bits(const T& a, const T& b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }

/// Same bits of two arrays, element by element.
template <class A, class B>
    requires requires(const A& a, const B& b) { std::size(a), std::size(b), std::data(a), std::data(b); }
[[nodiscard]] inline bool same_bits(const A& a, const B& b) {
    static_assert(
        std::is_same_v<std::remove_cvref_t<decltype(*std::data(a))>, std::remove_cvref_t<decltype(*std::data(b))>>);
    return std::size(a) == std::size(b) &&
           (std::size(a) == 0 || std::memcmp(std::data(a), std::data(b), std::size(a) * sizeof(*std::data(a))) == 0);
}

} // namespace test
