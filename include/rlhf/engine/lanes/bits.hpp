// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/simd.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace RLHF_NAMESPACE::detail {

/// The lowest n of 64 bits. As everywhere here, bits stand for lanes or tokens, the lowest for the first.
constexpr std::uint64_t low_bits(std::int64_t n) { return n < 64 ? (std::uint64_t(1) << n) - 1 : ~std::uint64_t(0); }

/// Those of the bits that `where` has, side by side.
inline std::uint64_t compress_bits(std::uint64_t bits, std::uint64_t where) {
#if defined(__BMI2__) && defined(__x86_64__) && !defined(RLHF_NO_SIMD)
    return _pext_u64(bits, where);
#else
    std::uint64_t found = 0;
    for (int n = 0; where != 0; ++n, where &= where - 1) found |= (bits >> std::countr_zero(where) & 1) << n;
    return found;
#endif
}

/// Which of N bytes are not zero; no other is looked at.
template <int N>
std::uint64_t counted_bits(const std::uint8_t* bytes) {
#if defined(__SSE2__) && !defined(RLHF_NO_SIMD)
    if constexpr (N == 16 || N == 8 || N == 4) {
        __m128i b;
        if constexpr (N == 16) {
            b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
        } else if constexpr (N == 8) {
            b = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
        } else {
            int four;
            std::memcpy(&four, bytes, sizeof four);
            b = _mm_cvtsi32_si128(four);
        }
        const int zero = _mm_movemask_epi8(_mm_cmpeq_epi8(b, _mm_setzero_si128()));
        return static_cast<std::uint64_t>(~zero) & low_bits(N);
    } else
#endif
    {
        std::uint64_t bits = 0;
        for (int i = 0; i < N; ++i) bits |= static_cast<std::uint64_t>(bytes[i] != 0 ? 1 : 0) << i;
        return bits;
    }
}

/// The same of n ≤ 64 bytes.
inline std::uint64_t counted_bits(const std::uint8_t* bytes, std::int64_t n) {
#if defined(__AVX512BW__) && !defined(RLHF_NO_SIMD)
    const __m512i b = _mm512_maskz_loadu_epi8(low_bits(n), bytes);
    return _mm512_test_epi8_mask(b, b);
#else
    std::uint64_t bits = 0;
    std::int64_t i = 0;
    for (; i + 16 <= n; i += 16) bits |= counted_bits<16>(bytes + i) << i;
    for (; i < n; ++i) bits |= counted_bits<1>(bytes + i) << i;
    return bits;
#endif
}

/// Lanes that get their element from `by` lanes above when those of the bits (up to four) are moved side by side: first
/// by = 1, then by = 2, for each as far as there are gaps below it. `Apart`: the way back, by = 2 and then by = 1.
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

} // namespace RLHF_NAMESPACE::detail
