// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/placed_score.hpp>

namespace rlhf {

/// The penalty of a response that is longer than its longest length, where there is one.
enum class overlong {
    capped,  ///< it stays overlong_penalty: DAPO's paper, TRL, OpenRLHF
    growing, ///< it grows on as it did in the buffer: verl, NeMo-RL
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// What a long response costs. The penalty begins at `begins` tokens and is `penalty` after `buffer` more.
///
///     penalty · max(0, (n − begins) / buffer)      and at most `penalty`, if it is capped
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

/// A sequence's score, lowered by what its length costs; then as `unfinished` says where it has no end of text.
template <class V>
[[nodiscard]] RLHF_FORMULA V shaped_score(V score, V length, lane::mask_of<V> finished,
                                          const overlong_rule<V>& overlong, const unfinished<V>& o) {
    using lane::select;
    const V shaped = score - overlong(length);
    return select(finished, shaped, o(shaped));
}

} // namespace RLHF_NAMESPACE::formula
