// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/surrogate.hpp>

namespace RLHF_NAMESPACE::formula {

/// One token of the clipped surrogate loss.
///
///     ρ    = e^x,  x = logp − old_logp
///     loss = −min(ρ Â, clip(ρ, 1 − ε₋, 1 + ε₊) Â)
///     ∂loss/∂logp = −ρ Â  where the ratio is not cut, else 0
///
/// The ratio is cut above when Â ≥ 0 and below when Â < 0, so that inf · 0 cannot arise unless ε₊ = ∞; at a bound it
/// counts as not cut. NaN in any argument gives a NaN loss. The argument is x, so that the caller may clamp it.
///
/// Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7; ε₋ ≠ ε₊: Yu et al. 2025 (DAPO), arXiv:2503.14476, eq. 8.
template <class T>
struct clipped_surrogate {
    T lower, upper; ///< 1 − ε₋ and 1 + ε₊

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(V log_ratio, V advantage) const {
        using lane::exp, lane::larger, lane::select,
            lane::smaller; // those of registers and duals are found beside them
        const V zero(0), ratio = exp(log_ratio);
        const V used = select(advantage < zero, larger(V(lower), ratio), smaller(V(upper), ratio));
        const auto low = used > ratio, high = used < ratio && advantage > zero;
        const V loss = -used * advantage;
        using mask = lane::mask_of<V>;
        return {loss, select(low || high, zero, loss), ratio, low, high, mask(false)};
    }
};

/// One token of the clipped surrogate loss with a dual clip: a bad answer costs at most c times |Â|.
///
///     loss = min(loss, c |Â|) at Â < 0, with slope 0 where c |Â| is less
///
/// Source: Ye et al. 2020, arXiv:1912.09729, eq. 5.
template <class T>
struct dual_clipped_surrogate {
    clipped_surrogate<T> plain;
    T limit; ///< c

    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(V log_ratio, V advantage) const {
        using lane::select;
        surrogate<V> t = plain(log_ratio, advantage);
        const auto dual = t.ratio > V(limit) && advantage < V(0);
        t.loss = select(dual, -V(limit) * advantage, t.loss);
        t.slope = select(dual, V(0), t.slope);
        t.dual_clipped = dual;
        return t;
    }
};

} // namespace RLHF_NAMESPACE::formula
