// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <array>
#include <concepts>

#if !defined(RLHF_NO_SIMD)
#include <xsimd/xsimd.hpp>
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h> // without the 40,000 lines of the other one, which xsimd too reads for AVX alone
#endif
#endif

namespace RLHF_NAMESPACE::detail {

/// c₆, c₅, … c₂ of eʳ = 1 + r + c₂ r² + … + c₆ r⁶: minimax, with a relative error of 3 · 10⁻⁹ for |r| ≤ log(2) / 2.
inline constexpr std::array<double, 5> exp_series = {0.00138145840312, 0.00836872393598, 0.0416683887296,
                                                     0.166665205736, 0.499999934439};

#if !defined(RLHF_NO_SIMD)
#if defined(__AVX512F__)
/// Exponentials of 16 floats by x = n log 2 + r, |r| ≤ log(2) / 2, and a series in r.
class exp16 {
public:
    explicit exp16(__m512 x) {
        const __m512 bounded = _mm512_min_ps(all(89), _mm512_max_ps(all(-200), x)); // NaN stays
        n_ = _mm512_roundscale_ps(_mm512_mul_ps(bounded, all(1.44269504F)), _MM_FROUND_TO_NEAREST_INT);
        r_ = _mm512_fnmadd_ps(n_, all(0x1.62ep-1F), bounded); // few bits: without rounding
        r_ = _mm512_fnmadd_ps(n_, all(0x1.0bfbe8p-15F), r_);
    }
    /// eˣ to 1.1 ULP; ∞ from 88.73 on, 0 below −103.98.
    [[nodiscard]] __m512 exp() const {
        const __m512 linear = _mm512_fmadd_ps(quadratic(), r_, all(1));
        return _mm512_scalef_ps(_mm512_fmadd_ps(linear, r_, all(1)), n_);
    }
    /// eˣ − 1 to 2 ULP.
    [[nodiscard]] __m512 expm1() const {
        const __m512 rest = _mm512_fmadd_ps(_mm512_mul_ps(r_, r_), quadratic(), r_); // eʳ − 1
        const __m512 power = _mm512_scalef_ps(all(0.5F), _mm512_max_ps(all(-64), n_));
        const __m512 half = _mm512_fmadd_ps(rest, power, _mm512_sub_ps(power, all(0.5F)));
        return _mm512_add_ps(half, half);
    }

private:
    static __m512 all(float x) { return _mm512_set1_ps(x); }
    /// (eʳ − 1 − r) / r².
    [[nodiscard]] __m512 quadratic() const {
        __m512 s = all(float(exp_series[0]));
        for (std::size_t k = 1; k < exp_series.size(); ++k) s = _mm512_fmadd_ps(s, r_, all(float(exp_series[k])));
        return s;
    }
    __m512 n_, r_;
};
#endif

/// A register of T with the words of lane.hpp: xsimd's, but for the exponentials of AVX-512, which has an instruction
/// for x · 2ⁿ that xsimd does not use.
template <class T, class Arch>
class simd {
public:
    using batch = xsimd::batch<T, Arch>;
    using mask = xsimd::batch_bool<T, Arch>;
    using register_type = typename batch::register_type;
    static constexpr int size = static_cast<int>(batch::size);

    simd() = default;
    simd(T x) : v_(x) {}
    simd(const register_type& r) : v_(r) {}
    simd(const batch& v) : v_(v) {}
    operator register_type() const { return v_; }
    [[nodiscard]] const batch& inner() const { return v_; }

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
#if defined(__AVX512F__)
        if constexpr (floats16)
            return exp16(a).exp();
        else
#endif
            return ::xsimd::exp(a.v_);
    }
    RLHF_FORMULA friend simd expm1(const simd& a) {
#if defined(__AVX512F__)
        if constexpr (floats16)
            return exp16(a).expm1();
        else
#endif
            return ::xsimd::expm1(a.v_);
    }

private:
    static constexpr bool floats16 = std::same_as<T, float> && size == 16;
    batch v_;
};

#endif

} // namespace RLHF_NAMESPACE::detail
