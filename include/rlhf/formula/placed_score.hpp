// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// What an unfinished sequence's score becomes.
template <class V>
struct unfinished {
    V penalty;     ///< is subtracted,
    bool replaced; ///< unless the score is replaced
    V score;       ///< by this one
};

/// A sequence's score as its reward: within ±limit, and lowered or replaced where the sequence has no end of text.
template <class V>
[[nodiscard]] RLHF_FORMULA V placed_score(V score, bool finished, V limit, const unfinished<V>& o) {
    const V limited = lane::clamp(score, -limit, limit);
    return finished ? limited : o.replaced ? o.score : limited - o.penalty;
}

} // namespace RLHF_NAMESPACE::formula
