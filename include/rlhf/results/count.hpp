// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/call.hpp>

namespace RLHF_NAMESPACE {

/// Counts what the mask of a batch lets through. This is the denominator of a step that is cut into parts: set
/// `whole.denominator = rlhf::count(whole)` before cutting.
[[nodiscard]] inline counts count(const batch& b) {
    const detail::call c("count", b);
    counts n;
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const auto counted = static_cast<double>(detail::count_counted(c.mask(s)));
        n += {counted, counted > 0 ? 1.0 : 0.0};
    }
    return n;
}

} // namespace RLHF_NAMESPACE
