// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#if !defined(RLHF_NO_SIMD)
#include <xsimd/xsimd.hpp>
#if defined(__AVX2__)
#include <immintrin.h>
#endif
#endif

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

namespace rlhf::inline RLHF_ABI::detail {

/// How a sweep brings elements of T into lanes: the only place that knows xsimd.
template <class T, class Arch>
struct lanes;

template <class T>
struct lanes<T, scalar> {
    using type = T;
    using mask = bool;
    static constexpr int width = 1;
    static type load(const T* p) { return *p; }
    static void store(T* p, type v) { *p = v; }
    static mask counted(const std::uint8_t* bytes) { return *bytes != 0; }
};

#if !defined(RLHF_NO_SIMD)
template <class T, class Arch>
struct lanes {
    using type = xsimd::batch<T, Arch>;
    using mask = xsimd::batch_bool<T, Arch>;
    static constexpr int width = static_cast<int>(type::size);

    static type load(const T* p) { return type::load_unaligned(p); }
    static void store(T* p, const type& v) { v.store_unaligned(p); }

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
            if constexpr (width == 8 && sizeof(T) == 4) {
            const __m256i wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
            return mask(_mm256_castsi256_ps(_mm256_cmpgt_epi32(wide, _mm256_setzero_si256())));
        } else
#endif
        {
            alignas(64) T flags[static_cast<std::size_t>(width)];
            for (int i = 0; i < width; ++i) flags[i] = bytes[i] != 0 ? T(1) : T(0);
            return type::load_aligned(flags) > type(T(0));
        }
    }
};
#endif

template <class V>
using mask_of = decltype(std::declval<V>() < std::declval<V>());

} // namespace rlhf::inline RLHF_ABI::detail
