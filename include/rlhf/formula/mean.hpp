// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

template <class Kind>
struct mean_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum value = {}; ///< Σ sign · x, under every aggregation

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.loss...), f(s.value...); }
};

/// One token of a mean, Σ sign · x / n. Writes ∂/∂x.
template <class T>
struct mean_rule {
    T sign;

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, mean_statistics> operator()(V x) const {
        const V value = V(sign) * x;
        return {.writes = {V(sign)}, .statistics = {.loss = value, .value = value}};
    }
};

} // namespace RLHF_NAMESPACE::formula
