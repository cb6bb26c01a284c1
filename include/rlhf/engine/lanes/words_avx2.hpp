// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/float16.hpp>
#include <rlhf/engine/lanes/words.hpp>

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__) && !defined(RLHF_NO_SIMD)
#include <immintrin.h>

namespace RLHF_NAMESPACE::detail {

/// Functions on registers of 32 bytes with elements of any type.
struct avx2_words {
    /// Lane i of 32 bits gets lane i + N; the last lanes get the first lanes of `next`.
    template <int N>
    static __m256i down(__m256i v, __m256i next) {
        const __m256i middle = _mm256_permute2x128_si256(v, next, 0x21);
        if constexpr (N == 4)
            return middle;
        else
            return _mm256_alignr_epi8(N < 4 ? middle : next, N < 4 ? v : middle, 4 * N % 16);
    }
    /// Lane i of 32 bits gets lane i + n, around the end.
    static __m256 around(__m256 v, std::int64_t n) {
        const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return _mm256_permutevar8x32_ps(v, _mm256_add_epi32(lanes, _mm256_set1_epi32(static_cast<int>(n))));
    }
#if defined(__BMI2__) && defined(__x86_64__)
    /// Lane i of 32 bits gets the lane whose number is byte i of `order`.
    static __m256 permuted(__m256 v, std::uint64_t order) {
        return _mm256_permutevar8x32_ps(v, _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(order))));
    }
    static constexpr std::uint64_t lane_numbers = 0x0706050403020100U;
#endif
};

template <>
struct words<float, 32> : avx2_words {
    using V = __m256;

    static V load(const bfloat16* p) {
        const __m128i upper = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(upper), 16));
    }
    template <bool PastCache>
    static void store(float* p, V v) {
        PastCache ? _mm256_stream_ps(p, v) : _mm256_storeu_ps(p, v);
    }
    template <bool PastCache>
    static void store(bfloat16* p, V v) {
        const __m256i halves = _mm256_srli_epi32(nearest_bfloat16(v), 16);
        put<PastCache>(p, _mm_packus_epi32(_mm256_castsi256_si128(halves), second_half(halves)));
    }
