// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check.hpp>
#include <rlhf/formula/kl_controller.hpp>

namespace rlhf {

/// A KL coefficient that stays the same. kl_coef is its whole state.
struct fixed_kl_controller {
    double kl_coef = 0.02; ///< β, finite
};

/// A KL coefficient that changes so that the KL approaches a target. Its fields are its whole state.
struct adaptive_kl_controller {
    double kl_coef = 0.2;   ///< β, finite; set it to its first value
    double target = 6;      ///< above 0, in nats per sequence or per token, as the KL that is passed to updated()
    double horizon = 10000; ///< above 0: sequences over which an error e = 1 would double β
    double limit = 0.2;     ///< above 0: bound of the relative error e
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// The controller after a batch with so many sequences and this mean KL: unchanged.
[[nodiscard]] inline fixed_kl_controller updated(const fixed_kl_controller& c, [[maybe_unused]] double kl,
                                                 [[maybe_unused]] double sequences) {
    detail::check_finite("fixed_kl_controller", "kl_coef", c.kl_coef);
    return c;
}

/// The controller after a batch of `sequences` sequences with mean KL `kl`.
///
///     e = clip(KL / target − 1, ±limit)
///     β ← β (1 + e · sequences / horizon)
///
/// Throws std::invalid_argument: a number that is not finite, target, horizon or limit not above 0, sequences below 0,
/// or so many that β could reach 0.
///
/// Source: Ziegler et al. 2019, arXiv:1909.08593, section 2.2.
[[nodiscard]] inline adaptive_kl_controller updated(adaptive_kl_controller c, double kl, double sequences) {
    static constexpr const char* self = "adaptive_kl_controller";
    detail::check_finite(self, "kl_coef", c.kl_coef);
    detail::check_finite(self, "target", c.target);
    detail::check_finite(self, "horizon", c.horizon);
    detail::check_finite(self, "limit", c.limit);
    detail::check_finite(self, "kl", kl);
    detail::check_finite(self, "sequences", sequences);
    detail::check_positive(self, "target", c.target);
    detail::check_positive(self, "horizon", c.horizon);
    detail::check_positive(self, "limit", c.limit);
    detail::check_not_negative(self, "sequences", sequences);
    if (!(c.limit * sequences < c.horizon))
        detail::fail(self, "limit %g times sequences %g is not below horizon %g", c.limit, sequences, c.horizon);
    c.kl_coef = double(formula::adapted_kl_coef<detail::real>(c.kl_coef, kl, c.target, c.limit, sequences, c.horizon));
    return c;
}

} // namespace RLHF_NAMESPACE
