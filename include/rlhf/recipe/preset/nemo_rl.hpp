// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/logits/top_k_divergence.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>

/// What NeMo-RL computes by the defaults of its GRPO example. Read in git 7ea279abf, examples/configs/grpo_math_1B.yaml
/// and nemo_rl/algorithms/loss/loss_functions.py; names in brackets are its options.
namespace rlhf::preset::nemo_rl {

/// [ratio_clip_min, ratio_clip_max, token_level_loss], without dual clip [ratio_clip_c].
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
/// The same with ref_log_probs [reference_policy_kl_penalty]: KL in the loss also has the gradient of the sampling, and
/// is clamped to 10 [kl_output_clamp_value]. Where it is clamped, NeMo-RL's KL has no gradient at all; the library
/// keeps the gradient of the sampling.
inline constexpr ppo_policy_loss_options kl_policy_loss{
    .kl_coef = 0.01, .kl_limit = 10, .kl_weight = kl_weight::own_ratio};
/// [use_cispo]: the same range.
inline constexpr rlhf::cispo cispo{.low = 0.8, .high = 1.2};
/// [sequence_level_importance_ratios], with [token_level_loss] off, as NeMo-RL's documentation advises.
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options gspo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
inline constexpr policy_loss_options policy_loss{}; ///< The options for cispo.

/// algorithms/advantage_estimator.py, GRPOAdvantageEstimator [use_leave_one_out_baseline, normalize_rewards]: a reward
/// is compared with the mean and the standard deviation of the others. NeMo-RL computes the deviation by E[x²] − E[x]².
inline constexpr group_advantages_options grpo{.baseline = group_baseline::others_mean,
                                               .scale = group_scale::others_std};

/// [truncated_importance_sampling_type] icepop and seq-mask-tis with the bounds that its source names; off by default.
inline constexpr importance_weights_options icepop{.range = {0.5, 5}, .beyond = importance::mask};
inline constexpr importance_weights_options sequence_mask{.sequence_mean = {0.999, 1.002}};

/// algorithms/reward_functions.py [overlong_buffer_length, overlong_buffer_penalty, max_response_length]: an answer
/// longer than max_length costs more than overlong_penalty.
inline constexpr shape_scores_options shape_scores{.overlong = overlong::growing};

/// examples/configs/distillation_math.yaml, DistillationLossFn [kl_type mixed, mixed_kl_weight 0.5, zero_outside_topk]:
/// half of each, one written and one added to it.
inline constexpr top_k_divergence_options forward_top_k_divergence{.divergence = divergence::forward_kl,
                                                                   .support = top_k_support::renormalized};
inline constexpr top_k_divergence_options reverse_top_k_divergence{.support = top_k_support::renormalized};

} // namespace rlhf::preset::nemo_rl
