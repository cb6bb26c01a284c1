// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/call.hpp>

namespace RLHF_NAMESPACE {
namespace detail {
inline counts count(const call& c) {
    std::int64_t tokens = 0, sequences = 0;
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const std::int64_t counted = count_counted(c.mask(s));
        tokens += counted, sequences += counted > 0 ? 1 : 0;
    }
    return {static_cast<double>(tokens), static_cast<double>(sequences)};
}
} // namespace detail

/// Counts the tokens and sequences that the mask of a batch lets through. This is the denominator of a step that is cut
/// into parts: set `whole.denominator = rlhf::count(whole)` before cutting.
[[nodiscard]] inline counts count(const batch& b) { return detail::count(detail::call("count", b)); }

} // namespace RLHF_NAMESPACE
