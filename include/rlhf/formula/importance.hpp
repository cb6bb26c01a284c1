// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// What happens to an importance weight or a ratio beyond its bounds.
enum class importance {
    truncate, ///< it becomes the bound
    mask,     ///< it becomes 0: the token has no policy loss
};

/// Bounds of an importance weight. One number is the upper bound; the lower bound is then 0.
struct importance_range {
    double low, high;
    constexpr importance_range(double most) : low(0), high(most) {}
    constexpr importance_range(double least, double most) : low(least), high(most) {}
    /// True if there is a bound.
    [[nodiscard]] constexpr bool limits() const { return low > 0 || high < unlimited; }
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// The importance weight between the policy that sampled a token and π_old, and its bounds.
///
///     w = exp(log π_old − log π_behavior); `below` where w < low, `above` where w > high
///     loss and slope are multiplied by w; no gradient flows through w
///
/// A loss that is 0 because the advantage is 0 stays 0 for every w that is not NaN. Where w becomes 0, the loss is 0
/// even if it was infinite. So 0 · ∞ cannot arise.
///
/// Source: truncated above: Espeholt et al. 2018 (IMPALA), arXiv:1802.01561, section 4.1; masked beyond two bounds:
/// IcePop, Ling Team 2025, arXiv:2510.18855.
template <class T>
struct importance_weight {
    T low, high, below, above; ///< below and above: the bounds themselves, or 0

    template <class V>
    RLHF_FORMULA void apply(V& loss, V& slope, V advantage, V log_weight) const {
        using lane::exp, lane::select;
        const V zero(0), w = exp(log_weight);
        const auto under = w < V(low);
        const auto over = w > V(high);
        const V factor = select(under, V(below), select(over, V(above), w));
        const auto idle = advantage == zero && loss == zero && w == w;
        const auto off = idle || ((under || over) && factor == zero);
        loss = select(off, zero, loss * factor);
        slope = select(off, zero, slope * factor);
    }
};

} // namespace RLHF_NAMESPACE::formula
