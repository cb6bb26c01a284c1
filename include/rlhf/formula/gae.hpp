// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// What a masked gap inside a sequence means to a recurrence over its steps.
enum class gaps {
    skip,   ///< the gap is no time: the step before it continues at the step after it
    zero,   ///< time passes there, with reward 0 and value 0
    ignore, ///< the recurrence does not look at the mask: masked data is read, only outputs are masked
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// γ x, and 0 at γ = 0 even of an infinite x.
template <class V>
[[nodiscard]] RLHF_FORMULA V discounted(V gamma, V x) {
    using lane::select; // those of batches and duals are found by argument-dependent lookup
    return gamma * select(gamma == V(0), V(0), x);
}

/// The residual of one step.
///
///     δ = r + γ V(s′) − V(s)
///
/// Source: Schulman et al. 2016, arXiv:1506.02438, section 3.
template <class V>
[[nodiscard]] RLHF_FORMULA V td_error(V reward, V value, V next_value, V gamma) {
    return reward + discounted(gamma, next_value) - value;
}

/// One step of the recurrence of a discounted sum: S = x + f S′. With x = δ and f = γλ it is the advantage
/// (eq. 16 there, written backwards), with x = r and f = γ the return.
template <class V>
[[nodiscard]] RLHF_FORMULA V discounted_sum(V x, V factor, V rest) {
    return x + factor * rest;
}

} // namespace RLHF_NAMESPACE::formula
