// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/mean_sweep.hpp>

namespace rlhf {

struct masked_mean_options {
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean; ///< how the tokens' values become one number
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct masked_mean_arrays {
    view<const T> values = detail::required<T>(); ///< [B, T], or per_sequence [B]
    gradient<T> d_values = {};                    ///< [B, T] ∂mean/∂values; absent: the value only
};

using masked_mean_result = loss_sums;

/// The mean of a per-token quantity over the tokens that count, with its gradient.
///
///     mean          = Σ v / denominator         by the aggregation
///     ∂mean/∂v      = 1 / denominator           (1 / (|s| · denominator) with sequence_mean_token_mean)
///
/// For an entropy bonus c · mean(H), pass `.values = entropy, .d_values = write_to(d_entropy, -c)`; the loss changes by
/// −c · loss().
///
/// Masked tokens may hold anything; their gradient is +0, or left as it is with add_to. A NaN or infinite value makes
/// the mean NaN or infinite. No counted token: mean 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a gradient that overlaps the values, a
/// batch that counts more than its denominator.
template <class T = float, class Arch = native>
masked_mean_result masked_mean(const batch& b, const masked_mean_arrays<T>& a, const masked_mean_options& o = {},
                               const executor& run = {}) {
    detail::call c("masked_mean", b);
    const auto [n, sweep] =
        detail::mean_sweep<T, Arch>(c, a.values, "values", a.d_values, "d_values", T(1), o.aggregation);
    return n.sums(sweep(run).loss);
}

} // namespace RLHF_NAMESPACE
