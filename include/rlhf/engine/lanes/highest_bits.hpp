// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/arithmetic.hpp>
#include <rlhf/engine/lanes/turns.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace RLHF_NAMESPACE::detail {

/// Registers of integers, or plain integers if floats are plain numbers.
template <class S, class Arch, bool Plain = lanes<float, Arch>::width == 1>
struct integers {
    using type = S;
    static constexpr int width = 1;
    static type all(S x) { return x; }
    static type of(const auto& number) { return __builtin_bit_cast(type, static_cast<float>(number)); }
    static type larger(type a, type b) { return a > b ? a : b; }
    static S largest(type a) { return a; }
    static type load(const void* p) {
        type x;
        std::memcpy(&x, p, sizeof x);
        return x;
    }
};

#if !defined(RLHF_NO_SIMD) && !defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
template <class S, class Arch>
struct integers<S, Arch, false> {
    using type = xsimd::batch<S, Arch>;
    static constexpr int width = static_cast<int>(type::size);
    static type all(S x) { return type(x); }
    template <class V>
    static type of(const V& v) {
        return __builtin_bit_cast(typename type::register_type, typename V::register_type(v));
    }
    static type larger(const type& a, const type& b) { return (::xsimd::max)(a, b); }
    static S largest(const type& a) {
        std::array<S, type::size> x;
        a.store_unaligned(x.data());
        return by_halves(x, [](S one, S other) { return one > other ? one : other; });
    }
    static type load(const void* p) {
        typename type::register_type x;
        std::memcpy(&x, p, sizeof x);
        return x;
    }
};
#endif

/// Of some numbers, the one whose bits are the highest integer. By its sign, a NaN is above ∞ or below −∞.
template <class E>
struct highest_bits {
    E as_signed;   ///< the largest number, if one is not negative; else the smallest
    E as_unsigned; ///< the smallest number, if one is negative; else the largest
};

/// The highest bits of n numbers. n is a multiple of four registers.
template <class Arch, class E>
highest_bits<E> highest_bits_of(const E* p, std::int64_t n) {
    using S = std::conditional_t<sizeof(E) == 2, std::int16_t, std::int32_t>;
    using U = std::make_unsigned_t<S>;
    using signed_lanes = integers<S, Arch>;
    using unsigned_lanes = integers<U, Arch>;
    constexpr std::size_t at_once = 4; // registers, so that no instruction waits for the one before
    std::array<typename signed_lanes::type, at_once> high;
    std::array<typename unsigned_lanes::type, at_once> outer;
    high.fill(signed_lanes::all((std::numeric_limits<S>::min)())), outer.fill(unsigned_lanes::all(0));
    for (std::int64_t i = 0; i < n; i += std::int64_t(at_once) * signed_lanes::width)
        unrolled<at_once>([&](std::size_t k) RLHF_INLINE {
            const E* const from = p + i + static_cast<std::int64_t>(k) * signed_lanes::width;
            high[k] = signed_lanes::larger(signed_lanes::load(from), high[k]);
            outer[k] = unsigned_lanes::larger(unsigned_lanes::load(from), outer[k]);
        });
    for (std::size_t k = 1; k < at_once; ++k)
        high[0] = signed_lanes::larger(high[k], high[0]), outer[0] = unsigned_lanes::larger(outer[k], outer[0]);
    return {__builtin_bit_cast(E, signed_lanes::largest(high[0])),
            __builtin_bit_cast(E, unsigned_lanes::largest(outer[0]))};
}

} // namespace RLHF_NAMESPACE::detail
