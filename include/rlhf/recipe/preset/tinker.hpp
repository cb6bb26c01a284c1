// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/formula/dpo.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>

/// What tinker and its cookbook compute by their defaults. The cookbook was read in tinker_cookbook 0.6.1. Policy
/// losses run on tinker's server; the cookbook's tutorials/202_loss_functions.py, git 9dfcc3a2, describes them.
///
/// The server adds losses up without dividing. old_log_probs are the sampler's.
namespace rlhf::preset::tinker {

/// ppo [clip_low_threshold, clip_high_threshold], importance_sampling, and cispo, which has no lower bound.
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
inline constexpr ppo_clip importance_sampling{.range = {1, unlimited}};
inline constexpr rlhf::cispo cispo{.low = 0, .high = 4};

/// rl/data_processing.py, compute_advantages.
inline constexpr group_advantages_options group_advantages{.scale = group_scale::none};
/// preference/train_dpo.py [dpo_beta].
inline constexpr rlhf::dpo dpo{.beta = 0.1};

/// rl/metrics.py, incorporate_kl_penalty [kl_penalty_coef, kl_discount_factor]: κ (m − k) is added to the advantages. k
/// is log μ − log π_base of the token, and m is its mean over the step. If the discount is not 0, the term is summed
/// over the following tokens: use discounted_returns with gaps::zero.

} // namespace rlhf::preset::tinker
