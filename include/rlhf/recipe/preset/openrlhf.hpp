// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// What OpenRLHF computes by its defaults. Read in OpenRLHF 0.11.2; names in brackets are options of
/// cli/train_ppo_ray.py.
///
/// OpenRLHF divides the sum of a sequence with n tokens by n + 10⁻⁸.
namespace rlhf::preset::openrlhf {

/// models/loss.py, PolicyLoss [actor.eps_clip, actor.policy_loss_type ppo]. Unlike the library: log ratios are clamped
/// to ±20. There is no dual clip [actor.dual_clip].
inline constexpr ppo_policy_loss_options ppo_policy_loss{.log_ratio_limit = 20};
/// [actor.policy_loss_type] gspo: PPO's range, no clamp, a mean over sequences.
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options gspo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};

/// [critic.value_clip].
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.5};

/// trainer/ppo_utils/experience_maker.py: KL in the reward, k1 clamped to ±10 [algo.kl.init_coef, algo.kl.estimator],
/// scores clamped to ±10 [reward.clip_range], time passes at masked tokens, λ is 1 [algo.advantage.lambd]. Advantages
/// are whitened over the whole rollout, with ddof 0 and a variance of at least 10⁻⁸.
inline constexpr ppo_advantages_options ppo_advantages{.rewards = {.kl_coef = 0.01, .kl_limit = 10, .score_limit = 10},
                                                       .gae = {.lambda = 1, .gaps = gaps::zero},
                                                       .whiten = {.ddof = 0, .floor = std_floor::variance_at_least}};

/// [algo.advantage.estimator] group_norm, with ε = 10⁻⁹, dr_grpo and rloo. OpenRLHF rejects groups of one.
inline constexpr group_advantages_options group_norm{.epsilon = 1e-9, .lone = lone_reward::refused};
inline constexpr group_advantages_options dr_grpo{.scale = group_scale::none, .lone = lone_reward::refused};
inline constexpr group_advantages_options rloo{
    .baseline = group_baseline::others_mean, .scale = group_scale::none, .lone = lone_reward::refused};

/// trainer/ppo_utils/length_penalty.py [reward.overlong_buffer_len, overlong_penalty_factor]: the library's defaults.
inline constexpr shape_scores_options shape_scores{};

/// [algo.advantage.is_correction_level, is_correction_mode, is_correction_threshold 0.5 5], with π_old as log_probs:
/// token and clip (TIS), token and mask (IcePop), seq and mask. Off by default. The tokens of a kept sequence have
/// their own weights, which are not truncated.
inline constexpr importance_weights_options tis{.range = {0.5, 5}};
inline constexpr importance_weights_options icepop{.range = {0.5, 5}, .beyond = importance::mask};
inline constexpr importance_weights_options sequence_mask{.sequence_mean = {0.5, 5}};

} // namespace rlhf::preset::openrlhf
