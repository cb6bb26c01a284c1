// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/words_avx2.hpp>
#include <rlhf/engine/lanes/words_avx512.hpp>
#include <rlhf/engine/lanes/words_neon.hpp>
#include <rlhf/engine/lanes/words_sse2.hpp>
#include <rlhf/lane.hpp>

RLHF_INTRINSICS_BEGIN
#if !defined(RLHF_NO_SIMD)
#include <xsimd/xsimd.hpp>
#endif

namespace rlhf {

/// Plain C++: the portable fallback, and an oracle for the instruction sets in tests.
struct scalar {};

} // namespace rlhf

namespace RLHF_NAMESPACE::detail {

/// A register of T with the functions of lane::number, and the same bits. It uses xsimd where the instruction set has
/// no better instruction (DESIGN.md, D24).
template <class T, class Arch>
class simd;

} // namespace RLHF_NAMESPACE::detail

#if defined(RLHF_NO_SIMD) || defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
namespace rlhf {

using native = scalar;

} // namespace rlhf
#else
namespace rlhf {

/// The best instruction set of this translation unit, or plain C++ if xsimd knows none. For SVE, which xsimd has from 9
/// on for a fixed width, NEON is used: every machine with SVE has it.
#if defined(XSIMD_WITH_SVE) && XSIMD_WITH_SVE
using native = xsimd::neon64;
#else
using native = xsimd::default_arch;
#endif

} // namespace rlhf

namespace RLHF_NAMESPACE::detail {

template <class T, class Arch>
class simd {
    using batch = xsimd::batch<T, Arch>;
    using layout = lane::format<T>;
    using integers = xsimd::batch<typename layout::integer, Arch>;

public:
    using element = T;
    using mask = xsimd::batch_bool<T, Arch>;
    using register_type = typename batch::register_type;
    static constexpr int size = static_cast<int>(batch::size);
    using own = words<T, sizeof(T) * batch::size>; ///< functions that the instruction set does better

    simd() = default;
    simd(T x) : v_(x) {}
    simd(const register_type& r) : v_(r) {}
    simd(const batch& v) : v_(v) {}
    operator register_type() const { return v_; }

    template <class... X>
    static simd of(X... x) {
        return register_type{x...};
    }
    /// Is a comparison true in all lanes?
    static RLHF_FORMULA bool everywhere(const mask& m) { return ::xsimd::all(m); }

    static simd load(const T* p) { return batch::load_unaligned(p); }
    static simd load_aligned(const T* p) { return batch::load_aligned(p); }
    void store(T* p) const { v_.store_unaligned(p); }
    void store_aligned(T* p) const { v_.store_aligned(p); }

