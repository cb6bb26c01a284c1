// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/float16.hpp>
#include <rlhf/engine/lanes/words_avx2.hpp>

#include <bit>
#include <cstdint>

#if defined(__AVX512F__) && !defined(RLHF_NO_SIMD)
#include <immintrin.h>

RLHF_INTRINSICS_BEGIN
namespace RLHF_NAMESPACE::detail {

template <>
struct words<float, 64> {
    using V = __m512;
    using M = __mmask16;
    static constexpr bool many_registers = true; ///< 32

    static V load(const bfloat16* p) {
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half_of(p)), 16));
    }
    static V load(const float16* p) { return _mm512_cvtph_ps(half_of(p)); }
    template <bool PastCache>
    static void store(float* p, V v) {
        PastCache ? _mm512_stream_ps(p, v) : _mm512_storeu_ps(p, v);
    }
    template <bool PastCache>
    static void store(bfloat16* p, V v) {
        put<PastCache>(p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(nearest_bfloat16(v), 16)));
    }
    template <bool PastCache>
    static void store(float16* p, V v) {
        put<PastCache>(p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
    }
    static V load_first(const float* p, std::int64_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
    static void store_first(float* p, V v, std::int64_t n) { _mm512_mask_storeu_ps(p, first(n), v); }
    static V load_last(const float* p, std::int64_t n) { return _mm512_maskz_expandloadu_ps(last(n), p); }
    static void store_last(float* p, V v, std::int64_t n) { store_first(p, _mm512_maskz_compress_ps(last(n), v), n); }
    struct pairs {
        V even, odd;
    };
    static pairs load_interleaved(const bfloat16* p) {
        const __m512i both = _mm512_loadu_si512(p);
        return {_mm512_castsi512_ps(_mm512_slli_epi32(both, 16)),
                _mm512_castsi512_ps(_mm512_and_si512(both, _mm512_set1_epi32(upper_half)))};
    }
    template <bool PastCache>
    static void store_interleaved(bfloat16* p, V even, V odd) {
        const __m512i low = _mm512_srli_epi32(nearest_bfloat16(even), 16), high = nearest_bfloat16(odd);
        const __m512i both = _mm512_ternarylogic_epi32(_mm512_set1_epi32(upper_half), high, low, 0xca);
        PastCache ? _mm512_stream_si512(reinterpret_cast<__m512i*>(p), both) : _mm512_storeu_si512(p, both);
    }
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    static M counted(const std::uint8_t* bytes) {
        const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
        return _mm_test_epi8_mask(b, b);
    }
#endif

    static int count(M m) { return std::popcount(static_cast<unsigned>(m)); }
    static V add_where(M m, V sum, V x) { return _mm512_mask_add_ps(sum, m, sum, x); }
    static M unequal(V a, V b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }
    static V larger(V a, V b) { return _mm512_max_ps(a, b); }
    static V smaller(V a, V b) { return _mm512_min_ps(a, b); }
    static V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
    static V fma_where(M m, V a, V b, V c) { return _mm512_mask3_fmadd_ps(a, b, c, m); }
    static V scale2(V v, V n) { return _mm512_scalef_ps(v, n); }
    static V scale2_or_zero(V v, V n, V lowest) {
        return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(n, lowest, _CMP_NLT_UQ), v, n);
    }
    static float largest(V v) { return _mm512_reduce_max_ps(v); }
#if defined(__AVX512DQ__)
    struct doubles {
        __m512d first, last;
    };
    static doubles widen(V v) {
        return {_mm512_cvtps_pd(_mm512_castps512_ps256(v)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))};
    }
#endif

    template <int N>
    static V shift_down(V v, V next) {
        return _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(next), _mm512_castps_si512(v), N));
    }
    template <int N>
    static V broadcast(V v) {
        return N == 0 ? _mm512_broadcastss_ps(_mm512_castps512_ps128(v)) : broadcast(N, v);
    }
    static V broadcast(int n, V v) { return _mm512_permutexvar_ps(_mm512_set1_epi32(n), v); }
    static M where(std::uint64_t bits) { return static_cast<M>(bits); }
    static V compress(std::uint64_t bits, V v, V rest) { return _mm512_mask_compress_ps(rest, where(bits), v); }
    static V expand(std::uint64_t bits, V v) { return _mm512_maskz_expand_ps(where(bits), v); }
    template <int N>
    static V down_in_halves(V v) {
        return within<N>((0xff >> N) * 0x0101U, v);
    }
    template <int N>
    static V up_in_halves(V v) {
        return within<16 - N>((0xff << N & 0xff) * 0x0101U, v);
    }

private:
    /// Lane i + N, around the end, where the bit of lane i is set, else 0.
    template <int N>
    static V within(unsigned bits, V v) {
        const __m512i all = _mm512_castps_si512(v);
        return _mm512_castsi512_ps(_mm512_maskz_alignr_epi32(static_cast<M>(bits), all, all, N));
    }
    static constexpr int upper_half = static_cast<int>(0xffff0000U);
    static M first(std::int64_t n) { return static_cast<M>((1U << n) - 1); }
    static M last(std::int64_t n) { return static_cast<M>(0xffffU << (16 - n)); }
    static __m256i half_of(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
    template <bool PastCache>
    static void put(void* p, __m256i bits) {
        PastCache ? _mm256_stream_si256(static_cast<__m256i*>(p), bits)
                  : _mm256_storeu_si256(static_cast<__m256i*>(p), bits);
    }
    /// Floats whose upper halves are the nearest bfloat16, ties to even; NaN stays a quiet NaN.
    static __m512i nearest_bfloat16(V v) {
        const __m512i bits = _mm512_castps_si512(v), one = _mm512_set1_epi32(1);
        const __m512i even = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
        const __m512i nearest = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), even);
        return _mm512_mask_or_epi32(nearest, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), bits, _mm512_set1_epi32(0x400000));
    }
};

