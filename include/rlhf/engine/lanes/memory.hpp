// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/simd.hpp>
#include <rlhf/core/float16.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace RLHF_NAMESPACE::detail {

#if !defined(RLHF_NO_SIMD)
/// How elements come from memory into lanes of T, and back.
template <class T, class Arch>
struct lanes_memory {
    using type = simd<T, Arch>;
    using mask = typename type::mask;
    static constexpr int width = type::size;

    static type load(const T* p) { return batch::load_unaligned(p); }

    /// Of another element type, converted.
    template <class E>
    static type load(const E* p) {
#if defined(__AVX512F__)
        if constexpr (floats == 16 && std::same_as<E, bfloat16>)
            return type(_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half_of(p)), 16)));
        else if constexpr (floats == 16 && std::same_as<E, float16>)
            return type(_mm512_cvtph_ps(half_of(p)));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8 && std::same_as<E, bfloat16>)
            return type(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(quarter_of(p)), 16)));
        else
#endif
#if defined(__AVX2__) && defined(__F16C__)
            if constexpr (floats == 8 && std::same_as<E, float16>)
            return type(_mm256_cvtph_ps(quarter_of(p)));
        else
#endif
        {
            alignas(64) T x[static_cast<std::size_t>(width)];
            for (int k = 0; k < width; ++k) x[k] = static_cast<T>(p[k]);
            return batch::load_aligned(x);
        }
    }
    /// Converted. PastCache: to memory that need not be read first; p is then aligned to the bytes that are written.
    template <bool PastCache = false, class E>
    static void store(E* p, const type& v) {
#if defined(__AVX512F__)
        if constexpr (floats == 16 && std::same_as<E, float>)
            put<PastCache>(p, _mm512_castps_si512(v));
        else if constexpr (floats == 16 && std::same_as<E, bfloat16>)
            put<PastCache>(p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(nearest_bfloat16(v), 16)));
        else if constexpr (floats == 16 && std::same_as<E, float16>)
            put<PastCache>(p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8 && std::same_as<E, float>)
            put<PastCache>(p, _mm256_castps_si256(v));
        else
#endif
#if defined(__AVX2__) && defined(__F16C__)
            if constexpr (floats == 8 && std::same_as<E, float16>)
            _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
        else
#endif
            if constexpr (std::same_as<E, T>)
            v.inner().store_unaligned(p);
        else {
            alignas(64) T x[static_cast<std::size_t>(width)];
            v.inner().store_aligned(x);
            for (int k = 0; k < width; ++k) p[k] = static_cast<E>(x[k]);
        }
    }

    /// The first n lanes; the others are 0, and their memory is not touched.
    static type load_first(const T* p, std::int64_t n) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << n) - 1), p));
        else if constexpr (width * sizeof(T) == 64)
            return type(_mm512_maskz_loadu_pd(static_cast<__mmask8>((1U << n) - 1), p));
        else
#endif
        {
            alignas(64) T x[static_cast<std::size_t>(width)] = {};
            for (std::int64_t k = 0; k < n; ++k) x[k] = p[k];
            return batch::load_aligned(x);
        }
    }
    static void store_first(T* p, const type& v, std::int64_t n) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1U << n) - 1), v);
        else if constexpr (width * sizeof(T) == 64)
            _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1U << n) - 1), v);
        else
#endif
        {
            alignas(64) T x[static_cast<std::size_t>(width)];
            v.inner().store_aligned(x);
            for (std::int64_t k = 0; k < n; ++k) p[k] = x[k];
        }
    }

    /// The last n lanes, from p on and to it; the others are 0, and their memory is not touched.
    static type load_last(const T* p, std::int64_t n) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_maskz_expandloadu_ps(static_cast<__mmask16>(0xffffU << (width - n)), p));
        else if constexpr (width * sizeof(T) == 64)
            return type(_mm512_maskz_expandloadu_pd(static_cast<__mmask8>(0xffU << (width - n)), p));
        else
#endif
        {
            alignas(64) T x[static_cast<std::size_t>(width)] = {};
            for (std::int64_t k = 0; k < n; ++k) x[width - n + k] = p[k];
            return batch::load_aligned(x);
        }
    }
    static void store_last(T* p, const type& v, std::int64_t n) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            store_first(p, type(_mm512_maskz_compress_ps(static_cast<__mmask16>(0xffffU << (width - n)), v)), n);
        else if constexpr (width * sizeof(T) == 64)
            store_first(p, type(_mm512_maskz_compress_pd(static_cast<__mmask8>(0xffU << (width - n)), v)), n);
        else