    RLHF_FORMULA friend simd operator+(const simd& a, const simd& b) { return a.v_ + b.v_; }
    RLHF_FORMULA friend simd operator-(const simd& a, const simd& b) { return a.v_ - b.v_; }
    RLHF_FORMULA friend simd operator*(const simd& a, const simd& b) {
        return lane::rounded(register_type(a.v_ * b.v_));
    }
    RLHF_FORMULA friend simd operator/(const simd& a, const simd& b) {
        if constexpr (requires { own::quotient(a, b); })
            return own::quotient(a, b);
        else
            return a.v_ / b.v_;
    }
    RLHF_FORMULA friend simd operator-(const simd& a) { return simd(T(-0.0)) - a; } // xsimd 8 returns 0 for 0
    RLHF_FORMULA friend mask operator<(const simd& a, const simd& b) { return a.v_ < b.v_; }
    RLHF_FORMULA friend mask operator<=(const simd& a, const simd& b) { return a.v_ <= b.v_; }
    RLHF_FORMULA friend mask operator>(const simd& a, const simd& b) { return a.v_ > b.v_; }
    RLHF_FORMULA friend mask operator>=(const simd& a, const simd& b) { return a.v_ >= b.v_; }
    RLHF_FORMULA friend mask operator==(const simd& a, const simd& b) { return a.v_ == b.v_; }
    RLHF_FORMULA friend mask operator!=(const simd& a, const simd& b) { // true for NaN, unlike xsimd 8's
        if constexpr (requires { own::unequal(a, b); })
            return mask(own::unequal(a, b));
        else
            return !(a == b);
    }
    RLHF_FORMULA friend simd select(const mask& m, const simd& yes, const simd& no) {
        return ::xsimd::select(m, yes.v_, no.v_);
    }
    RLHF_FORMULA friend simd abs(const simd& a) { return ::xsimd::abs(a.v_); }
    RLHF_FORMULA friend bool within(const simd& a, T bound) { return everywhere(abs(a) <= simd(bound)); }
    RLHF_FORMULA friend simd sqrt(const simd& a) {
        if constexpr (requires { own::root(a); })
            return own::root(a);
        else
            return ::xsimd::sqrt(a.v_);
    }
    RLHF_FORMULA friend simd larger(const simd& a, const simd& b) {
        if constexpr (requires { own::larger(a, b); })
            return own::larger(a, b);
        else
            return select(a > b, a, b);
    }
    RLHF_FORMULA friend simd smaller(const simd& a, const simd& b) {
        if constexpr (requires { own::smaller(a, b); })
            return own::smaller(a, b);
        else
            return select(a < b, a, b);
    }
    RLHF_FORMULA friend simd fma(const simd& a, const simd& b, const simd& c) {
        if constexpr (RLHF_FMA == 0)
            return a * b + c;
        else if constexpr (requires { own::fma(a, b, c); })
            return own::fma(a, b, c);
        else
            return ::xsimd::fma(a.v_, b.v_, c.v_);
    }
    RLHF_FORMULA friend simd round(const simd& a) { return (a + simd(layout::magic)) - simd(layout::magic); }
    RLHF_FORMULA friend simd scale2(const simd& a, const simd& n) {
        if constexpr (requires { own::scale2(a, n); }) {
            return own::scale2(a, n);
        } else {
            const integers twice = (bits(n) & integers(layout::sign)) >> 1;
            const integers power = bits(n + simd(layout::magic_aside)) << layout::digits;
            return a * from_bits(power + twice) * from_bits(integers(layout::power_aside) - twice);
        }
    }
    RLHF_FORMULA friend simd scale2_down(const simd& a, const simd& n) {
        if constexpr (requires { own::scale2(a, n); })
            return own::scale2(a, n);
        else
            return a * from_bits(bits(n + simd(layout::magic_above)) << layout::digits) *
                   from_bits(integers(layout::power_below));
    }
    RLHF_FORMULA friend simd scale2_or_zero(const simd& a, const simd& n) {
        const simd lowest(layout::lowest);
        if constexpr (requires { own::scale2_or_zero(a, n, lowest); })
            return own::scale2_or_zero(a, n, lowest);
        else if constexpr (requires { own::zero_where_less(n, lowest, a); })
            return own::zero_where_less(n, lowest, a * power2(n));
        else
            return select(n < lowest, simd(T(0)), a * power2(n));
    }
    RLHF_FORMULA friend simd scale2_normal(const simd& a, const simd& shifted) {
        return from_bits(bits(a) + (bits(shifted) << layout::digits));
    }
    struct split {
        simd m, n;
    };
    RLHF_FORMULA friend split split2(const simd& x) {
        const integers above = bits(x) - integers(layout::root_half - (layout::bias << layout::digits));
        const simd n = from_bits((above >> layout::digits) | bits(simd(layout::unit)));
        return {from_bits((above & integers(layout::one - 1)) + integers(layout::root_half)),
                n - simd(layout::unit + T(layout::bias))};
    }

private:
    static RLHF_FORMULA integers bits(const simd& a) {
        return __builtin_bit_cast(typename integers::register_type, register_type(a.v_));
    }
    static RLHF_FORMULA simd from_bits(const integers& b) {
        return __builtin_bit_cast(register_type, typename integers::register_type(b));
    }
    static RLHF_FORMULA simd power2(const simd& n) {
        return from_bits(bits(n + simd(layout::magic_bias)) << layout::digits);
    }

    RLHF_MUTABLE batch v_;
};

} // namespace RLHF_NAMESPACE::detail
#endif
RLHF_INTRINSICS_END
