// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

namespace reference {

/// The coefficient of an entropy bonus after a step with this mean entropy.
[[nodiscard]] inline real adapted_entropy_coef(real coef, real entropy, real target, real step, real low, real high) {
    coef += entropy > target ? -step : step;
    return coef < low ? low : coef > high ? high : coef;
}

} // namespace reference
