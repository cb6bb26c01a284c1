// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/mean.hpp>
#include <rlhf/results/normalization.hpp>

namespace RLHF_NAMESPACE::detail {

/// Checks and binds the arguments of a mean, and calls f(sweep, normalization). masked_mean, ptx_loss and ppo_loss
/// share it.
template <class T, class Arch, class F>
auto with_mean_sweep(call& c, const view<const T>& values, const char* name, const gradient<T>& d_values,
                     const char* d_name, T sign, aggregation how, F&& f) {
    const std::array streams{c.in(values, name)};
    const auto d = c.out(d_values, d_name);
    const normalization n(c, how);
    c.done();
    const std::array targets{n.scaled(d)};
    const formula::mean_rule<T> rule{sign};
    return f(token_sweep<T, Arch, 1, 1, formula::mean_rule<T>>(c, streams, targets, rule, n.weight), n);
}

} // namespace RLHF_NAMESPACE::detail