template <>
struct words<double, 64> {
    using V = __m512d;
    using M = __mmask8;
    static constexpr bool many_registers = true; ///< 32

    static V load(const float* p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
    static void store_doubles(double* p, __m256 v) { _mm512_store_pd(p, _mm512_cvtps_pd(v)); }
    static __m256 load_doubles(const double* p) { return _mm512_cvtpd_ps(_mm512_load_pd(p)); }

    static V load_first(const double* p, std::int64_t n) { return _mm512_maskz_loadu_pd(first(n), p); }
    static void store_first(double* p, V v, std::int64_t n) { _mm512_mask_storeu_pd(p, first(n), v); }
    static V load_last(const double* p, std::int64_t n) { return _mm512_maskz_expandloadu_pd(last(n), p); }
    static void store_last(double* p, V v, std::int64_t n) { store_first(p, _mm512_maskz_compress_pd(last(n), v), n); }
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    static M counted(const std::uint8_t* bytes) {
        const __m128i b = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
        return static_cast<M>(_mm_test_epi8_mask(b, b));
    }
#endif

    static int count(M m) { return std::popcount(static_cast<unsigned>(m)); }
    static V add_where(M m, V sum, V x) { return _mm512_mask_add_pd(sum, m, sum, x); }
    static M unequal(V a, V b) { return _mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ); }
    static V larger(V a, V b) { return _mm512_max_pd(a, b); }
    static V smaller(V a, V b) { return _mm512_min_pd(a, b); }
    static V fma(V a, V b, V c) { return _mm512_fmadd_pd(a, b, c); }
    static V fma_where(M m, V a, V b, V c) { return _mm512_mask3_fmadd_pd(a, b, c, m); }
    static V scale2(V v, V n) { return _mm512_scalef_pd(v, n); }
    static double sum_by_halves(V v) {
        const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd(v, 1));
        return words<double, 32>::sum_by_halves(four);
    }
    /// Each step adds the halves of two registers, and keeps both results in one register.
    static V sums_by_halves(V a, V b, V c, V d, V e, V f, V g, V h) {
        return ones(twos(fours(a, e), fours(c, g)), twos(fours(b, f), fours(d, h)));
    }

    template <int N>
    static V shift_down(V v, V next) {
        return _mm512_castsi512_pd(_mm512_alignr_epi64(_mm512_castpd_si512(next), _mm512_castpd_si512(v), N));
    }
    template <int N>
    static V broadcast(V v) {
        return N == 0 ? _mm512_broadcastsd_pd(_mm512_castpd512_pd128(v)) : broadcast(N, v);
    }
    static V broadcast(int n, V v) { return _mm512_permutexvar_pd(_mm512_set1_epi64(n), v); }
    static M where(std::uint64_t bits) { return static_cast<M>(bits); }
    static V compress(std::uint64_t bits, V v, V rest) { return _mm512_mask_compress_pd(rest, where(bits), v); }
    static V expand(std::uint64_t bits, V v) { return _mm512_maskz_expand_pd(where(bits), v); }
    template <int N>
    static V down_in_halves(V v) {
        return within<N>((0xf >> N) * 0x11U, v);
    }
    template <int N>
    static V up_in_halves(V v) {
        return within<8 - N>((0xf << N & 0xf) * 0x11U, v);
    }

private:
    static V fours(V x, V y) {
        return _mm512_add_pd(_mm512_mask_blend_pd(0xf0, x, y), _mm512_shuffle_f64x2(x, y, 0x4e));
    }
    static V twos(V x, V y) {
        const __m512i others = _mm512_setr_epi64(2, 3, 8, 9, 6, 7, 12, 13);
        return _mm512_add_pd(_mm512_mask_blend_pd(0xcc, x, y), _mm512_permutex2var_pd(x, others, y));
    }
    static V ones(V x, V y) { return _mm512_add_pd(_mm512_mask_blend_pd(0xaa, x, y), _mm512_shuffle_pd(x, y, 0x55)); }
    /// Lane i + N, around the end, where the bit of lane i is set, else 0.
    template <int N>
    static V within(unsigned bits, V v) {
        const __m512i all = _mm512_castpd_si512(v);
        return _mm512_castsi512_pd(_mm512_maskz_alignr_epi64(static_cast<M>(bits), all, all, N));
    }
    static M first(std::int64_t n) { return static_cast<M>((1U << n) - 1); }
    static M last(std::int64_t n) { return static_cast<M>(0xffU << (8 - n)); }
};

#if defined(__AVX512BW__)
template <>
struct words<std::uint8_t, 64> {
    static std::uint64_t counted(const std::uint8_t* bytes, std::uint64_t read) {
        const __m512i b = _mm512_maskz_loadu_epi8(read, bytes);
        return _mm512_test_epi8_mask(b, b);
    }
};
#endif

} // namespace RLHF_NAMESPACE::detail
RLHF_INTRINSICS_END
#endif
