// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/kl_controller.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// What OpenAI's lm-human-preferences (Ziegler et al. 2019, arXiv:1909.08593) computes by its defaults. Read in git
/// cbfd210, lm_human_preferences/train_policy.py and launch.py; names in brackets are its options.
///
/// Answers have one length and there is no mask. Rewards, which keep their mean, and then advantages are whitened anew
/// for each mini-batch in each epoch, with ddof 0.
namespace rlhf::preset::lm_human_preferences {

/// [ppo.cliprange].
inline constexpr ppo_policy_loss_options ppo_policy_loss{.clip_range = 0.2};
/// [ppo.cliprange_value]. The loss is multiplied by value_coef [ppo.vf_coef].
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.2};
inline constexpr double value_coef = 0.1;

/// [rewards.kl_coef], which launch.py sets to 0.15 with a controller whose target is 6 nats per sequence
/// [rewards.adaptive_kl]; the score is on the last step.
inline constexpr shape_rewards_options shape_rewards{.kl_coef = 0.2, .score_position = score_position::last_step};
inline constexpr adaptive_kl_controller kl_controller{.kl_coef = 0.15, .target = 6, .horizon = 10000};
/// [ppo.whiten_rewards], before GAE.
inline constexpr whiten_options whiten_rewards{.center = false, .ddof = 0};
inline constexpr gae_options gae{.gamma = 1, .lambda = 0.95, .gaps = gaps::ignore}; ///< [ppo.gamma, ppo.lam]
inline constexpr whiten_options whiten{.ddof = 0};

} // namespace rlhf::preset::lm_human_preferences
