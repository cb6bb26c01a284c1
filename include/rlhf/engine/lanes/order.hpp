// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/bits.hpp>
#include <rlhf/engine/lanes/memory.hpp>

namespace RLHF_NAMESPACE::detail {

#if !defined(RLHF_NO_SIMD)
/// How elements change lanes. Bits stand for lanes, the lowest for the first.
template <class T, class Arch>
struct lanes_order {
    using type = simd<T, Arch>;
    using mask = typename type::mask;
    static constexpr int width = type::size;

    /// Lane i gets lane i + N; the last ones get `next`'s first.
    template <int N>
    static type shift_down(const type& v, const type& next) {
        static_assert(N > 0 && N < width);
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(next), _mm512_castps_si512(v), N)));
        else if constexpr (bytes == 64)
            return type(_mm512_castsi512_pd(_mm512_alignr_epi64(_mm512_castpd_si512(next), _mm512_castpd_si512(v), N)));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8)
            return type(_mm256_castsi256_ps(bytes_down<N>(_mm256_castps_si256(v), _mm256_castps_si256(next))));
        else if constexpr (bytes == 32)
            return type(_mm256_castsi256_pd(bytes_down<2 * N>(_mm256_castpd_si256(v), _mm256_castpd_si256(next))));
        else
#endif
#if defined(__SSE2__)
            if constexpr (floats == 4)
            return type(_mm_castsi128_ps(bytes_down<4 * N>(_mm_castps_si128(v), _mm_castps_si128(next))));
        else if constexpr (bytes == 16)
            return type(_mm_castsi128_pd(bytes_down<8 * N>(_mm_castpd_si128(v), _mm_castpd_si128(next))));
        else
#endif
        {
            alignas(64) T x[2 * size];
            v.inner().store_aligned(x), next.inner().store_unaligned(x + width);
            return type(batch::load_unaligned(x + N));
        }
    }
    /// Lane i gets lane i − N; the first ones get `previous`'s last.
    template <int N>
    static type shift_up(const type& v, const type& previous) {
        return shift_down<width - N>(previous, v);
    }

    /// Lane N everywhere.
    template <int N>
    static type broadcast(const type& v) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return N == 0 ? type(_mm512_broadcastss_ps(_mm512_castps512_ps128(v)))
                          : type(_mm512_permutexvar_ps(_mm512_set1_epi32(N), v));
        else if constexpr (bytes == 64)
            return N == 0 ? type(_mm512_broadcastsd_pd(_mm512_castpd512_pd128(v)))
                          : type(_mm512_permutexvar_pd(_mm512_set1_epi64(N), v));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8)
            return N == 0 ? type(_mm256_broadcastss_ps(_mm256_castps256_ps128(v)))
                          : type(_mm256_permutevar8x32_ps(v, _mm256_set1_epi32(N)));
        else if constexpr (bytes == 32)
            return type(_mm256_permute4x64_pd(v, N * 0x55));
        else
#endif
#if defined(__SSE2__)
            if constexpr (floats == 4)
            return type(_mm_shuffle_ps(v, v, N * 0x55));
        else if constexpr (bytes == 16)
            return type(_mm_shuffle_pd(v, v, N * 3));
        else
#endif
        {
            alignas(64) T x[size];
            v.inner().store_aligned(x);
            return type(x[N]);
        }
    }

    /// Lane n everywhere.
    static type broadcast(int n, const type& v) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_permutexvar_ps(_mm512_set1_epi32(n), v));
        else if constexpr (bytes == 64)
            return type(_mm512_permutexvar_pd(_mm512_set1_epi64(n), v));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8)
            return type(_mm256_permutevar8x32_ps(v, _mm256_set1_epi32(n)));
        else
#endif
        {
            alignas(64) T x[size];
            v.inner().store_aligned(x);
            return type(x[n]);
        }
    }

    /// True where a bit is set.
    static mask where(std::uint64_t bits) {
#if defined(__AVX512F__)
        if constexpr (bytes == 64)
            return mask(static_cast<typename mask::register_type>(bits));
        else
#endif
#if defined(__AVX2__)
            if constexpr (floats == 8) {
            const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            const __m256i set = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lane);
            return mask(_mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane)));
        } else if constexpr (bytes == 32) {
            const __m256i lane = _mm256_setr_epi64x(1, 2, 4, 8);
            const __m256i set = _mm256_and_si256(_mm256_set1_epi64x(static_cast<long long>(bits)), lane);
            return mask(_mm256_castsi256_pd(_mm256_cmpeq_epi64(set, lane)));
        } else
#endif
#if defined(__SSE2__)
            if constexpr (bytes == 16) {
            const __m128i lane = floats == 4 ? _mm_setr_epi32(1, 2, 4, 8) : _mm_setr_epi32(1, 1, 2, 2);
            const __m128i set = _mm_cmpeq_epi32(_mm_and_si128(_mm_set1_epi32(static_cast<int>(bits)), lane), lane);
            if constexpr (floats == 4)
                return mask(_mm_castsi128_ps(set));
            else
                return mask(_mm_castsi128_pd(set));
        } else
