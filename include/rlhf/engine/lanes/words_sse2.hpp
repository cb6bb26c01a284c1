// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/words.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__) && !defined(RLHF_NO_SIMD)
#include <emmintrin.h> // not the 40,000 lines of immintrin.h, which xsimd, too, reads only for AVX

namespace RLHF_NAMESPACE::detail {

/// What registers of 16 bytes share, whatever they hold.
struct sse2_words {
    /// Byte i gets byte i + N; the last bytes get the first of `next`.
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

/// For each pattern of four bits, the lanes that take their element from `By` lanes above when the lanes whose bit is
/// set move side by side. They move in two steps, by 1 and then by 2, as far as there are gaps below them. With `Apart`
/// they move back, by 2 and then by 1.
template <int By, bool Apart>
constexpr std::array<std::uint8_t, 16> lane_moves() {
    std::array<std::uint8_t, 16> lanes{};
    for (int bits = 0; bits < 16; ++bits)
        for (int k = 0, n = 0; k < 4; ++k) {
            if ((bits >> k & 1) == 0) continue;
            const int gap = k - n++, from = Apart ? k - gap : k,
                      done = By == 1 ? (Apart ? gap & 2 : 0) : (Apart ? 0 : gap & 1);
            const int to = Apart ? from + done + By : from - done - By;
            if ((gap & By) != 0) lanes[static_cast<std::size_t>(bits)] |= static_cast<std::uint8_t>(1 << to);
        }
    return lanes;
}

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
    static V compress(std::uint64_t bits, V v, V rest) {
        const V beside = moved<2, false>(bits, moved<1, false>(bits, v));
        return select(where(low_bits(std::popcount(bits))), beside, rest);
    }
    static V expand(std::uint64_t bits, V v) {
        return _mm_and_ps(where(bits), moved<1, true>(bits, moved<2, true>(bits, v)));
    }

private:
    template <int By, bool Apart>
    static V moved(std::uint64_t bits, V v) {
        static constexpr auto lanes = lane_moves<By, Apart>();
        return select(where(lanes[bits]), shift_down < Apart ? 4 - By : By > (v, v), v);
    }
    static V select(V mask, V yes, V no) { return _mm_or_ps(_mm_and_ps(mask, yes), _mm_andnot_ps(mask, no)); }
};

template <>
struct words<double, 16> : sse2_words {
    using V = __m128d;
    static V larger(V a, V b) { return _mm_max_pd(a, b); }
    template <int N>
    static V shift_down(V v, V next) {
        return _mm_castsi128_pd(down<8 * N>(_mm_castpd_si128(v), _mm_castpd_si128(next)));
    }
    template <int N>
    static V broadcast(V v) {
        return _mm_shuffle_pd(v, v, N * 3);
    }
    static V where(std::uint64_t bits) { return _mm_castsi128_pd(sse2_words::where(bits, _mm_setr_epi32(1, 1, 2, 2))); }
    static V compress(std::uint64_t bits, V v, V rest) {
        const V beside = select(where(bits == 2 ? 1 : 0), shift_down<1>(v, v), v);
        return select(where(low_bits(std::popcount(bits))), beside, rest);
    }
    static V expand(std::uint64_t bits, V v) {
        return _mm_and_pd(where(bits), select(where(bits == 2 ? 2 : 0), shift_down<1>(v, v), v));
    }

private:
    static V select(V mask, V yes, V no) { return _mm_or_pd(_mm_and_pd(mask, yes), _mm_andnot_pd(mask, no)); }
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
