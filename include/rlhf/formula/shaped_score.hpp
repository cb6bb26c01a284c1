// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/placed_score.hpp>

namespace rlhf {

/// The penalty of a response that is longer than max_length.
enum class overlong {
    capped,  ///< it stays overlong_penalty: DAPO's paper, TRL, OpenRLHF
    growing, ///< it grows with the length as in the buffer: verl, NeMo-RL
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// The penalty of a long response. It begins at `begins` tokens and is `penalty` after `buffer` more tokens.
///
///     penalty · max(0, (n − begins) / buffer)      at most `penalty` if it is capped
///
/// Source: Yu et al. 2025, arXiv:2503.14476, eq. 13 (DAPO).
template <class V>
struct overlong_rule {
    V begins, buffer, penalty;
    rlhf::overlong beyond;

    [[nodiscard]] RLHF_FORMULA V operator()(V length) const {
        using lane::select;
        const V part = (length - begins) / buffer, whole(1);
        const V some = beyond == rlhf::overlong::capped ? select(part > whole, whole, part) : part;
        return select(part > V(0), penalty * some, V(0));
    }
};

/// A sequence's score minus the penalty of its length, then changed as `unfinished` says if it has no end of text.
template <class V>
[[nodiscard]] RLHF_FORMULA V shaped_score(V score, V length, lane::mask_of<V> finished,
                                          const overlong_rule<V>& overlong, const unfinished<V>& o) {
    using lane::select;
    const V shaped = score - overlong(length);
    return select(finished, shaped, o(shaped));
}

} // namespace RLHF_NAMESPACE::formula
