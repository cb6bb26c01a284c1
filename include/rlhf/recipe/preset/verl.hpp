// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/logits/top_k_divergence.hpp>
#include <rlhf/policy/covariance_tokens.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/recipe/gdpo_advantages.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// What verl computes by its defaults. Read in verl 0.9.1; names in brackets are its options.
///
/// verl divides the sum of a sequence with n tokens by n + 10⁻⁸, and the clip fractions by the number of tokens + 10⁻⁸.
/// [clip_ratio_low] and [clip_ratio_high] are 0.2 for every [clip_ratio].
namespace rlhf::preset::verl {

/// trainer/ppo/core_algos.py, compute_policy_loss_vanilla. Unlike in the library's defaults, the dual clip is always on
/// [clip_ratio_c], and log ratios are clamped to ±20.
inline constexpr ppo_policy_loss_options ppo_policy_loss{.dual_clip = 3, .log_ratio_limit = 20};
/// With KL in the loss [use_kl_loss, kl_loss_coef, kl_loss_type low_var_kl], which is clamped to 10.
inline constexpr ppo_policy_loss_options ppo_policy_loss_with_kl{
    .dual_clip = 3, .log_ratio_limit = 20, .kl_coef = 0.001, .kl_limit = 10};

/// [policy_loss.loss_mode] sapo, cispo, dppo_tv, dppo_kl and gspo: an objective each, with these options. The ranges
/// are PPO's [clip_ratio_low, clip_ratio_high], also where papers have others. The cap of DPPO is the dual clip's
/// [clip_ratio_c], not the default 20 of verl's function.
inline constexpr policy_loss_options policy_loss{.log_ratio_limit = 20};
inline constexpr rlhf::cispo cispo{.low = 0.8, .high = 1.2};
inline constexpr rlhf::dppo_tv dppo_tv{.range = 0.2, .cap = 3};
inline constexpr rlhf::dppo_kl dppo_kl{.range = 0.2, .cap = 3};
/// [tau_pos, tau_neg]; the function averages over sequences for every [loss_agg_mode].
inline constexpr rlhf::sapo sapo{};
inline constexpr policy_loss_options sapo_policy_loss{.log_ratio_limit = 20,
                                                      .aggregation = aggregation::sequence_mean_token_mean};
/// The log ratio of a sequence is clamped above, at 10. [loss_agg_mode] stays token-mean unless it is set to
/// seq-mean-token-mean, as the function's documentation advises.
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options gspo_policy_loss{.log_ratio_limit = 10};
/// [policy_loss.loss_mode] geo_mean is GMPO with one advantage per sequence, averaged over all sequences, also
/// sequences without tokens. gpg is REINFORCE. dro adds KL to π_old: kl_coef is [dro_beta], which has no default, and
/// ref_log_probs are old_log_probs. None of them clamps log ratios.
inline constexpr rlhf::gmpo gmpo{.range = 0.2};
inline constexpr policy_loss_options gmpo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
inline constexpr rlhf::cispo reinforce{.low = 1, .high = 1};
inline constexpr policy_loss_options dro_policy_loss{.kl_estimator = kl_estimator::k2};

/// clip_cov and kl_cov [policy_loss.clip_cov_ratio, clip_cov_lb, clip_cov_ub, kl_cov_ratio, ppo_kl_coef]:
/// covariance_tokens picks the tokens. clip_cov has PPO's clip, kl_cov has none. Neither clamps log ratios.
inline constexpr covariance_tokens_options clip_cov{.share = 0.0002, .low = 1, .high = 5, .clip_range = 0.2};
inline constexpr covariance_tokens_options kl_cov{.share = 0.0002};
inline constexpr policy_loss_options kl_cov_policy_loss{.kl_coef = 0.1, .kl_estimator = kl_estimator::abs};

/// workers/config/critic.py [cliprange_value].
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.5};

/// compute_gae_advantage_return: [gamma, lam] 1, whitened with ddof 1. There is no KL in the reward; with
/// [use_kl_in_reward] it is k1 times 0.001 [kl_ctrl.kl_coef].
inline constexpr ppo_advantages_options ppo_advantages{.rewards = {.kl_coef = 0}, .gae = {.lambda = 1}};

/// [adv_estimator] grpo, with or without the standard deviation [norm_adv_by_std_in_grpo]; rloo, opo and remax. A group
/// of one keeps its reward; grpo divides it by 1 + 10⁻⁶.
inline constexpr group_advantages_options grpo{.lone = lone_reward::kept};
inline constexpr group_advantages_options dr_grpo{.scale = group_scale::none, .lone = lone_reward::kept};
inline constexpr group_advantages_options rloo{
    .baseline = group_baseline::others_mean, .scale = group_scale::none, .lone = lone_reward::kept};
inline constexpr group_advantages_options opo{
    .baseline = group_baseline::length_weighted_mean, .scale = group_scale::none, .lone = lone_reward::kept};
inline constexpr group_advantages_options remax{.baseline = group_baseline::given, .scale = group_scale::none};
/// grpo_passk, with or without the standard deviation [norm_adv_by_std_in_grpo]. verl rejects groups of one.
inline constexpr group_advantages_options pass_at_k{.baseline = group_baseline::second_best,
                                                    .lone = lone_reward::refused};
inline constexpr group_advantages_options pass_at_k_without_std{
    .baseline = group_baseline::second_best, .scale = group_scale::none, .lone = lone_reward::refused};

/// [adv_estimator] gdpo. The sums are whitened over the tokens of the answers, which the caller does: see
/// tests/golden/scores_test.cpp.
inline constexpr gdpo_advantages_options gdpo_advantages{.group = {.lone = lone_reward::kept}, .whiten = no_whitening};

/// workers/reward_manager/dapo.py [overlong_buffer_cfg: len, penalty_factor]: an answer longer than max_length costs
/// more than the factor.
inline constexpr shape_scores_options shape_scores{.overlong = overlong::growing};

/// trainer/config/algorithm.py, RolloutCorrectionConfig [rollout_is, rollout_is_threshold], with π_old as log_probs:
/// its defaults, decoupled_token_is and decoupled_token_icepop. Log ratios are clamped to ±20.
inline constexpr importance_weights_options importance_weights{.level = importance_level::sequence_product, .range = 2};
inline constexpr importance_weights_options token_importance_weights{.range = 2};
inline constexpr importance_weights_options icepop{.range = {0.5, 5}, .beyond = importance::mask};
/// decoupled_geo_rs [rollout_rs seq_mean_k1, rollout_rs_threshold 0.999_1.001]. verl's bounds are for π_rollout /
/// π_old, the inverse of e^ρ. verl removes the tokens from the mask: use `keep`.
inline constexpr importance_weights_options geometric_rejection{.level = importance_level::none,
                                                                .sequence_mean = {1 / 1.001, 1 / 0.999}};

/// trainer/distillation, [distillation_loss.loss_mode] forward_kl_topk, as a loss [use_policy_gradient off]:
/// [log_prob_min_clamp, loss_max_clamp]. A token's divergence below 0 is 0.
inline constexpr top_k_divergence_options top_k_divergence{.divergence = divergence::forward_kl,
                                                           .support = top_k_support::truncated,
                                                           .least_log_prob = -10,
                                                           .low = 0,
                                                           .high = 10};

} // namespace rlhf::preset::verl
