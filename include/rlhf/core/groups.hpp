// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/view.hpp>

namespace RLHF_NAMESPACE {

/// Which of N sequences answer the same prompt: they are a group. Either all groups have one size and lie side by side,
/// or each sequence has the id of its group.
struct groups {
    extent size = 0;     ///< sequences per group, which lie side by side; N is a multiple of it
    index_view ids = {}; ///< [N] int32 or int64, any numbers in any order: sequences with the same id are a group
    /// Needed with ids: at least group_workspace(N) elements, in which sequences are sorted by group.
    view<std::int64_t> workspace = {};
};

/// The number of elements of groups::workspace for so many sequences.
[[nodiscard]] constexpr std::int64_t group_workspace(extent sequences) { return 2 * sequences; }

} // namespace RLHF_NAMESPACE
