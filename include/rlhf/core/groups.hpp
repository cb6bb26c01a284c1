// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/view.hpp>

namespace RLHF_NAMESPACE {

/// Which of N sequences answer the same prompt: a group. Either all groups have one size and lie side by side, or each
/// sequence says by an integer where it belongs.
struct groups {
    extent size = 0;     ///< so many consecutive sequences are a group; N is a multiple
    index_view ids = {}; ///< [N] int32 or int64, any numbers in any order: sequences with one id are a group
    /// With ids: at least group_workspace(N) elements, where sequences are sorted by their groups.
    view<std::int64_t> workspace = {};
};

/// The elements of a workspace in which the ids of so many sequences are sorted: two for each.
[[nodiscard]] constexpr std::int64_t group_workspace(extent sequences) { return 2 * sequences; }

} // namespace RLHF_NAMESPACE
