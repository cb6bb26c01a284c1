// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

template <class V>
struct value_term {
    using mask = lane::mask_of<V>;
    V loss, slope;
    mask clipped;
};

/// Huber's function: ½ e² within ±δ, and its tangent beyond.
///
///     h(e) = ½ e²            |e| ≤ δ        ∂h = e
///            δ (|e| − ½ δ)   else           ∂h = ±δ
///
/// Source: Huber 1964.
template <class T>
struct huber {
    T delta;

    template <class V>
    [[nodiscard]] RLHF_FORMULA value_term<V> operator()(V e) const {
        using lane::abs, lane::fma, lane::select;
        const V half(0.5), limit(delta), size = abs(e);
        const auto outside = size > limit;
        return {select(outside, limit * fma(-half, limit, size), half * e * e),
                select(outside, select(e > V(0), limit, -limit), e), outside};
    }
};

/// ½ e².
struct half_square {
    template <class V>
    [[nodiscard]] RLHF_FORMULA value_term<V> operator()(V e) const {
        using mask = lane::mask_of<V>;
        return {V(0.5) * e * e, e, mask(false)};
    }
};

/// One token of the value loss of PPO: the larger of the losses of the value, and of the value clipped to v_old ± c.
///
///     loss = max(h(v − R), h(v_old + clip(v − v_old, ±c) − R))
///     ∂loss/∂v = h′(v − R), or 0 where the clipped value has the larger loss
///
/// h is formula::huber or formula::half_square. NaN in any argument gives a NaN loss. So do v and v_old if both are
/// infinite with the same sign.
///
/// Source: Schulman et al., openai/baselines ppo2, 2017.
template <class V, class H>
[[nodiscard]] RLHF_FORMULA value_term<V> value_loss(V value, V old_value, V target, V range, const H& h) {
    using lane::abs, lane::select;
    const V change = value - old_value;
    const value_term<V> free = h(value - target);
    const value_term<V> held = h(old_value + lane::clamp(change, -range, range) - target);
    const auto clipped = abs(change) > range && held.loss > free.loss;
    const auto known = change == change; // if v_old is NaN, loss and slope are NaN
    return {select(clipped, held.loss, select(known, free.loss, change)),
            select(clipped, V(0), select(known, free.slope, change)), clipped};
}

template <class Kind>
struct value_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::count clipped = {}, nonfinite = {};
    typename Kind::moments returns = {}, residuals = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.loss...), f(s.clipped...), f(s.nonfinite...), f(s.returns...), f(s.residuals...);
    }
};

/// The whole rule of one token of the value loss, times its weight. Writes ∂loss/∂value. Without Clip the old value is
/// not read.
template <class T, class H, bool Clip>
struct value_rule {
    T range;
    H h;

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, value_statistics> operator()(V value, V old_value, V target,
                                                                              V weight) const {
        const value_term<V> t = term(value, old_value, target);
        const V loss = weight * t.loss;
        return {.writes = {weight * t.slope},
                .statistics = {.loss = loss,
                               .clipped = t.clipped,
                               .nonfinite = lane::nonfinite(loss),
                               .returns = target,
                               .residuals = target - value}};
    }

    template <class V>
    [[nodiscard]] RLHF_FORMULA value_term<V> term(V value, [[maybe_unused]] V old_value, V target) const {
        if constexpr (Clip) {
            return value_loss(value, old_value, target, V(range), h);
        } else {
            value_term<V> t = h(value - target);
            using mask = lane::mask_of<V>;
            t.clipped = mask(false); // `clipped` counts the clip range, not Huber's δ
            return t;
        }
    }
};

} // namespace RLHF_NAMESPACE::formula
