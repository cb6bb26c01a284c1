// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/formula/kto.hpp>
#include <rlhf/formula/nca.hpp>
#include <rlhf/logits/top_k_divergence.hpp>
#include <rlhf/policy/entropy_controller.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/top_entropy.hpp>
#include <rlhf/recipe/gdpo_advantages.hpp>

/// What TRL's GRPOTrainer computes by its defaults. Read in TRL 1.16.0, trainer/grpo_trainer.py, _compute_loss, and
/// grpo_config.py; names in brackets are its options.
///
/// Log ratios are not clamped. KL in the loss is off [beta]. If it is on, it is multiplied by ρ
/// [use_bias_correction_kl]: use kl_policy_loss. A sequence without tokens counts in a mean over sequences.
namespace rlhf::preset::trl {

/// [loss_type] dapo, the default, and bnpo: the library's defaults. dapo's denominator is the whole step's, bnpo's is a
/// micro-batch's. [delta] is dual_clip if it is at least 1 + ε₊.
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
/// The same with ref_log_probs, where [beta] is kl_coef.
inline constexpr ppo_policy_loss_options kl_policy_loss{.kl_weight = kl_weight::ratio};
/// [loss_type] grpo.
inline constexpr ppo_policy_loss_options grpo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
/// [loss_type] luspo: with ρ per token, or per sequence [importance_sampling_level], as TRL advises.
inline constexpr ppo_policy_loss_options luspo_policy_loss{.aggregation = aggregation::sequence_mean_token_sum};
inline constexpr policy_loss_options gspo_luspo_policy_loss{.aggregation = aggregation::sequence_mean_token_sum};

/// [loss_type] dr_grpo: with ppo_policy_loss. TRL divides by sequences · max_completion_length for every mask: pass
/// this product as the batch's denominator, counts.tokens.

/// [loss_type] cispo has no lower bound, and [epsilon_high] itself is the upper bound: with its default, which is
/// [epsilon]'s, all weights are at most 0.2. ScaleRL's upper bound is 5.
inline constexpr rlhf::cispo cispo{.low = 0, .high = 0.2};
/// [loss_type] sapo [sapo_temperature_pos, sapo_temperature_neg], averaged over sequences.
inline constexpr rlhf::sapo sapo{};
/// [importance_sampling_level] sequence, with [loss_type] grpo. The range is PPO's [epsilon].
inline constexpr rlhf::gspo gspo{.range = 0.2};
/// experimental/gmpo: GMPOTrainer.
inline constexpr rlhf::gmpo gmpo{};
inline constexpr policy_loss_options gmpo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
/// [loss_type] vespo, a mean over tokens. Importance weights of the tokens, truncated or masked, multiply the ratio of
/// the sequence and not the loss: pass log π_old − log w as old_log_probs.
inline constexpr rlhf::vespo vespo{};
inline constexpr policy_loss_options vespo_policy_loss{.log_ratio_limit = 18.420680743952367}; // −log 10⁻⁸
/// The options for cispo.
inline constexpr policy_loss_options policy_loss{};
inline constexpr policy_loss_options gspo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
inline constexpr policy_loss_options sapo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};

/// [scale_rewards] group, batch and none. Unlike in the library's defaults, ε is 10⁻⁴, and an answer that no reward
/// function could judge does not count and has the advantage 0. [scale_rewards] batch still subtracts the mean of the
/// group.
inline constexpr group_advantages_options grpo{.epsilon = 1e-4, .unscorable = unscorable::left_out};
inline constexpr group_advantages_options grpo_batch_std{
    .scale = group_scale::batch_std, .epsilon = 1e-4, .unscorable = unscorable::left_out};
inline constexpr group_advantages_options dr_grpo{.scale = group_scale::none, .unscorable = unscorable::left_out};
/// rloo_trainer.py. [normalize_advantages], off by default, whitens them with ε = 10⁻⁴ after the root.
inline constexpr group_advantages_options rloo{
    .baseline = group_baseline::others_mean, .scale = group_scale::none, .unscorable = unscorable::left_out};

/// [multi_objective_aggregation] normalize_then_sum.
inline constexpr gdpo_advantages_options gdpo_advantages{.group = {.epsilon = 1e-4, .unscorable = unscorable::left_out},
                                                         .whiten = {.epsilon = 1e-4, .floor = std_floor::after_root}};

/// [use_adaptive_entropy]: [entropy_coef, entropy_target, entropy_coef_delta, entropy_coef_min, entropy_coef_max].
/// There is no bonus in the first step.
inline constexpr adaptive_entropy_controller entropy_controller{.active = false};
/// [top_entropy_quantile] keeps all tokens by default. The quantile is taken over a micro-batch of all ranks.
inline constexpr top_entropy_options top_entropy{.share = 1};

/// rewards/other_rewards.py, get_soft_overlong_punishment [max_completion_len, soft_punish_cache]: the library's
/// defaults.
inline constexpr shape_scores_options shape_scores{};

/// kto_trainer.py [beta, desirable_weight, undesirable_weight]. TRL's z₀ comes from a micro-batch of all ranks.
inline constexpr rlhf::kto kto{.beta = 0.1};
/// bco_trainer.py [beta] of TRL 0.23.0: δ is the mean of all answers so far.
inline constexpr rlhf::bco bco{.beta = 0.1};

/// [vllm_importance_sampling_mode] sequence_mask with [vllm_importance_sampling_clip_max]: the product over the whole
/// sequence, and 0 above 3, with π_old as log_probs.
inline constexpr importance_weights_options importance_weights{
    .level = importance_level::sequence_product, .range = 3, .beyond = importance::mask};

/// experimental/sdpo and sdft [distillation_alpha, distillation_add_tail], over the student's likeliest entries
/// [distillation_topk]; server_distillation by [beta] 0, over the teacher's [loss_top_k, loss_add_tail].
inline constexpr top_k_divergence_options sdpo_top_k_divergence{.support = top_k_support::renormalized};
inline constexpr top_k_divergence_options sdft_top_k_divergence{.divergence = divergence::jsd,
                                                                .support = top_k_support::renormalized};
inline constexpr top_k_divergence_options server_top_k_divergence{.divergence = divergence::forward_kl};

} // namespace rlhf::preset::trl