#endif
        {
            alignas(64) T flags[size];
            for (int k = 0; k < width; ++k) flags[k] = (bits >> k & 1) != 0 ? T(1) : T(0);
            return batch::load_aligned(flags) > batch(T(0));
        }
    }

    /// The lanes whose bit is set, side by side from the first on; those behind them are `rest`'s.
    static type compress(std::uint64_t bits, const type& v, const type& rest) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_mask_compress_ps(rest, static_cast<__mmask16>(bits), v));
        else if constexpr (bytes == 64)
            return type(_mm512_mask_compress_pd(rest, static_cast<__mmask8>(bits), v));
        else
#endif
#if defined(__AVX2__) && defined(__BMI2__) && defined(__x86_64__)
            if constexpr (bytes == 32)
            return select(where(low_bits(std::popcount(bits))),
                          permuted(v, _pext_u64(lane_numbers, byte_of_each(bits))), rest);
        else
#endif
            if constexpr (width <= 4) {
            const type beside = moved<2, false>(bits, moved<1, false>(bits, v));
            return select(where(low_bits(std::popcount(bits))), beside, rest);
        } else {
            alignas(64) T x[size], y[size];
            v.inner().store_aligned(x);
            std::size_t n = 0; // no branch, which nobody could foresee
            for (std::size_t k = 0; k < size; ++k) y[n] = x[k], n += bits >> k & 1;
            return select(where(low_bits(static_cast<std::int64_t>(n))), type(batch::load_aligned(y)), rest);
        }
    }
    /// The other way: the first lanes, to where bits are set; 0 elsewhere.
    static type expand(std::uint64_t bits, const type& v) {
#if defined(__AVX512F__)
        if constexpr (floats == 16)
            return type(_mm512_maskz_expand_ps(static_cast<__mmask16>(bits), v));
        else if constexpr (bytes == 64)
            return type(_mm512_maskz_expand_pd(static_cast<__mmask8>(bits), v));
        else
#endif
#if defined(__AVX2__) && defined(__BMI2__) && defined(__x86_64__)
            if constexpr (bytes == 32)
            return select(where(bits), permuted(v, _pdep_u64(lane_numbers, byte_of_each(bits))), type(T(0)));
        else
#endif
            if constexpr (width <= 4) {
            return select(where(bits), moved<1, true>(bits, moved<2, true>(bits, v)), type(T(0)));
        } else {
            alignas(64) T x[size], y[size];
            v.inner().store_aligned(x);
            std::size_t n = 0;
            for (std::size_t k = 0; k < size; ++k) y[k] = x[n], n += bits >> k & 1;
            return select(where(bits), type(batch::load_aligned(y)), type(T(0)));
        }
    }

private:
    template <int By, bool Apart>
    static type moved(std::uint64_t bits, const type& v) {
        static constexpr auto lanes = lane_moves<By, Apart>();
        if constexpr (By >= width)
            return v;
        else if constexpr (Apart)
            return select(where(lanes[bits]), shift_up<By>(v, v), v);
        else
            return select(where(lanes[bits]), shift_down<By>(v, v), v);
    }
    using batch = typename type::batch;
    static constexpr std::size_t size = static_cast<std::size_t>(width);
    static constexpr int bytes = width * static_cast<int>(sizeof(T)), floats = sizeof(T) == 4 ? width : 0;
#if defined(__AVX2__)
    /// By N words of four bytes.
    template <int N>
    static __m256i bytes_down(__m256i v, __m256i next) {
        const __m256i middle = _mm256_permute2x128_si256(v, next, 0x21);
        if constexpr (N < 4)
            return _mm256_alignr_epi8(middle, v, 4 * N);
        else if constexpr (N == 4)
            return middle;
        else
            return _mm256_alignr_epi8(next, middle, 4 * N - 16);
    }
#endif
#if defined(__AVX2__) && defined(__BMI2__) && defined(__x86_64__)
    /// A byte a lane, or for doubles two.
    static constexpr std::uint64_t lane_numbers = 0x0706050403020100U;
    static std::uint64_t byte_of_each(std::uint64_t bits) {
        return sizeof(T) == 4 ? _pdep_u64(bits, 0x0101010101010101U) * 0xff
                              : _pdep_u64(bits, 0x0001000100010001U) * 0xffff;
    }
    static type permuted(const type& v, std::uint64_t order) {
        const __m256i lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(order)));
        if constexpr (sizeof(T) == 4)
            return type(_mm256_permutevar8x32_ps(v, lanes));
        else
            return type(_mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(v), lanes)));
    }
#endif
#if defined(__SSE2__)
    template <int N>
    static __m128i bytes_down(__m128i v, __m128i next) {
        return _mm_or_si128(_mm_srli_si128(v, N), _mm_slli_si128(next, 16 - N));
    }
#endif
};
#endif

} // namespace RLHF_NAMESPACE::detail
