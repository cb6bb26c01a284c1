// SPDX-License-Identifier: MIT
#pragma once

#include "support/cases.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

namespace test {

/// Arguments of ppo_policy_loss, to be changed in one place.
struct six {
    std::vector<float> lp{-1, -2, -3, -1, -2, -3}, old{-1.5f, -2, -2.5f, -1, -1, -4}, advantages{1, -1, 2, 0, 1, -2},
        d = std::vector<float>(6, 7.f);
    rlhf::batch batch{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::ppo_policy_loss_arrays<float> arrays() {
        return {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d};
    }
};

} // namespace test
