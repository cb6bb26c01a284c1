// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// What AReaL computes by its defaults. Read in AReaL 1.0.4, areal/api/cli_args.py, trainer/ppo/actor.py and
/// utils/functional/functional.py; names in brackets are its options.
///
/// Sums are divided by the number of tokens that count before a correction drops some.
namespace rlhf::preset::areal {

/// ppo_actor_loss_fn [eps_clip, eps_clip_higher]: as the library, without dual clip [c_clip].
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
/// [importance_sampling_level] sequence: PPO's range, and the mean over tokens. AReaL averages the advantages of a
/// sequence.
inline constexpr rlhf::gspo gspo{.range = 0.2};
/// [use_sapo_loss, sapo_tau_pos, sapo_tau_neg]: a mean over tokens, where the paper has a mean over sequences.
inline constexpr rlhf::sapo sapo{};
inline constexpr policy_loss_options policy_loss{}; ///< The options for gspo and sapo.

/// PPOCriticConfig [eps_clip].
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.5};

/// [discount, gae_lambda] 1, KL in the reward by k1 clamped to ±10 [kl_ctl, kl_estimator], and no whitening [adv_norm].
inline constexpr ppo_advantages_options ppo_advantages{
    .rewards = {.kl_coef = 0.1, .kl_limit = 10}, .gae = {.lambda = 1}, .whiten = no_whitening};

/// [rejection_sampling]: metric ratio, level token, upper 5, with action mask, the default, or clamp; π_old as
/// log_probs. With level sequence all tokens have the weight of the sequence, e^(mean ρ).
inline constexpr importance_weights_options token_mask{.range = 5, .beyond = importance::mask};
inline constexpr importance_weights_options token_clamp{.range = 5};
inline constexpr importance_weights_options sequence_mask{
    .level = importance_level::sequence_mean, .range = 5, .beyond = importance::mask};

/// KPop [rejection_sampling.metric binary_kl] as in the code of git cbff54d64, whose configuration rejects that name.
/// The upper bound is 5, as for ratios, and a token that is kept has the weight e^ρ. With level sequence, a sequence is
/// dropped if the sum, mean or maximum [agg] of its tokens' divergences, formula::larger_binary_kl, is above the bound.
/// sequence_log_probs over the divergences has the sum and the mean.
inline constexpr importance_weights_options kpop{.binary_kl_limit = 5};

/// M2PO [m2_threshold], off by default; the paper, arXiv:2510.01161, has 0.04. AReaL removes the tokens from the mask:
/// use `keep`.
inline constexpr importance_weights_options m2po{.level = importance_level::none, .second_moment_limit = 0.04};

} // namespace rlhf::preset::areal
