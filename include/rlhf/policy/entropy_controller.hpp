// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check.hpp>
#include <rlhf/formula/entropy_controller.hpp>

namespace rlhf {

/// A coefficient of the entropy bonus. While the entropy is at or below a target, it grows and is used; above the
/// target it shrinks and is not used. Its fields are its whole state.
struct adaptive_entropy_controller {
    double entropy_coef = 0;  ///< c; set it to its first value
    double target = 0.2;      ///< nats per token
    double step = 0.005;      ///< above 0: c changes by it
    double low = 0, high = 1; ///< bounds of c
    /// True if the entropy of the last step was at or below the target. Skywork-OR1 begins with true, TRL with false.
    bool active = true;

    /// The coefficient to use: c, or 0 while the entropy is above its target.
    [[nodiscard]] constexpr double coefficient() const { return active ? entropy_coef : 0; }
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// The controller after an optimiser step with the mean entropy H, in nats. The mean is over the tokens of all parts
/// and ranks that get the bonus. If these are the tokens that top_entropy keeps, H is its mean_kept_entropy().
///
///     active ← H ≤ target
///     c      ← clip(c ± step, [low, high])            + if active, else −
///
/// The bonus of the next step is rlhf::masked_mean with write_to(d_entropy, −coefficient()). At H = target TRL adds to
/// c, as here, and Skywork-OR1 subtracts.
///
/// Throws std::invalid_argument: a number that is not finite, step not above 0, low above high.
///
/// Source: He et al. 2025 (Skywork-OR1), arXiv:2505.22312, section 4.
[[nodiscard]] inline adaptive_entropy_controller updated(adaptive_entropy_controller c, double entropy) {
    static constexpr const char* self = "adaptive_entropy_controller";
    detail::check_finite(self, "entropy_coef", c.entropy_coef);
    detail::check_finite(self, "target", c.target);
    detail::check_finite(self, "step", c.step);
    detail::check_finite(self, "low", c.low);
    detail::check_finite(self, "high", c.high);
    detail::check_finite(self, "entropy", entropy);
    detail::check_positive(self, "step", c.step);
    if (!(c.low <= c.high)) detail::fail(self, "low is %g and high is %g, expected low <= high", c.low, c.high);
    c.active = entropy <= c.target;
    c.entropy_coef =
        double(formula::adapted_entropy_coef<detail::real>(c.entropy_coef, entropy, c.target, c.step, c.low, c.high));
    return c;
}

} // namespace RLHF_NAMESPACE
