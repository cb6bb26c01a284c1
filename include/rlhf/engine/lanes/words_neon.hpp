// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/float16.hpp>
#include <rlhf/engine/lanes/words.hpp>

#include <cstdint>
#include <cstring>

#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(RLHF_NO_SIMD)
#include <arm_neon.h>

namespace RLHF_NAMESPACE::detail {

/// Functions on registers of 16 bytes with elements of any type.
struct neon_words {
    static constexpr bool many_registers = true; ///< 32
    /// A register of N bytes from memory, then zeros.
    template <std::size_t N>
    static uint8x8_t first(const std::uint8_t* bytes) {
        std::uint64_t some = 0;
        std::memcpy(&some, bytes, N);
        return vcreate_u8(some);
    }
};

template <>
struct words<float, 16> : neon_words {
    using V = float32x4_t;
    using M = uint32x4_t;

    static V load(const bfloat16* p) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(bits(p)), 16)); }
    static V load(const float16* p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(bits(p)))); }
    template <bool PastCache>
    static void store(bfloat16* p, V v) {
        vst1_u16(bits(p), vshrn_n_u32(nearest_bfloat16(v), 16));
    }
    template <bool PastCache>
    static void store(float16* p, V v) {
        vst1_u16(bits(p), vreinterpret_u16_f16(vcvt_f16_f32(v)));
    }
    struct pairs {
        V even, odd;
    };
    static pairs load_interleaved(const bfloat16* p) {
        const M both = vreinterpretq_u32_u16(vld1q_u16(bits(p)));
        return {vreinterpretq_f32_u32(vshlq_n_u32(both, 16)),
                vreinterpretq_f32_u32(vandq_u32(both, vdupq_n_u32(0xffff0000U)))};
    }
    template <bool PastCache>
    static void store_interleaved(bfloat16* p, V even, V odd) {
        const M both = vsriq_n_u32(nearest_bfloat16(odd), nearest_bfloat16(even), 16);
        vst1q_u16(bits(p), vreinterpretq_u16_u32(both));
    }
    static M counted(const std::uint8_t* bytes) {
        const M lanes = vmovl_u16(vget_low_u16(vmovl_u8(first<4>(bytes))));
        return vtstq_u32(lanes, lanes);
    }

    static int count(M mask) { return static_cast<int>(vaddvq_u32(vshrq_n_u32(mask, 31))); }
    using counter = uint32x4_t;
    static void count_on(counter& n, M mask) { n = vsubq_u32(n, mask); }
    static std::int64_t counted_up(counter n) { return static_cast<std::int64_t>(vaddlvq_u32(n)); }
    static V quotient(V a, V b) { return vdivq_f32(a, b); } // xsimd 8 multiplies by an estimated reciprocal
    static V root(V a) { return vsqrtq_f32(a); }
    static V zero_where_less(V x, V bound, V v) {
        return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(v), vcltq_f32(x, bound)));
    }
    struct doubles {
        float64x2_t first, last;
    };
    static doubles widen(V v) { return {vcvt_f64_f32(vget_low_f32(v)), vcvt_high_f64_f32(v)}; }

    template <int N>
    static V shift_down(V v, V next) {
        return vextq_f32(v, next, N);
    }
    template <int N>
    static V broadcast(V v) {
        return vdupq_laneq_f32(v, N);
    }
    static M where(std::uint64_t bits) {
        return vtstq_u32(vdupq_n_u32(static_cast<std::uint32_t>(bits)), M{1, 2, 4, 8});
    }

private:
    static const std::uint16_t* bits(const void* p) { return static_cast<const std::uint16_t*>(p); }
    static std::uint16_t* bits(void* p) { return static_cast<std::uint16_t*>(p); }
    /// Floats whose upper halves are the nearest bfloat16, ties to even; NaN stays a quiet NaN.
    static M nearest_bfloat16(V v) {
        const M bits = vreinterpretq_u32_f32(v), even = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
        const M nearest = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7fff)), even);
        return vbslq_u32(vceqq_f32(v, v), nearest, vorrq_u32(bits, vdupq_n_u32(0x400000)));
    }
};

template <>
struct words<double, 16> : neon_words {
    using V = float64x2_t;
    using M = uint64x2_t;

    static M counted(const std::uint8_t* bytes) {
        const M lanes = vmovl_u32(vget_low_u32(vmovl_u16(vget_low_u16(vmovl_u8(first<2>(bytes))))));
        return vtstq_u64(lanes, lanes);
    }

    static int count(M mask) { return static_cast<int>(vaddvq_u64(vshrq_n_u64(mask, 63))); }
    using counter = uint64x2_t;
    static void count_on(counter& n, M mask) { n = vsubq_u64(n, mask); }
    static std::int64_t counted_up(counter n) { return static_cast<std::int64_t>(vaddvq_u64(n)); }
    static V zero_where_less(V x, V bound, V v) {
        return vreinterpretq_f64_u64(vbicq_u64(vreinterpretq_u64_f64(v), vcltq_f64(x, bound)));
    }
    static double sum_by_halves(V v) { return vaddvq_f64(v); }

    template <int N>
    static V shift_down(V v, V next) {
        return vextq_f64(v, next, N);
    }
    template <int N>
    static V broadcast(V v) {
        return vdupq_laneq_f64(v, N);
    }
    static M where(std::uint64_t bits) { return vtstq_u64(vdupq_n_u64(bits), M{1, 2}); }
};

/// One bit per byte.
template <>
struct words<std::uint8_t, 16> : neon_words {
    static std::uint64_t counted(const std::uint8_t* bytes) {
        const uint8x16_t all = vld1q_u8(bytes), set = vandq_u8(vtstq_u8(all, all), vcombine_u8(bit(), bit()));
        const uint8x16_t two = vpaddq_u8(set, set), four = vpaddq_u8(two, two), eight = vpaddq_u8(four, four);
        return vgetq_lane_u16(vreinterpretq_u16_u8(eight), 0);
    }
    static std::uint64_t counted(uint8x8_t bytes) { return vaddv_u8(vand_u8(vtst_u8(bytes, bytes), bit())); }

private:
    static uint8x8_t bit() { return vcreate_u8(0x8040201008040201U); }
};
template <>
struct words<std::uint8_t, 8> : neon_words {
    static std::uint64_t counted(const std::uint8_t* bytes) {
        return words<std::uint8_t, 16>::counted(first<8>(bytes));
    }
};
template <>
struct words<std::uint8_t, 4> : neon_words {
    static std::uint64_t counted(const std::uint8_t* bytes) {
        return words<std::uint8_t, 16>::counted(first<4>(bytes));
    }
};

} // namespace RLHF_NAMESPACE::detail
#endif
