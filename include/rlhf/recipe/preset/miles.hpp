// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>

/// What miles computes by its defaults. Read in git 31f1ca961, miles/utils/arguments.py and
/// miles/backends/training_utils/loss_hub; names in brackets are its options.
///
/// miles began as slime. Unlike slime, it clamps log ratios to ±20 and takes a NaN log ratio as 0. It averages over
/// samples, except with [calculate-per-token-loss].
namespace rlhf::preset::miles {

/// [eps-clip]. There is no dual clip [eps-clip-c].
inline constexpr ppo_policy_loss_options ppo_policy_loss{.log_ratio_limit = 20,
                                                         .aggregation = aggregation::sequence_mean_token_mean};
/// [advantage-estimator] gspo takes the same range, and the same clamp of the log ratio of a sequence.
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options policy_loss{.log_ratio_limit = 20,
                                                 .aggregation = aggregation::sequence_mean_token_mean};
/// With KL in the loss [use-kl-loss, kl-loss-type k1]; low_var_kl is k3, clamped to 10. With [use-unbiased-kl] KL is
/// multiplied by ρ, which is not clamped there. Its coefficient [kl-loss-coef] is 0 by default.
inline constexpr ppo_policy_loss_options kl_policy_loss{
    .log_ratio_limit = 20, .kl_estimator = kl_estimator::k1, .aggregation = aggregation::sequence_mean_token_mean};

/// [value-clip]. miles does not halve the squares: weights of 2 do the same.
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.2,
                                                       .aggregation = aggregation::sequence_mean_token_mean};
/// [gamma, lambd], over counted tokens only.
inline constexpr gae_options gae{.lambda = 1};

/// [advantage-estimator] grpo and gspo; without the standard deviation with [disable-grpo-std-normalization].
inline constexpr group_advantages_options grpo{};
inline constexpr group_advantages_options dr_grpo{.scale = group_scale::none};

/// [use-tis, tis-clip, tis-clip-low], off by default; icepop_function as [custom-tis-function-path].
inline constexpr importance_weights_options tis{.range = 2};
inline constexpr importance_weights_options icepop{.range = 2, .beyond = importance::mask};
/// [use-opsm, opsm-delta], off by default: the sequence mask of DeepSeek-V3.2, with the current policy as log_probs and
/// π_old as behavior_log_probs.
inline constexpr importance_weights_options opsm{.level = importance_level::none, .drift_limit = 1e-4};

} // namespace rlhf::preset::miles