#if defined(__F16C__)
    static V load(const float16* p) { return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }
    template <bool PastCache>
    static void store(float16* p, V v) {
        put<PastCache>(p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
    }
#endif
    static V load_first(const float* p, std::int64_t n) { return _mm256_maskload_ps(p, first(n)); }
    static void store_first(float* p, V v, std::int64_t n) { _mm256_maskstore_ps(p, first(n), v); }
    static V load_last(const float* p, std::int64_t n) { return around(load_first(p, n), n); }
    static void store_last(float* p, V v, std::int64_t n) { store_first(p, around(v, -n), n); }
    struct pairs {
        V even, odd;
    };
    static pairs load_interleaved(const bfloat16* p) {
        const __m256i both = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        const __m256i upper_half = _mm256_set1_epi32(static_cast<int>(0xffff0000U));
        return {_mm256_castsi256_ps(_mm256_slli_epi32(both, 16)),
                _mm256_castsi256_ps(_mm256_and_si256(both, upper_half))};
    }
    template <bool PastCache>
    static void store_interleaved(bfloat16* p, V even, V odd) {
        // One test for both: NaN is rare, and its own rounding takes as long as a number's.
        const bool numbers = _mm256_testz_ps(unordered(even, odd), _mm256_set1_ps(-0.0F)) != 0;
        const __m256i low = _mm256_srli_epi32(numbers ? nearest_of_number(even) : nearest_bfloat16(even), 16);
        const __m256i both = _mm256_blend_epi16(low, numbers ? nearest_of_number(odd) : nearest_bfloat16(odd), 0xaa);
        PastCache ? _mm256_stream_si256(reinterpret_cast<__m256i*>(p), both)
                  : _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), both);
    }
    static V counted(const std::uint8_t* bytes) {
        const __m256i lanes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
        return _mm256_castsi256_ps(_mm256_cmpgt_epi32(lanes, _mm256_setzero_si256()));
    }

    static int count(V mask) { return std::popcount(static_cast<unsigned>(_mm256_movemask_ps(mask))); }
    using counter = __m256i; // in 32 bits per lane
    static void count_on(counter& n, V mask) { n = _mm256_sub_epi32(n, _mm256_castps_si256(mask)); }
    static std::int64_t counted_up(counter n) {
        const __m128i four = halves_added(n), two = _mm_hadd_epi32(four, four);
        return _mm_cvtsi128_si32(_mm_hadd_epi32(two, two));
    }
    static void add_counts(std::int64_t* to, counter a, counter b, counter c, counter d) {
        const __m128i each = _mm_hadd_epi32(_mm_hadd_epi32(halves_added(a), halves_added(b)),
                                            _mm_hadd_epi32(halves_added(c), halves_added(d)));
        auto* const at = reinterpret_cast<__m256i*>(to);
        _mm256_storeu_si256(at, _mm256_add_epi64(_mm256_loadu_si256(at), _mm256_cvtepi32_epi64(each)));
    }
    static V add_where(V mask, V sum, V x) { return _mm256_add_ps(sum, _mm256_and_ps(mask, x)); }
    static V unequal(V a, V b) { return _mm256_cmp_ps(a, b, _CMP_NEQ_UQ); }
    static V larger(V a, V b) { return _mm256_max_ps(a, b); }
    static V smaller(V a, V b) { return _mm256_min_ps(a, b); }
    static V zero_where_less(V x, V bound, V v) { return _mm256_andnot_ps(_mm256_cmp_ps(x, bound, _CMP_LT_OQ), v); }
    static float largest(V v) {
        const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), second_half(v));
        const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
    }
    struct doubles {
        __m256d first, last;
    };
    static doubles widen(V v) { return {_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(second_half(v))}; }
    static void store_doubles(double* p, V v) {
        const doubles d = widen(v);
        _mm256_store_pd(p, d.first), _mm256_store_pd(p + 4, d.last);
    }
    static V load_doubles(const double* p) {
        return _mm256_set_m128(_mm256_cvtpd_ps(_mm256_load_pd(p + 4)), _mm256_cvtpd_ps(_mm256_load_pd(p)));
    }
    /// Element k of register g becomes element g of register k.
    static void transpose(V (&r)[8]) {
        V pairs[8], fours[8];
        for (int i = 0; i < 8; i += 2) {
            pairs[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
            pairs[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
        }
        for (int i = 0; i < 8; i += 4)
            for (int k = 0; k < 2; ++k) {
                fours[i + 2 * k] = _mm256_shuffle_ps(pairs[i + k], pairs[i + k + 2], 0x44);
                fours[i + 2 * k + 1] = _mm256_shuffle_ps(pairs[i + k], pairs[i + k + 2], 0xee);
            }
        for (int k = 0; k < 4; ++k) {
            r[k] = _mm256_permute2f128_ps(fours[k], fours[k + 4], 0x20);
            r[k + 4] = _mm256_permute2f128_ps(fours[k], fours[k + 4], 0x31);
        }
    }

    template <int N>
    static V shift_down(V v, V next) {
        return _mm256_castsi256_ps(down<N>(_mm256_castps_si256(v), _mm256_castps_si256(next)));
    }
    template <int N>
    static V broadcast(V v) {
        return N == 0 ? _mm256_broadcastss_ps(_mm256_castps256_ps128(v)) : broadcast(N, v);
    }
    static V broadcast(int n, V v) { return _mm256_permutevar8x32_ps(v, _mm256_set1_epi32(n)); }
    static V where(std::uint64_t bits) {
        const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        const __m256i set = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lane);
        return _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane));
    }
#if defined(__BMI2__) && defined(__x86_64__)
    static V compress(std::uint64_t bits, V v, V rest) {
        const V beside = permuted(v, _pext_u64(lane_numbers, byte_of_each(bits)));
        return _mm256_blendv_ps(rest, beside, where(low_bits(std::popcount(bits))));
    }
    static V expand(std::uint64_t bits, V v) {
        const V apart = permuted(v, _pdep_u64(lane_numbers, byte_of_each(bits)));
        return _mm256_blendv_ps(_mm256_setzero_ps(), apart, where(bits));
    }
    static std::uint64_t byte_of_each(std::uint64_t bits) { return _pdep_u64(bits, 0x0101010101010101U) * 0xff; }
#endif

private:
    static __m128 second_half(V v) { return _mm256_extractf128_ps(v, 1); }
    static __m128i second_half(__m256i v) { return _mm256_extracti128_si256(v, 1); }
    static __m128i halves_added(counter n) { return _mm_add_epi32(_mm256_castsi256_si128(n), second_half(n)); }
    static V unordered(V a, V b) { return _mm256_cmp_ps(a, b, _CMP_UNORD_Q); }
    static __m256i first(std::int64_t n) {
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
    template <bool PastCache>
    static void put(void* p, __m128i bits) {
        PastCache ? _mm_stream_si128(static_cast<__m128i*>(p), bits) : _mm_storeu_si128(static_cast<__m128i*>(p), bits);
    }
    /// Floats whose upper halves are the nearest bfloat16, ties to even; NaN stays a quiet NaN.
    static __m256i nearest_bfloat16(V v) {
        const __m256i quiet = _mm256_or_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x400000));
        const V number = _mm256_castsi256_ps(nearest_of_number(v));
        return _mm256_castps_si256(_mm256_blendv_ps(number, _mm256_castsi256_ps(quiet), unordered(v, v)));
    }
    static __m256i nearest_of_number(V v) {
        const __m256i bits = _mm256_castps_si256(v), one = _mm256_set1_epi32(1);
        const __m256i even = _mm256_and_si256(_mm256_srli_epi32(bits, 16), one);
        return _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), even);
    }
};

