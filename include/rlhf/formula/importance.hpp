// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// What happens to an importance weight above its limit.
enum class importance {
    truncate, ///< it becomes the limit
    mask,     ///< it becomes 0: the token has no policy loss
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// The importance weight between the policy that sampled a token and π_old, and its limit.
///
///     w = exp(log π_old − log π_behavior), above the limit what stands beyond it
///     loss and slope become w times themselves; no gradient flows through w
///
/// A loss of 0 by an advantage of 0 stays 0 whatever w is, and so does a loss that is masked: not 0 · ∞.
template <class T>
struct importance_weight {
    T limit, beyond; ///< beyond: the limit itself, or 0

    template <class V>
    RLHF_FORMULA void apply(V& loss, V& slope, V advantage, V log_weight) const {
        using lane::exp, lane::select;
        const V zero(0), w = exp(log_weight);
        const auto far = w > V(limit);
        const V factor = select(far, V(beyond), w);
        const auto idle = advantage == zero && loss == zero && w == w;
        const auto off = idle || (far && factor == zero);
        loss = select(off, zero, loss * factor);
        slope = select(off, zero, slope * factor);
    }
};

} // namespace RLHF_NAMESPACE::formula
