// SPDX-License-Identifier: MIT
#pragma once

#include "policy_loss.hpp"

/// The clipped surrogate (Schulman et al. 2017, arXiv:1707.06347, eq. 7), as a loss:
///
///     ρ = π / π_old      l = −min(ρ Â, clip(ρ, 1 − ε₋, 1 + ε₊) Â)
///
/// with a lower bound c Â at Â < 0 (dual clip: Ye et al. 2020, arXiv:1912.09729, eq. 5).
namespace reference {

using ppo_policy_loss_arrays = policy_loss_arrays;
using ppo_policy_loss_options = policy_loss_options;
using ppo_policy_loss_result = policy_loss_result;

namespace detail {

[[nodiscard]] inline surrogate clipped_surrogate(real log_ratio, real advantage, const ppo_policy_loss_options& o) {
    const bool limited = std::fabs(log_ratio) > o.log_ratio_limit;
    const real ratio = std::exp(clamped(log_ratio, -o.log_ratio_limit, o.log_ratio_limit));
    const bool clipped = (advantage > 0 && ratio > 1 + o.clip_high) || (advantage < 0 && ratio < 1 - o.clip_low);
    const real used = clipped ? (advantage > 0 ? 1 + o.clip_high : 1 - o.clip_low) : ratio;
    surrogate l{-used * advantage, clipped || limited ? 0 : -ratio * advantage, clipped, false};
    if (advantage == 0) l.loss = l.slope = 0;
    if (advantage < 0 && l.loss > -o.dual_clip * advantage) l = {-o.dual_clip * advantage, 0, clipped, true};
    if (std::isnan(log_ratio)) l.loss = l.slope = log_ratio;
    return l;
}

} // namespace detail

[[nodiscard]] inline ppo_policy_loss_result ppo_policy_loss(const batch& b, const ppo_policy_loss_arrays& a,
                                                            const ppo_policy_loss_options& o = {}) {
    const auto objective = [&](const sampled_token& t) {
        return detail::clipped_surrogate(t.log_prob - t.old_log_prob, t.advantage, o);
    };
    return policy_loss(b, a, objective, o);
}

} // namespace reference
