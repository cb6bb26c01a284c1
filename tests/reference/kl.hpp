// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

/// Estimators of KL(π‖π_ref) from one token drawn from π, after Schulman's note "Approximating KL Divergence" (2020):
/// with x = log π − log π_ref, k1 = x, k2 = x² / 2, k3 = e⁻ˣ − 1 + x. Packages also offer
/// abs = |x|, which is not in the note.
namespace reference {

enum class kl_estimator { k1, k2, k3, abs };

struct kl_term {
    real value, slope; ///< slope = ∂value/∂log π
};

/// e⁻ˣ − 1 + x; near 0 by its series, where the terms of the plain sum cancel.
[[nodiscard]] inline real k3(real x) {
    // At −∞ the exponential outgrows the linear term; the plain sum would be inf − inf.
    if (x == -unlimited) return unlimited;
    if (!(std::fabs(x) < 1)) return std::expm1(-x) + x;
    real sum = 0, term = -x;
    for (int n = 2; n < 40; ++n) term *= -x / static_cast<real>(n), sum += term;
    return sum;
}

/// The estimate, cut to [−limit, limit]; beyond the limit the slope is 0, at it it is not.
[[nodiscard]] inline kl_term kl(kl_estimator estimator, real x, real limit = unlimited) {
    real value = x, slope = 1;
    if (estimator == kl_estimator::k2) value = x * x / 2, slope = x;
    if (estimator == kl_estimator::k3) value = k3(x), slope = -std::expm1(-x);
    if (estimator == kl_estimator::abs) value = std::fabs(x), slope = static_cast<real>((x > 0) - (x < 0));
    if (value > limit) return {limit, 0};
    if (value < -limit) return {-limit, 0};
    return {value, slope};
}

} // namespace reference
