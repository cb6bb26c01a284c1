// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#if defined(__SSE2__) && !defined(RLHF_NO_SIMD)
#include <emmintrin.h>
#endif

/// Hints of a sweep to the caches. A hint for which the processor or compiler has no instruction does nothing.
namespace RLHF_NAMESPACE::detail {

/// Called after stores past the cache, before another thread may read what was stored.
inline void end_past_cache() {
#if defined(__SSE2__) && !defined(RLHF_NO_SIMD)
    _mm_sfence();
#endif
}

/// Fetches memory that is read soon. Inlining is forced, because g++ would drop a call that has no effect. Any address
/// is allowed.
RLHF_INLINE inline void prefetch([[maybe_unused]] const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p);
#endif
}
/// Fetches memory that is written soon.
RLHF_INLINE inline void prefetch_to_write([[maybe_unused]] const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p, 1);
#endif
}
/// Fetches memory that is needed later into the second-level cache, because the first-level cache can wait for only a
/// dozen lines.
RLHF_INLINE inline void prefetch_far([[maybe_unused]] const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p, 0, 2);
#endif
}

} // namespace RLHF_NAMESPACE::detail
