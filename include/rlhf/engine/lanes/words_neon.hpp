// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/words.hpp>

#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(RLHF_NO_SIMD)
#include <arm_neon.h>

namespace RLHF_NAMESPACE::detail {

template <>
struct words<float, 16> {
    using V = float32x4_t;
    static V quotient(V a, V b) { return vdivq_f32(a, b); } // xsimd 8 multiplies by an estimated reciprocal
    static V root(V a) { return vsqrtq_f32(a); }
};

} // namespace RLHF_NAMESPACE::detail
#endif
