// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

/// 16-bit storage of logits and of their gradients. The library computes in float; these types only hold bits, the same
/// bits as Eigen's and torch's types of the same name. Their arrays can therefore be read in place: a pointer to one of
/// these types may point to memory of such a type, or of 16-bit integers.
namespace RLHF_NAMESPACE {

namespace detail {
/// Converts x to a float that rounds to 16 bits as x itself does: truncates x, and sets the last bit if that loses
/// something.
template <class A>
constexpr float cut_to_float(A x) {
    if constexpr (std::same_as<A, float>) {
        return x;
    } else if constexpr (std::integral<A>) {
        return cut_to_float(static_cast<long double>(x));
    } else {
        const auto nearest = static_cast<float>(x);
        const auto back = static_cast<A>(nearest);
        const bool exact = !(back < x || back > x), farther = x < 0 ? back < x : back > x;
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(nearest) - (farther ? 1U : 0U);
        return std::bit_cast<float>(exact ? bits : bits | 1U);
    }
}
} // namespace detail

/// The upper half of a float: 8 bits of exponent, 7 of mantissa.
struct RLHF_MAY_ALIAS bfloat16 {
    std::uint16_t bits;

    bfloat16() = default;
    /// To nearest, ties to even, rounded once; NaN stays a quiet NaN of the same sign.
    template <class A>
        requires std::is_arithmetic_v<A>
    constexpr explicit bfloat16(A x) : bits(rounded(detail::cut_to_float(x))) {}
    template <std::floating_point F>
    [[nodiscard]] constexpr explicit operator F() const {
        return static_cast<F>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16));
    }

private:
    static constexpr std::uint16_t rounded(float x) {
        const auto u = std::bit_cast<std::uint32_t>(x);
        const std::uint32_t nearest = u + 0x7fffU + ((u >> 16) & 1U), quiet = u | 0x400000U;
        return static_cast<std::uint16_t>(((u & 0x7fffffffU) > 0x7f800000U ? quiet : nearest) >> 16);
    }
};

/// IEEE 754 binary16: 5 bits of exponent, 10 of mantissa.
struct RLHF_MAY_ALIAS float16 {
    std::uint16_t bits;

    float16() = default;
    /// To nearest, ties to even, rounded once, infinity from 65520 on; NaN stays a quiet NaN of the same sign.
    template <class A>
        requires std::is_arithmetic_v<A>
    constexpr explicit float16(A x) : bits(rounded(detail::cut_to_float(x))) {}
    template <std::floating_point F>
    [[nodiscard]] constexpr explicit operator F() const {
        return static_cast<F>(widened(bits));
    }

private:
    // Each choice is a ?: between values that are all computed, so that loops over these functions vectorise.
    static constexpr float widened(std::uint16_t half) {
        constexpr std::uint32_t rebias = (127U - 15U) << 23, least_normal = (127U - 14U) << 23;
        const std::uint32_t sign = (half & 0x8000U) << 16;
        const std::uint32_t shifted = (half & 0x7fffU) << 13;
        const std::uint32_t exponent = shifted & 0x0f800000U;
        const std::uint32_t normal = shifted + rebias + (exponent == 0x0f800000U ? rebias : 0U);
        const float subnormal = std::bit_cast<float>(shifted + least_normal) - std::bit_cast<float>(least_normal);
        return std::bit_cast<float>(sign | (exponent == 0 ? std::bit_cast<std::uint32_t>(subnormal) : normal));
    }
    static constexpr std::uint16_t rounded(float x) {
        constexpr std::uint32_t infinite = 0x7f800000U, overflow = (127U + 16U) << 23,
                                least_normal = (127U - 14U) << 23;
        constexpr std::uint32_t half = (127U - 15U + 23U - 10U + 1U) << 23; // adding it rounds a subnormal's mantissa
        const auto u = std::bit_cast<std::uint32_t>(x);
        const std::uint32_t sign = (u >> 16) & 0x8000U, magnitude = u & 0x7fffffffU;
        const std::uint32_t special = magnitude > infinite ? 0x7e00U | ((magnitude >> 13) & 0x3ffU) : 0x7c00U;
        const float shifted =
            std::bit_cast<float>(magnitude < least_normal ? magnitude : 0U) + std::bit_cast<float>(half);
        const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(shifted) - half;
        const std::uint32_t normal = (magnitude + ((15U - 127U) << 23) + 0xfffU + ((magnitude >> 13) & 1U)) >> 13;
        const std::uint32_t finite = magnitude < least_normal ? subnormal : normal;
        return static_cast<std::uint16_t>(sign | (magnitude >= overflow ? special : finite));
    }
};

} // namespace RLHF_NAMESPACE
