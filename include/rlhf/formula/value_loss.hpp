// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

#include <concepts>

namespace RLHF_NAMESPACE::formula {

template <class V>
struct value_term {
    using mask = decltype(V(0) < V(0));
    V loss, slope;
    mask clipped;
};

/// ½ e², beyond ±δ continued by its tangent.
///
///     h(e) = ½ e²            |e| ≤ δ        ∂h = e
///            δ (|e| − ½ δ)   else           ∂h = ±δ
///
/// Source: Huber 1964.
template <class V>
[[nodiscard]] RLHF_FORMULA value_term<V> huber(V e, V delta) {
    using lane::abs, lane::select;
    const V half(0.5), size = abs(e);
    const auto outside = size > delta;
    return {select(outside, delta * (size - half * delta), half * e * e),
            select(outside, select(e > V(0), delta, -delta), e), outside};
}

/// ½ e².
template <class V>
[[nodiscard]] RLHF_FORMULA value_term<V> half_square(V e) {
    return {V(0.5) * e * e, e, typename value_term<V>::mask(false)};
}

/// One token of the value loss of PPO: the worse of the value and of the value held within ±c of the old one.
///
///     loss = max(h(v − R), h(v_old + clip(v − v_old, ±c) − R))
///     ∂loss/∂v = h′(v − R), or 0 where the clipped value is the worse one
///
/// h(e) is a value_term: formula::huber with a δ, or formula::half_square. NaN in any argument gives a NaN loss, and so
/// do v and v_old infinite of one sign.
///
/// Source: Schulman et al., openai/baselines ppo2, 2017.
template <class V, std::invocable<V> H>
[[nodiscard]] RLHF_FORMULA value_term<V> value_loss(V value, V old_value, V target, V range, H h) {
    using lane::abs, lane::select;
    const V change = value - old_value;
    const value_term<V> free = h(value - target);
    const value_term<V> held = h(old_value + lane::clamp(change, -range, range) - target);
    const auto clipped = abs(change) > range && held.loss > free.loss;
    const auto known = change == change; // else v_old is NaN, and so are loss and slope
    return {select(clipped, held.loss, select(known, free.loss, change)),
            select(clipped, V(0), select(known, free.slope, change)), clipped};
}
/// With h = formula::huber.
template <class V>
[[nodiscard]] RLHF_FORMULA value_term<V> value_loss(V value, V old_value, V target, V range, V delta) {
    return value_loss(value, old_value, target, range, [&](V e) RLHF_INLINE { return huber(e, delta); });
}

} // namespace RLHF_NAMESPACE::formula
