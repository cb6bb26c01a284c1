// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <array>

namespace RLHF_NAMESPACE::detail {

/// c₆, c₅, … c₂ of eʳ = 1 + r + c₂ r² + … + c₆ r⁶: minimax, with a relative error of 3 · 10⁻⁹ for |r| ≤ log(2) / 2.
inline constexpr std::array<double, 5> exp_series = {0.00138145840312, 0.00836872393598, 0.0416683887296,
                                                     0.166665205736, 0.499999934439};

} // namespace RLHF_NAMESPACE::detail