#endif
        {
            alignas(64) T x[static_cast<std::size_t>(width)];
            v.inner().store_aligned(x);
            for (std::int64_t k = 0; k < n; ++k) p[k] = x[width - n + k];
        }
    }

    /// 2 · width entries: those at even places, those at odd ones. For bfloat16, whose pairs are the halves of 32 bits.
    static std::array<type, 2> load_interleaved(const bfloat16* p) {
#if defined(__AVX512F__)
        if constexpr (floats == 16) {
            const __m512i pairs = _mm512_loadu_si512(p);
            return {type(_mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16))),
                    type(_mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(upper_half))))};
        } else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8) {
            const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
            return {type(_mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16))),
                    type(_mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(upper_half))))};
        } else
#endif
        {
            alignas(64) T even[static_cast<std::size_t>(width)], odd[static_cast<std::size_t>(width)];
            for (std::ptrdiff_t k = 0; k < width; ++k)
                even[k] = static_cast<T>(p[2 * k]), odd[k] = static_cast<T>(p[2 * k + 1]);
            return {batch::load_aligned(even), batch::load_aligned(odd)};
        }
    }
    template <bool PastCache = false>
    static void store_interleaved(bfloat16* p, const type& even, const type& odd) {
#if defined(__AVX512F__)
        if constexpr (floats == 16) {
            const __m512i low = _mm512_srli_epi32(nearest_bfloat16(even), 16), high = nearest_bfloat16(odd);
            put<PastCache>(p, _mm512_ternarylogic_epi32(_mm512_set1_epi32(upper_half), high, low, 0xca));
        } else
#endif
        {
            alignas(64) T x[static_cast<std::size_t>(width)], y[static_cast<std::size_t>(width)];
            even.inner().store_aligned(x), odd.inner().store_aligned(y);
            for (std::ptrdiff_t k = 0; k < width; ++k) p[2 * k] = bfloat16(x[k]), p[2 * k + 1] = bfloat16(y[k]);
        }
    }

    /// The bytes that are not zero.
    static mask counted(const std::uint8_t* bytes) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
        if constexpr (width == 16) {
            const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
            return mask(_mm_test_epi8_mask(b, b));
        } else if constexpr (width == 8 && sizeof(T) == 8) {
            const __m128i b = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
            return mask(static_cast<__mmask8>(_mm_test_epi8_mask(b, b)));
        } else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8) {
            const __m256i bits = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
            return mask(_mm256_castsi256_ps(_mm256_cmpgt_epi32(bits, _mm256_setzero_si256())));
        } else if constexpr (width == 4 && sizeof(T) == 8) {
            std::int32_t four;
            std::memcpy(&four, bytes, sizeof four);
            const __m256i bits = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four));
            return mask(_mm256_castsi256_pd(_mm256_cmpgt_epi64(bits, _mm256_setzero_si256())));
        } else
#endif
        {
            alignas(64) T flags[static_cast<std::size_t>(width)];
            for (int i = 0; i < width; ++i) flags[i] = bytes[i] != 0 ? T(1) : T(0);
            return batch::load_aligned(flags) > batch(T(0));
        }
    }

protected:
    using batch = typename type::batch;
    static constexpr int floats = sizeof(T) == 4 ? width : 0; ///< for instructions on so many floats
    static constexpr int upper_half = static_cast<int>(0xffff0000U);
#if defined(__AVX2__)
    template <bool PastCache>
    static void put(void* p, __m256i bits) {
        PastCache ? _mm256_stream_si256(static_cast<__m256i*>(p), bits)
                  : _mm256_storeu_si256(static_cast<__m256i*>(p), bits);
    }
#endif
#if defined(__AVX512F__)
    template <bool PastCache>
    static void put(void* p, __m512i bits) {
        PastCache ? _mm512_stream_si512(static_cast<__m512i*>(p), bits) : _mm512_storeu_si512(p, bits);
    }
    /// Floats whose upper halves are the nearest bfloat16, ties to even; NaN stays a quiet NaN.
    static __m512i nearest_bfloat16(const type& v) {
        const __m512i bits = _mm512_castps_si512(v), one = _mm512_set1_epi32(1);
        const __m512i even = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
        const __m512i nearest = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), even);
        return _mm512_mask_or_epi32(nearest, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), bits, _mm512_set1_epi32(0x400000));
    }
    static __m256i half_of(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
#endif
#if defined(__AVX2__)
    static __m128i quarter_of(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
#endif
};
#endif

/// After stores past the cache, before another thread may read.
inline void end_past_cache() {
#if !defined(RLHF_NO_SIMD) && defined(__SSE2__)
    _mm_sfence();
#endif
}

/// Fetches memory that is read soon. Inlined by force: as a call without an effect, g++ would leave it out. The address
/// may be anything.
RLHF_INLINE inline void prefetch([[maybe_unused]] const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p);
#endif
}
/// Memory that is written soon.
RLHF_INLINE inline void prefetch_to_write([[maybe_unused]] const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p, 1);
#endif
}
/// Memory that is needed later: into the second-level cache, since the first can wait for a dozen lines only.
RLHF_INLINE inline void prefetch_far([[maybe_unused]] const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p, 0, 2);
#endif
}

} // namespace RLHF_NAMESPACE::detail