template <>
struct words<double, 32> : avx2_words {
    using V = __m256d;

    static V load(const float* p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
    static V load_first(const double* p, std::int64_t n) { return _mm256_maskload_pd(p, first(n)); }
    static void store_first(double* p, V v, std::int64_t n) { _mm256_maskstore_pd(p, first(n), v); }
    static V load_last(const double* p, std::int64_t n) {
        return _mm256_castps_pd(around(_mm256_castpd_ps(load_first(p, n)), 2 * n));
    }
    static void store_last(double* p, V v, std::int64_t n) {
        store_first(p, _mm256_castps_pd(around(_mm256_castpd_ps(v), -2 * n)), n);
    }
    static V counted(const std::uint8_t* bytes) {
        std::int32_t four;
        std::memcpy(&four, bytes, sizeof four);
        const __m256i lanes = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four));
        return _mm256_castsi256_pd(_mm256_cmpgt_epi64(lanes, _mm256_setzero_si256()));
    }

    static int count(V mask) { return std::popcount(static_cast<unsigned>(_mm256_movemask_pd(mask))); }
    static V add_where(V mask, V sum, V x) { return _mm256_add_pd(sum, _mm256_and_pd(mask, x)); }
    static V unequal(V a, V b) { return _mm256_cmp_pd(a, b, _CMP_NEQ_UQ); }
    static V larger(V a, V b) { return _mm256_max_pd(a, b); }
    static V smaller(V a, V b) { return _mm256_min_pd(a, b); }
    static V zero_where_less(V x, V bound, V v) { return _mm256_andnot_pd(_mm256_cmp_pd(x, bound, _CMP_LT_OQ), v); }
    static double sum_by_halves(V v) {
        const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
        return _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two));
    }
    /// Each step adds the halves of two registers, and keeps both results in one register.
    static V sums_by_halves(V a, V b, V c, V d) {
        const auto twos = [](V x, V y) {
            return _mm256_add_pd(_mm256_blend_pd(x, y, 0xc), _mm256_permute2f128_pd(x, y, 0x21));
        };
        const V x = twos(a, c), y = twos(b, d);
        return _mm256_add_pd(_mm256_blend_pd(x, y, 0xa), _mm256_shuffle_pd(x, y, 0x5));
    }

    template <int N>
    static V shift_down(V v, V next) {
        return _mm256_castsi256_pd(down<2 * N>(_mm256_castpd_si256(v), _mm256_castpd_si256(next)));
    }
    template <int N>
    static V broadcast(V v) {
        return _mm256_permute4x64_pd(v, N * 0x55);
    }
    static V where(std::uint64_t bits) {
        const __m256i lane = _mm256_setr_epi64x(1, 2, 4, 8);
        const __m256i set = _mm256_and_si256(_mm256_set1_epi64x(static_cast<long long>(bits)), lane);
        return _mm256_castsi256_pd(_mm256_cmpeq_epi64(set, lane));
    }
#if defined(__BMI2__) && defined(__x86_64__)
    static V compress(std::uint64_t bits, V v, V rest) {
        const __m256 beside = permuted(_mm256_castpd_ps(v), _pext_u64(lane_numbers, bytes_of_each(bits)));
        return _mm256_blendv_pd(rest, _mm256_castps_pd(beside), where(low_bits(std::popcount(bits))));
    }
    static V expand(std::uint64_t bits, V v) {
        const __m256 apart = permuted(_mm256_castpd_ps(v), _pdep_u64(lane_numbers, bytes_of_each(bits)));
        return _mm256_blendv_pd(_mm256_setzero_pd(), _mm256_castps_pd(apart), where(bits));
    }
    static std::uint64_t bytes_of_each(std::uint64_t bits) { return _pdep_u64(bits, 0x0001000100010001U) * 0xffff; }
#endif

private:
    static __m256i first(std::int64_t n) {
        return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
    }
};

#if defined(__BMI2__) && defined(__x86_64__)
template <>
struct words<std::uint64_t, 8> {
    static std::uint64_t compress(std::uint64_t bits, std::uint64_t where) { return _pext_u64(bits, where); }
};
#endif

} // namespace RLHF_NAMESPACE::detail
#endif
