// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/glue/read.hpp>
#include <rlhf/c/results.h>

namespace RLHF_NAMESPACE::c {

/// The opaque state of a result: a mark that it exists, and its bytes.
template <class R, std::size_t n>
void store(const R& result, std::uint64_t (&state)[n]) {
    static_assert(std::is_trivially_copyable_v<R> && sizeof(R) <= (n - 1) * sizeof(std::uint64_t));
    state[0] = sizeof(R);
    std::memcpy(state + 1, &result, sizeof(R));
}
template <class R, std::size_t n>
R restored(const reader& r, const std::uint64_t (&state)[n], const char* name) {
    R result;
    if (state[0] == 0) return result;
    if (state[0] != sizeof(R)) r.fail("the state of %s is damaged", name);
    std::memcpy(static_cast<void*>(&result), state + 1, sizeof(R));
    return result;
}

} // namespace RLHF_NAMESPACE::c
