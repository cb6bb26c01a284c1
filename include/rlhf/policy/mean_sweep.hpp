// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/mean.hpp>
#include <rlhf/results/normalization.hpp>

namespace RLHF_NAMESPACE::detail {

/// Checks and binds the arguments of a mean. masked_mean, ptx_loss and ppo_loss share it.
template <class T, class Arch>
auto mean_sweep(call& c, const view<const T>& values, const char* name, const gradient<T>& d_values, const char* d_name,
                T sign, aggregation how) {
    const std::array streams{c.in(values, name)};
    const auto d = c.out(d_values, d_name);
    const normalization n(c, how);
    c.done();
    const std::array targets{n.scaled(d)};
    return normalized{n, token_sweep_of<T, Arch>(c, streams, targets, formula::mean_rule<T>{sign}, n.weight)};
}

} // namespace RLHF_NAMESPACE::detail
