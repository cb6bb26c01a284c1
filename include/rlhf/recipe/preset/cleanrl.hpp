// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// What CleanRL's PPO computes by its defaults. Read in git fe8d8a03, cleanrl/ppo.py; names in brackets are its
/// options. Environments are the sequences; there is no mask, no reference and no KL.
namespace rlhf::preset::cleanrl {

/// [clip_coef].
inline constexpr ppo_policy_loss_options ppo_policy_loss{.clip_range = 0.2};
/// [clip_vloss], with the bound of the policy's clip. The loss is multiplied by value_coef [vf_coef]. The bonus is
/// entropy_coef [ent_coef] times the mean entropy.
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.2};
inline constexpr double value_coef = 0.5, entropy_coef = 0.01;

/// [gamma, gae_lambda]; an episode's end is `terminated`, also if the episode was cut. [norm_adv] whitens each
/// mini-batch anew in each epoch, with ddof 1: whiten the mini-batch's part.
inline constexpr gae_options gae{.gamma = 0.99, .lambda = 0.95};
inline constexpr whiten_options whiten{.floor = std_floor::after_root};

} // namespace rlhf::preset::cleanrl
