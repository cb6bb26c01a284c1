// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/words.hpp>

#include <cstdint>
#include <cstring>

#if defined(__SSE2__) && !defined(RLHF_NO_SIMD)
#include <emmintrin.h> // not the 40,000 lines of immintrin.h, which xsimd, too, reads only for AVX

namespace RLHF_NAMESPACE::detail {

/// Functions on registers of 16 bytes with elements of any type.
struct sse2_words {
    /// Byte i gets byte i + N; the last bytes get the first bytes of `next`.
    template <int N>
    static __m128i down(__m128i v, __m128i next) {
        return _mm_or_si128(_mm_srli_si128(v, N), _mm_slli_si128(next, 16 - N));
    }
    /// All ones in the 32-bit lanes whose bit is set.
    static __m128i where(std::uint64_t bits, __m128i bit_of_lane) {
        return _mm_cmpeq_epi32(_mm_and_si128(_mm_set1_epi32(static_cast<int>(bits)), bit_of_lane), bit_of_lane);
    }
    static std::uint64_t not_zero(__m128i bytes) {
        return static_cast<std::uint64_t>(~_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())));
    }
};

template <>
struct words<float, 16> : sse2_words {
    using V = __m128;
    static V larger(V a, V b) { return _mm_max_ps(a, b); }
    template <int N>
    static V shift_down(V v, V next) {
        return _mm_castsi128_ps(down<4 * N>(_mm_castps_si128(v), _mm_castps_si128(next)));
    }
    template <int N>
    static V broadcast(V v) {
        return _mm_shuffle_ps(v, v, N * 0x55);
    }
    static V where(std::uint64_t bits) { return _mm_castsi128_ps(sse2_words::where(bits, _mm_setr_epi32(1, 2, 4, 8))); }
};

template <>
struct words<double, 16> : sse2_words {
    using V = __m128d;
    static V larger(V a, V b) { return _mm_max_pd(a, b); }
    template <int N>
    static V shift_down(V v, V next) {
        static_assert(N == 1);
        return _mm_shuffle_pd(v, next, 1); // for down<8> g++ 12 uses an MMX register, after which long double is NaN
    }
    template <int N>
    static V broadcast(V v) {
        return _mm_shuffle_pd(v, v, N * 3);
    }
    static V where(std::uint64_t bits) { return _mm_castsi128_pd(sse2_words::where(bits, _mm_setr_epi32(1, 1, 2, 2))); }
};

template <>
struct words<std::uint8_t, 16> : sse2_words {
    static std::uint64_t counted(const std::uint8_t* bytes) {
        return not_zero(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes))) & 0xffff;
    }
};
template <>
struct words<std::uint8_t, 8> : sse2_words {
    static std::uint64_t counted(const std::uint8_t* bytes) {
        return not_zero(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes))) & 0xff;
    }
};
template <>
struct words<std::uint8_t, 4> : sse2_words {
    static std::uint64_t counted(const std::uint8_t* bytes) {
        int four;
        std::memcpy(&four, bytes, sizeof four);
        return not_zero(_mm_cvtsi32_si128(four)) & 0xf;
    }
};

} // namespace RLHF_NAMESPACE::detail
#endif
