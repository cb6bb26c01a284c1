// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// The coefficient of the entropy bonus after a step with this mean entropy.
///
///     c ← clip(c + step where H ≤ target, else c − step, [low, high])
///
/// Source: He et al. 2025 (Skywork-OR1), arXiv:2505.22312, section 4.
template <class V>
[[nodiscard]] RLHF_FORMULA V adapted_entropy_coef(V coef, V entropy, V target, V step, V low, V high) {
    using lane::select;
    return lane::clamp(select(entropy <= target, coef + step, coef - step), low, high);
}

} // namespace RLHF_NAMESPACE::formula
