// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/words_avx2.hpp>
#include <rlhf/engine/lanes/words_avx512.hpp>
#include <rlhf/engine/lanes/words_sse2.hpp>

RLHF_INTRINSICS_BEGIN
#if !defined(RLHF_NO_SIMD)
#include <xsimd/xsimd.hpp>
#endif

namespace rlhf {

/// Plain C++: the portable fallback, and an oracle for the instruction sets in tests.
struct scalar {};

} // namespace rlhf

namespace RLHF_NAMESPACE::detail {

/// A register of T with the words of lane.hpp: xsimd's where the instruction set has no better one (DESIGN.md, D24).
template <class T, class Arch>
class simd;

} // namespace RLHF_NAMESPACE::detail

#if defined(RLHF_NO_SIMD) || defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
namespace rlhf {

using native = scalar;

} // namespace rlhf
#else
namespace rlhf {

/// The best instruction set of this translation unit; plain C++ where xsimd knows none.
using native = xsimd::default_arch;

} // namespace rlhf

namespace RLHF_NAMESPACE::detail {

template <class T, class Arch>
class simd {
    using batch = xsimd::batch<T, Arch>;

public:
    using mask = xsimd::batch_bool<T, Arch>;
    using register_type = typename batch::register_type;
    static constexpr int size = static_cast<int>(batch::size);

    simd() = default;
    simd(T x) : v_(x) {}
    simd(const register_type& r) : v_(r) {}
    simd(const batch& v) : v_(v) {}
    operator register_type() const { return v_; }

    static simd load(const T* p) { return batch::load_unaligned(p); }
    static simd load_aligned(const T* p) { return batch::load_aligned(p); }
    void store(T* p) const { v_.store_unaligned(p); }
    void store_aligned(T* p) const { v_.store_aligned(p); }

    RLHF_FORMULA friend simd operator+(const simd& a, const simd& b) { return a.v_ + b.v_; }
    RLHF_FORMULA friend simd operator-(const simd& a, const simd& b) { return a.v_ - b.v_; }
    RLHF_FORMULA friend simd operator*(const simd& a, const simd& b) { return a.v_ * b.v_; }
    RLHF_FORMULA friend simd operator/(const simd& a, const simd& b) { return a.v_ / b.v_; }
    RLHF_FORMULA friend simd operator-(const simd& a) { return -a.v_; }
    RLHF_FORMULA friend mask operator<(const simd& a, const simd& b) { return a.v_ < b.v_; }
    RLHF_FORMULA friend mask operator<=(const simd& a, const simd& b) { return a.v_ <= b.v_; }
    RLHF_FORMULA friend mask operator>(const simd& a, const simd& b) { return a.v_ > b.v_; }
    RLHF_FORMULA friend mask operator>=(const simd& a, const simd& b) { return a.v_ >= b.v_; }
    RLHF_FORMULA friend mask operator==(const simd& a, const simd& b) { return a.v_ == b.v_; }
    RLHF_FORMULA friend mask operator!=(const simd& a, const simd& b) { return a.v_ != b.v_; }
    RLHF_FORMULA friend simd select(const mask& m, const simd& yes, const simd& no) {
        return ::xsimd::select(m, yes.v_, no.v_);
    }
    RLHF_FORMULA friend simd abs(const simd& a) { return ::xsimd::abs(a.v_); }
    RLHF_FORMULA friend simd sqrt(const simd& a) { return ::xsimd::sqrt(a.v_); }
    RLHF_FORMULA friend simd log(const simd& a) { return ::xsimd::log(a.v_); }
    RLHF_FORMULA friend simd log1p(const simd& a) { return ::xsimd::log1p(a.v_); }
    RLHF_FORMULA friend simd exp(const simd& a) {
        if constexpr (requires { own::exp(a); })
            return own::exp(a);
        else
            return ::xsimd::exp(a.v_);
    }
    RLHF_FORMULA friend simd expm1(const simd& a) {
        if constexpr (requires { own::expm1(a); })
            return own::expm1(a);
        else
            return ::xsimd::expm1(a.v_);
    }

    /// a b + c, rounded once where the instruction set can.
    static simd fma(const simd& a, const simd& b, const simd& c) { return ::xsimd::fma(a.v_, b.v_, c.v_); }
    /// Rounds to the nearest whole number, ties to even.
    static simd round(const simd& a) { return ::xsimd::nearbyint(a.v_); }
    /// a · 2ⁿ for whole n, where 2ⁿ is a normal number.
    static simd scale2(const simd& a, const simd& n) { return ::xsimd::ldexp(a.v_, ::xsimd::to_int(n.v_)); }

private:
    using own = words<T, sizeof(T) * batch::size>;
    batch v_;
};

} // namespace RLHF_NAMESPACE::detail
#endif
RLHF_INTRINSICS_END
