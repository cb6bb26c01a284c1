// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/policy/covariance_tokens.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// What SkyRL computes by its defaults. Read in git a9564572e, skyrl/train/config/config.py and
/// skyrl/backends/skyrl_train/utils/ppo_utils.py; names in brackets are its options.
///
/// SkyRL averages by scaling the advantages [loss_reduction token_mean]; KL is averaged separately.
namespace rlhf::preset::skyrl {

/// [policy_loss_type] regular: unlike the library, log ratios are clamped to ±20. dual_clip adds [clip_ratio_c].
inline constexpr ppo_policy_loss_options ppo_policy_loss{.log_ratio_limit = 20};
inline constexpr ppo_policy_loss_options dual_clip_policy_loss{.dual_clip = 3, .log_ratio_limit = 20};
/// [policy_loss_type] cispo: [cispo_eps_clip_low, cispo_eps_clip_high] are distances from 1; the bounds are ScaleRL's.
inline constexpr policy_loss_options policy_loss{.log_ratio_limit = 20};
inline constexpr rlhf::cispo cispo{.low = 0, .high = 5};
/// [policy_loss_type] rollout_is: tokens beyond PPO's range have no loss. old_log_probs are the sampler's.
inline constexpr rlhf::cispo rollout_is{.low = 0.8, .high = 1.2, .beyond = importance::mask};
/// [policy_loss_type] importance_sampling, as in tinker: no clip, and no limit of log ratios.
inline constexpr ppo_clip importance_sampling{.range = {1, unlimited}};
inline constexpr policy_loss_options importance_sampling_policy_loss{};
/// [policy_loss_type] sapo [tau_pos, tau_neg]; [loss_reduction] sequence_mean is advised.
inline constexpr rlhf::sapo sapo{};
/// [policy_loss_type] gspo: PPO's range, the log ratio of a sequence clamped above, at 10.
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options gspo_policy_loss{.log_ratio_limit = 10};
/// [policy_loss_type] dppo [dppo_type binary_tv]: old_log_probs are the sampler's, if there are any.
inline constexpr rlhf::dppo_tv dppo_tv{.range = 0.2, .value = dppo_value::ratio};

/// [policy_loss_type] clip_cov and kl_cov [clip_cov, kl_cov]. SkyRL first divides the advantages by the number of
/// tokens n, but not KL. For the same numbers, multiply low, high and kl_coef by n. Clip-Cov then picks hardly any
/// token.
inline constexpr covariance_tokens_options clip_cov{.share = 0.0002, .low = 1, .high = 5, .clip_range = 0.2};
inline constexpr covariance_tokens_options kl_cov{.share = 0.2};
inline constexpr policy_loss_options kl_cov_policy_loss{.kl_coef = 1, .kl_estimator = kl_estimator::abs};

/// ppo_critic_loss [value_clip]: a mean over sequences for every [loss_reduction], in which sequences without tokens
/// count.
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.2,
                                                       .aggregation = aggregation::sequence_mean_token_mean};

/// [advantage_estimator] gae [gamma, lambd] 1: SkyRL does not look at the mask, and whitens with ddof 1. KL in the
/// reward is off [use_kl_in_reward]. reinforce++ starts anew after each gap of the mask: set `terminated` on the step
/// before the gap.
inline constexpr ppo_advantages_options ppo_advantages{.rewards = {.kl_coef = 0},
                                                       .gae = {.lambda = 1, .gaps = gaps::ignore}};

/// [advantage_estimator] grpo, with the standard deviation [grpo_norm_by_std], rloo and maxrl. A group of one keeps its
/// reward, except in rloo. maxrl divides by the mean + 10⁻⁶, which may be negative or 0; the library divides by the
/// absolute mean.
inline constexpr group_advantages_options grpo{.lone = lone_reward::kept};
inline constexpr group_advantages_options rloo{.baseline = group_baseline::others_mean, .scale = group_scale::none};
inline constexpr group_advantages_options maxrl{.scale = group_scale::group_mean, .lone = lone_reward::kept};

/// [off_policy_correction], off by default: [tis_ratio_type] token and sequence, [sequence_mask_metric] geometric and
/// product.
inline constexpr importance_weights_options token_tis{.range = 2};
inline constexpr importance_weights_options sequence_tis{.level = importance_level::sequence_product, .range = 5};
inline constexpr importance_weights_options geometric_mask{.level = importance_level::none,
                                                           .sequence_mean = {0.99, 1.01}};
inline constexpr importance_weights_options product_mask{.level = importance_level::none, .sequence_product = {0.5, 2}};

} // namespace rlhf::preset::skyrl
