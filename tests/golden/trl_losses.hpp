// SPDX-License-Identifier: MIT
#pragma once

#include "golden/presets.hpp"

#include <rlhf/recipe/preset/trl.hpp>

namespace test {

/// The losses that TRL and Unsloth have in common, by TRL's presets.
inline void reproduce_trl_losses(const policy_goldens& g) {
    namespace trl = rlhf::preset::trl;
    g.reproduce("dapo", trl::ppo_policy_loss);
    g.reproduce("bnpo", trl::ppo_policy_loss);
    g.reproduce("grpo", trl::grpo_policy_loss);
    g.reproduce("luspo", trl::luspo_policy_loss);
    g.reproduce("dr_grpo", trl::ppo_policy_loss, {.denominator = rlhf::counts{6 * 512, 6}}); // max_completion_length
    g.reproduce("sapo", trl::sapo, trl::sapo_policy_loss);
    g.reproduce("gspo", trl::gspo, trl::gspo_policy_loss);
    g.reproduce("luspo_sequence", trl::gspo, trl::gspo_luspo_policy_loss);
    g.reproduce("vespo", trl::vespo, trl::vespo_policy_loss);
    g.reproduce("delta", {.dual_clip = 4});
}

} // namespace test
