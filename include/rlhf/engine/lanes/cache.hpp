// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#if defined(__SSE2__) && !defined(RLHF_NO_SIMD)
#include <emmintrin.h>
#endif

/// What a sweep tells the caches. Where a processor or compiler has no word for it, nothing is said.
namespace RLHF_NAMESPACE::detail {

/// After stores past the cache, before another thread may read.
inline void end_past_cache() {
#if defined(__SSE2__) && !defined(RLHF_NO_SIMD)
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
