// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/results/normalization.hpp>

namespace RLHF_NAMESPACE::detail {

template <class Kind>
struct mean_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum value = {}; ///< the same whatever the aggregation

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.loss...), f(s.value...); }
};

/// One token of Σ sign · value / denominator.
template <class T>
struct mean_kernel {
    T sign;

    template <class V>
    RLHF_FORMULA auto operator()(V value) const {
        const V x = V(sign) * value;
        return terms<V, 1, mean_statistics>{.writes = {V(sign)}, .statistics = {.loss = x, .value = x}};
    }
};

/// Checks and binds the arguments of a mean; gives f the sweep and the normalization.
template <class T, class Arch, class F>
auto with_mean_sweep(call& c, const view<const T>& values, const char* name, const gradient<T>& d_values,
                     const char* d_name, T sign, aggregation how, F&& f) {
    const std::array streams{c.in(values, name)};
    const auto d = c.out(d_values, d_name);
    const normalization n(c, how);
    c.done();
    const std::array targets{n.scaled(d)};
    const mean_kernel<T> kernel{sign};
    return f(token_sweep<T, Arch, 1, 1, mean_kernel<T>>(c, streams, targets, kernel, n.weight), n);
}

} // namespace RLHF_NAMESPACE::detail
