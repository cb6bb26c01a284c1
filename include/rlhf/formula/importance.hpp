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
///     w = exp(log π_old − log π_behavior), and `beyond` above the limit
///     loss and slope are multiplied by w; no gradient flows through w
///
/// A loss that is 0 because the advantage is 0 stays 0 for every w that is not NaN, and a masked loss is 0 whatever it
/// was: 0 · ∞ cannot arise.
template <class T>
struct importance_weight {
    T limit, beyond; ///< beyond: the limit itself, or 0

    template <class V>
    RLHF_FORMULA void apply(V& loss, V& slope, V advantage, V log_weight) const {
        using lane::exp, lane::select;
        const V zero(0), w = exp(log_weight);
        const auto above = w > V(limit);
        const V factor = select(above, V(beyond), w);
        const auto idle = advantage == zero && loss == zero && w == w;
        const auto off = idle || (above && factor == zero);
        loss = select(off, zero, loss * factor);
        slope = select(off, zero, slope * factor);
    }
};

} // namespace RLHF_NAMESPACE::formula
