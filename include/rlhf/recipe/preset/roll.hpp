// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// What ROLL computes by its defaults. Read in git 8eb27cc2, roll/configs/base_config.py, roll/pipeline/rlvr and
/// roll/utils/functionals.py; names in brackets are its options.
///
/// Losses are averaged over sequences [loss_agg_mode seq-mean-token-mean]. seq-mean-token-sum-norm divides the sum of
/// all tokens by the length of the longest answer, and not by the number of sequences. Log ratios are not clamped.
namespace rlhf::preset::roll {

/// ActorWorker.loss_func [pg_clip]. With [dual_clip_loss], off by default, the bound is 1 + 2 pg_clip.
inline constexpr ppo_policy_loss_options ppo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
inline constexpr ppo_policy_loss_options dual_clip_policy_loss{.dual_clip = 1.4,
                                                               .aggregation = aggregation::sequence_mean_token_mean};
/// With KL in the loss [use_kl_loss]: k3, clamped to 10. Its coefficient [kl_loss_coef] is 0 by default.
inline constexpr ppo_policy_loss_options kl_policy_loss{.kl_limit = 10,
                                                        .aggregation = aggregation::sequence_mean_token_mean};
/// [importance_sampling] seq.
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options policy_loss{.aggregation = aggregation::sequence_mean_token_mean};

/// ActorPGWorker [pg_variant]: vanilla, tis, topr and cispo [cispo_epsilon_low, cispo_epsilon_high]. In ROLL's topr the
/// sign of the score decides, in the library the sign of the advantage. With [cispo_use_unified_mask], tokens that PPO
/// would clip have no loss: weights of 0 do the same.
inline constexpr rlhf::cispo reinforce{.low = 1, .high = 1};
inline constexpr rlhf::cispo tis{.low = 0, .high = 1};
inline constexpr rlhf::topr topr{};
inline constexpr rlhf::cispo cispo{.low = 0.9, .high = 1.1};
/// [pg_variant] kimi15 is reinforce with KL to π_old [kimi15_tau]: pass log π_old as ref_log_probs.
inline constexpr policy_loss_options kimi_policy_loss{
    .kl_coef = 0.1, .kl_estimator = kl_estimator::k2, .aggregation = aggregation::sequence_mean_token_mean};

/// CriticWorker.loss_func: without a clip [value_clip], a mean over sequences.
inline constexpr ppo_value_loss_options ppo_value_loss{.aggregation = aggregation::sequence_mean_token_mean};

/// compute_advantage [adv_estimator gae, gamma, lambd]. GAE does not look at the mask, and nothing is whitened
/// [whiten_advantages]. KL is in the reward only with [add_token_level_kl].
inline constexpr ppo_advantages_options ppo_advantages{
    .rewards = {.kl_coef = 0}, .gae = {.lambda = 0.95, .gaps = gaps::ignore}, .whiten = no_whitening};

/// reward_norm [norm_mean_type, norm_std_type]: [adv_estimator] grpo is group, group. The next presets are batch,
/// batch, and group without a deviation. running, running is whiten with these options and the moments of all rewards
/// so far.
inline constexpr group_advantages_options grpo{};
inline constexpr group_advantages_options batch_norm{.baseline = group_baseline::batch_mean,
                                                     .scale = group_scale::batch_std};
inline constexpr group_advantages_options dr_grpo{.scale = group_scale::none};
inline constexpr whiten_options running_norm{.epsilon = 1e-6, .floor = std_floor::after_root};

/// [train_infer_correction]: is_weight [upper_bound] per token, and filters [ratio_low, ratio_high, diff_high] with
/// [agg_type] token, geometric, sequence and segment, all off by default. A token that a filter drops leaves the mean
/// of its sequence: use `keep`. In means over tokens [loss_agg_mode token-mean] ROLL ignores the filters.
inline constexpr importance_weights_options is_weight{.range = 1.2};
inline constexpr importance_weights_options token_filter{.range = {0.8, 1.2}, .beyond = importance::mask};
inline constexpr importance_weights_options geometric_filter{.level = importance_level::none,
                                                             .sequence_mean = {0.8, 1.2}};
inline constexpr importance_weights_options sequence_filter{.level = importance_level::none,
                                                            .sequence_product = {0.8, 1.2}};
inline constexpr importance_weights_options segment_filter{
    .level = importance_level::none, .sequence_mean = {0.8, 1.2}, .unit = importance_unit::run};
inline constexpr importance_weights_options difference_filter{.level = importance_level::none,
                                                              .probability_limit = 0.2};

} // namespace rlhf::preset::roll
