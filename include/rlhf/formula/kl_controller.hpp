// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// The KL coefficient β after `sequences` sequences with this mean KL.
///
///     e = clip(KL / target − 1, ±limit)
///     β ← β (1 + e · sequences / horizon)
///
/// Source: Ziegler et al. 2019, arXiv:1909.08593, section 2.2.
template <class V>
[[nodiscard]] RLHF_FORMULA V adapted_kl_coef(V coef, V kl, V target, V limit, V sequences, V horizon) {
    const V error = lane::clamp(kl / target - V(1), -limit, limit);
    return coef * (V(1) + error * sequences / horizon);
}

} // namespace RLHF_NAMESPACE::formula
