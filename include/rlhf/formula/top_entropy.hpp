// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// The position of the quantile q among n numbers in rising order. Its fraction says how far the quantile lies between
/// two neighbours.
///
///     q (n − 1)
template <class V>
[[nodiscard]] RLHF_FORMULA V quantile_place(V q, V n) {
    return q * (n - V(1));
}

/// The number at the fraction `weight`, in [0, 1), of the way from low to high.
template <class V>
[[nodiscard]] RLHF_FORMULA V between(V low, V high, V weight) {
    return low + weight * (high - low);
}

template <class Kind>
struct top_entropy_statistics {
    typename Kind::sum entropy = {}, kept_entropy = {};
    typename Kind::count kept = {}, nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.entropy...), f(s.kept_entropy...), f(s.kept...), f(s.nonfinite...);
    }
};

/// The weight of a token: 1 if its entropy is high.
///
///     w = 1 where H ≥ threshold, else 0
///
/// A NaN entropy has the weight 0.
///
/// Source: Wang et al. 2025, arXiv:2506.01939, eq. 4.
template <class T>
struct top_entropy_rule {
    T threshold;

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, top_entropy_statistics> operator()(V entropy) const {
        using lane::select;
        const auto kept = entropy >= V(threshold);
        return {.writes = {select(kept, V(1), V(0))},
                .statistics = {.entropy = entropy,
                               .kept_entropy = select(kept, entropy, V(0)),
                               .kept = kept,
                               .nonfinite = lane::nonfinite(entropy)}};
    }
};

} // namespace RLHF_NAMESPACE::formula
