// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// The responses that a stage of a ranking chooses from: Σ e^r = e^largest · sum, over the rewards r of the responses
/// that are left.
template <class V>
struct choice {
    V largest, sum;
};

/// a − b, and 0 for equal infinities.
template <class V>
[[nodiscard]] RLHF_FORMULA V apart(V a, V b) {
    using lane::select;
    const V d = a - b;
    return select(a == b && !(d == d), V(0), d);
}

/// Adds one response to a choice. To begin, add the first reward to {reward, 0}.
template <class V>
[[nodiscard]] RLHF_FORMULA choice<V> with_response(const choice<V>& c, V reward) {
    using lane::abs, lane::exp, lane::select;
    const auto larger = reward > c.largest;
    const V e = exp(-abs(apart(reward, c.largest)));
    return {select(larger, reward, c.largest), select(larger, c.sum * e, c.sum) + select(larger, V(1), e)};
}

/// −log P(the response with this reward is chosen) under the Plackett-Luce model.
///
///     loss = log Σ e^{rᵢ} − r          ∂loss/∂rⱼ = P(j is chosen) − [j is this response]
///
/// The loss of a ranking is the sum over its stages: the best response is chosen from all, the next one from the rest,
/// …
///
/// Source: Plackett 1975.
template <class V>
[[nodiscard]] RLHF_FORMULA V plackett_luce(const choice<V>& c, V reward) {
    using lane::log;
    return log(c.sum) + apart(c.largest, reward);
}

/// P(the response with this reward is chosen) = e^r / Σ e^{rᵢ}.
template <class V>
[[nodiscard]] RLHF_FORMULA V chance(const choice<V>& c, V reward) {
    using lane::exp;
    return exp(apart(reward, c.largest)) / c.sum;
}

} // namespace RLHF_NAMESPACE::formula
