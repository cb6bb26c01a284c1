// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/view.hpp>

namespace RLHF_NAMESPACE {

/// Which of N sequences answer the same prompt: a group. Either all groups have one size and lie side by side, or each
/// sequence says by an integer where it belongs.
struct groups {
    extent size = 0;     ///< so many consecutive sequences are a group; N is a multiple
    index_view ids = {}; ///< [N] int32 or int64, any numbers in any order: sequences with one id are a group
    /// With ids: at least N elements, where sequences are sorted by their groups.
    view<std::int64_t> workspace = {};
};

} // namespace RLHF_NAMESPACE
