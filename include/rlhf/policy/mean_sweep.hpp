// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/results/normalization.hpp>

namespace RLHF_NAMESPACE::detail {

/// One token of Σ sign · value / denominator.
template <class T>
struct mean_kernel {
    T sign;

    template <class V>
    RLHF_FORMULA auto operator()(V value) const {
        return terms<V, 1, 2>{.writes = {V(sign)}, .sums = {V(sign) * value, V(sign) * value}};
    }
};

struct mean_sums {
    loss_sums loss;
    exact_sum plain; ///< Σ sign · value, whatever the aggregation
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

/// The mean of an array over the tokens that count, times sign, with its gradient.
template <class T, class Arch>
mean_sums mean_of(call& c, const view<const T>& values, const char* name, const gradient<T>& d_values,
                  const char* d_name, T sign, aggregation how, const executor& run) {
    return with_mean_sweep<T, Arch>(c, values, name, d_values, d_name, sign, how,
                                    [&](const auto& sweep, const normalization& n) {
                                        const auto t = sweep(run);
                                        return mean_sums{n.sums(t.sums[0]), t.sums[1]};
                                    });
}

} // namespace RLHF_NAMESPACE::detail
