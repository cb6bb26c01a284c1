// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/discounted_returns.hpp>
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/top_entropy.hpp>

/// What ms-swift's GRPOTrainer computes by its defaults. Read in ms-swift 4.6.0, rlhf_trainers/grpo_trainer.py,
/// args_mixin.py, rl_core/advantage.py and arguments/rlhf_args.py; names in brackets are its options.
///
/// Log ratios are not clamped. A sequence without tokens counts in a mean over sequences.
namespace rlhf::preset::ms_swift {

/// [loss_type] grpo, the default. [delta] is dual_clip. KL is on by default [beta], k3 clamped to 10: with
/// ref_log_probs use kl_policy_loss.
inline constexpr ppo_policy_loss_options ppo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
inline constexpr ppo_policy_loss_options kl_policy_loss{
    .kl_coef = 0.04, .kl_limit = 10, .aggregation = aggregation::sequence_mean_token_mean};
/// [loss_type] dapo and bnpo. dapo's denominator is the whole step's, bnpo's is a micro-batch's.
inline constexpr ppo_policy_loss_options dapo_policy_loss{};

/// [loss_type] dr_grpo: with dapo_policy_loss. ms-swift divides by sequences · max_completion_length for every mask:
/// pass this product as the batch's denominator, counts.tokens.

/// [loss_type] cispo, a mean over tokens, has no lower bound, and [epsilon_high] itself is the upper bound: with its
/// default, which is [epsilon]'s, all weights are at most 0.2. ScaleRL's upper bound is 5.
inline constexpr rlhf::cispo cispo{.low = 0, .high = 0.2};
inline constexpr policy_loss_options policy_loss{}; ///< The options for cispo.
/// [loss_type] sapo [tau_pos, tau_neg], averaged over sequences.
inline constexpr rlhf::sapo sapo{};
inline constexpr policy_loss_options sapo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
/// [importance_sampling_level] sequence, or sequence_token, which has the same gradient. The range is PPO's [epsilon].
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options gspo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};

/// [loss_type] fipo: dapo_policy_loss with the advantages Â u; policy_loss says what u and F are. These options compute
/// F: γ is 2^(−1/32) [fipo_decay_rate 32]. u is clipped to [1, 1.2] [fipo_clip_range, fipo_clip_high_only], and then to
/// [0.8, 1] where Â < 0 and ρ > 4 [fipo_safety_threshold]. Tokens whose ρ is above [delta] add nothing to F.
inline constexpr discounted_returns_options fipo_future{.gamma = 0.97857206208770009, .gaps = gaps::zero};
/// [loss_type] real [real_tau]: see policy_loss.
inline constexpr double real_temperature = 0.5;
/// [top_entropy_quantile] keeps all tokens by default. The quantile is taken over a micro-batch of one rank.
inline constexpr top_entropy_options top_entropy{.share = 1};

/// [advantage_estimator] grpo with [scale_rewards] group, batch and none; rloo, whose [scale_rewards] is none. ε is
/// 10⁻⁴. A missing reward is 0.
inline constexpr group_advantages_options grpo{.epsilon = 1e-4};
inline constexpr group_advantages_options grpo_batch_std{.scale = group_scale::batch_std, .epsilon = 1e-4};
inline constexpr group_advantages_options dr_grpo{.scale = group_scale::none};
inline constexpr group_advantages_options rloo{.baseline = group_baseline::others_mean, .scale = group_scale::none};

/// rewards/orm.py, SoftOverlong [soft_max_length, soft_cache_length]: the penalty of an answer longer than max_length
/// is more than 1.
inline constexpr shape_scores_options shape_scores{.overlong = overlong::growing};

/// [rollout_importance_sampling_mode] token_truncate, token_mask, sequence_truncate and sequence_mask, off by default,
/// with [rollout_importance_sampling_threshold] 2 and π_old as log_probs. A sequence's ratio is the geometric mean of
/// its tokens' ratios. In sequences that sequence_mask keeps, each token has its own weight.
inline constexpr importance_weights_options token_truncate{.range = 2};
inline constexpr importance_weights_options token_mask{.range = 2, .beyond = importance::mask};
inline constexpr importance_weights_options sequence_truncate{.level = importance_level::sequence_mean, .range = 2};
inline constexpr importance_weights_options sequence_mask{.range = unlimited, .sequence_mean = 2};

} // namespace rlhf::preset::ms_swift
