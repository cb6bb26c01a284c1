// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/memory.hpp>
#include <rlhf/engine/lanes/order.hpp>
#include <rlhf/lane.hpp>

#include <array>
#include <utility>

namespace rlhf {

/// Plain C++: the portable fallback, and an oracle for the others.
struct scalar {};

/// The best instruction set of this translation unit.
#if defined(RLHF_NO_SIMD) || defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
using native = scalar;
#else
using native = xsimd::default_arch;
#endif

} // namespace rlhf

namespace RLHF_NAMESPACE::detail {

/// How a sweep brings elements of T into lanes, and the words that xsimd lacks or has with different meanings in its
/// versions. The only place that knows xsimd and instruction sets: where one has a word for it, that one is used, and
/// tests/unit/lanes_test.cpp compares it with the plain version.
template <class T, class Arch>
struct lanes;

template <class T>
struct lanes<T, scalar> {
    using type = T;
    using mask = bool;
    static constexpr int width = 1;

    template <class E>
    static type load(const E* p) {
        return static_cast<T>(*p);
    }
    template <bool = false, class E>
    static void store(E* p, type v) {
        *p = static_cast<E>(v);
    }
    static std::array<type, 2> load_interleaved(const bfloat16* p) { return {load(p), load(p + 1)}; }
    template <bool = false>
    static void store_interleaved(bfloat16* p, type even, type odd) {
        store(p, even), store(p + 1, odd);
    }
    static mask counted(const std::uint8_t* bytes) { return *bytes != 0; }
    static int count(mask m) { return m ? 1 : 0; }
    static type add_where(mask m, type sum, type x) { return m ? sum + x : sum; }
    static type add_square_where(mask m, type sum, type x) { return m ? sum + x * x : sum; }
    static type larger(type a, type b) { return a > b ? a : b; }
    static type larger_where(mask m, type a, type b) { return m ? larger(a, b) : b; }
    static type fma(type a, type b, type c) { return a * b + c; }
    static type sum_by_halves(type v) { return v; }
    static type largest(type v) { return v; }
    static type fma_where(mask m, type a, type b, type c) { return m ? a * b + c : c; }
    static std::array<double, 1> widen(type v) { return {static_cast<double>(v)}; }

    static type load_first(const T* p, std::int64_t n) { return n > 0 ? *p : T(0); }
    static void store_first(T* p, type v, std::int64_t n) {
        if (n > 0) *p = v;
    }
    static type load_last(const T* p, std::int64_t n) { return load_first(p, n); }
    static void store_last(T* p, type v, std::int64_t n) { store_first(p, v, n); }
    template <int>
    static type shift_down(type, type next) {
        return next;
    }
    template <int>
    static type shift_up(type, type previous) {
        return previous;
    }
    template <int>
    static type broadcast(type v) {
        return v;
    }
    static mask where(std::uint64_t bits) { return (bits & 1) != 0; }
    static type broadcast(int, type v) { return v; }
    static type compress(std::uint64_t bits, type v, type rest) { return (bits & 1) != 0 ? v : rest; }
    static type expand(std::uint64_t bits, type v) { return (bits & 1) != 0 ? v : T(0); }
};

#if !defined(RLHF_NO_SIMD)
template <class T, class Arch>
struct lanes : lanes_memory<T, Arch>, lanes_order<T, Arch> {
    using memory = lanes_memory<T, Arch>;
    using typename memory::mask;
    using typename memory::type;
    using wide = simd<double, Arch>;
    using memory::width;

    /// How many are true.
    static int count(const mask& m) {
#if defined(__AVX512F__)
        if constexpr (width * sizeof(T) == 64)
            return std::popcount(static_cast<unsigned>(static_cast<typename mask::register_type>(m)));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8)
            return std::popcount(static_cast<unsigned>(_mm256_movemask_ps(m)));
        else if constexpr (width * sizeof(T) == 32)
            return std::popcount(static_cast<unsigned>(_mm256_movemask_pd(m)));
        else
#endif
        {
            alignas(64) T flags[static_cast<std::size_t>(width)];
            select(m, type(T(1)), type(T(0))).inner().store_aligned(flags);
            int n = 0;
            for (const T f : flags) n += f != 0 ? 1 : 0;
            return n;
        }
    }

    /// sum + x where m is true, else sum.
    static type add_where(const mask& m, const type& sum, const type& x) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_mask_add_ps(sum, m, sum, x));
        else if constexpr (width * sizeof(T) == 64)
            return type(_mm512_mask_add_pd(sum, m, sum, x));
        else
