// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cstdint>

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
/// Fetches memory that is read 4 to 28 KiB after p. A sweep calls it for every `Bytes` bytes that it reads, and it
/// fetches as many. They lie in four pages, because a processor fetches from several pages at a time faster than from
/// one (DESIGN.md, D14).
template <std::uintptr_t Bytes>
RLHF_INLINE inline void prefetch_pages(const void* p) {
    constexpr std::uintptr_t line = 64, page = 4096, pages = 4, block = pages * page;
    static_assert(Bytes % line == 0);
    const auto at = reinterpret_cast<std::uintptr_t>(p), begun = at % block / pages;
    const std::uintptr_t next = at - at % block + block + (begun - begun % line);
    // Parts with fewer lines than there are pages go on where the part before them stopped.
    const std::uintptr_t first = Bytes % (pages * line) == 0 ? 0 : at / line % pages;
#pragma GCC unroll 16
    for (std::uintptr_t i = 0; i < Bytes / line; ++i)
        prefetch(reinterpret_cast<const void*>(next + (first + i) % pages * page + i / pages * line));
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
