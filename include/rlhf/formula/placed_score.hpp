// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// What happens to the score of an unfinished sequence.
template <class V>
struct unfinished {
    V penalty;       ///< subtracted from the score, unless it is replaced
    bool replaced;   ///< true: `score` replaces the score
    V score;         ///< the score that replaces it
    V factor = V(1); ///< multiplies the score, before the penalty

    [[nodiscard]] RLHF_FORMULA V operator()(V own) const { return replaced ? score : factor * own - penalty; }
};

/// The score of a sequence as a reward: clamped to ±limit, and lowered or replaced if the sequence has no end of text.
template <class V>
[[nodiscard]] RLHF_FORMULA V placed_score(V score, bool finished, V limit, const unfinished<V>& o) {
    const V limited = lane::clamp(score, -limit, limit);
    return finished ? limited : o(limited);
}

} // namespace RLHF_NAMESPACE::formula