#endif
            return sum + select(m, x, type(T(0)));
    }

    /// sum + x² where m is true, else sum.
    static type add_square_where(const mask& m, const type& sum, const type& x) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_mask3_fmadd_ps(x, x, sum, m));
        else if constexpr (width * sizeof(T) == 64)
            return type(_mm512_mask3_fmadd_pd(x, x, sum, m));
        else
#endif
            return select(m, fma(x, x, sum), sum);
    }

    /// a > b ? a : b, so b where one of them is NaN.
    static type larger(const type& a, const type& b) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_max_ps(a, b));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8)
            return type(_mm256_max_ps(a, b));
        else
#endif
            return select(a > b, a, b);
    }

    /// larger(a, b) where m is true, else b.
    static type larger_where(const mask& m, const type& a, const type& b) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_mask_max_ps(b, m, a, b));
        else
#endif
            return select(m && a > b, a, b);
    }

    /// a b + c, rounded once where the instruction set can.
    static type fma(const type& a, const type& b, const type& c) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_fmadd_ps(a, b, c));
        else if constexpr (width == 8 && sizeof(T) == 8)
            return type(_mm512_fmadd_pd(a, b, c));
        else
#endif
            return type(xsimd::fma(a.inner(), b.inner(), c.inner()));
    }
    static type round(const type& v) { return type(xsimd::nearbyint(v.inner())); }
    /// The same where m is true, else c.
    static type fma_where(const mask& m, const type& a, const type& b, const type& c) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_mask3_fmadd_ps(a, b, c, m));
        else if constexpr (width * sizeof(T) == 64)
            return type(_mm512_mask3_fmadd_pd(a, b, c, m));
        else
#endif
            return select(m, fma(a, b, c), c);
    }

    /// v · 2ⁿ for whole numbers n ≤ 64 and v in [½, 2]; 0 where that is far below the smallest normal number.
    static type scale2(const type& v, const type& n) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_scalef_ps(v, n));
        else
#endif
            return type(xsimd::ldexp(v.inner(), xsimd::to_int(larger(n, type(T(-127))).inner())));
    }

    /// Lane k + lane k + half, from half the lanes down to one.
    static T sum_by_halves(const type& v) {
#if defined(__AVX512F__)
        if constexpr (width == 8 && sizeof(T) == 8) {
            const __m512d all = v;
            return lanes<T, xsimd::avx>::sum_by_halves(
                _mm256_add_pd(_mm512_castpd512_pd256(all), _mm512_extractf64x4_pd(all, 1)));
        } else
#endif
#if defined(__AVX2__)
            if constexpr (width == 4 && sizeof(T) == 8) {
            const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
            return _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two));
        } else
#endif
            return joined(v, [](T a, T b) { return a + b; });
    }
    /// Of lanes without NaN.
    static T largest(const type& v) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return _mm512_reduce_max_ps(v);
        else
#endif
            return joined(v, [](T a, T b) { return a > b ? a : b; });
    }

    /// Floats as doubles, in the same order.
    static std::array<wide, static_cast<std::size_t>(width / wide::size)> widen(const type& v) {
        if constexpr (sizeof(T) == sizeof(double))
            return {v};
        else
#if defined(__AVX512DQ__)
            if constexpr (floats == 16)
            return {wide(_mm512_cvtps_pd(_mm512_castps512_ps256(v))),
                    wide(_mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)))};
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8)
            return {wide(_mm256_cvtps_pd(_mm256_castps256_ps128(v))),
                    wide(_mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)))};
        else
#endif
        {
            alignas(64) T x[static_cast<std::size_t>(width)];
            alignas(64) double y[static_cast<std::size_t>(width)];
            v.inner().store_aligned(x);
            for (int k = 0; k < width; ++k) y[k] = static_cast<double>(x[k]);
            return {lanes_memory<double, Arch>::load(y), lanes_memory<double, Arch>::load(y + wide::size)};
        }
    }

private:
    using memory::floats;
    template <class F>
    static T joined(const type& v, F f) {
        std::array<T, static_cast<std::size_t>(width)> x;
        memory::store(x.data(), v);
        for (std::size_t half = x.size() / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] = f(x[k], x[k + half]);
        return x[0];
    }
};
#endif

using lane::mask_of;

} // namespace RLHF_NAMESPACE::detail
