// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/recipe/preset/trl.hpp>

/// What Unsloth's GRPO computes by its defaults. Read in unsloth_zoo 2026.10.9, rl_replacements.py, grpo_compute_loss.
/// Options and losses are TRL's, except for KL: see preset::trl.
namespace rlhf::preset::unsloth {

/// [beta], with TRL's [use_bias_correction_kl]. Unsloth clamps KL times ρ to 10; the library clamps KL alone.
inline constexpr ppo_policy_loss_options kl_policy_loss{.kl_limit = 10, .kl_weight = kl_weight::ratio};

/// [vllm_importance_sampling_mode] geometric_truncate, which TRL does not have.
inline constexpr importance_weights_options geometric_truncate{.level = importance_level::sequence_mean, .range = 3};

} // namespace rlhf::preset::unsloth
