// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/policy/entropy_controller.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>

/// The options that papers report. Options that a paper does not report are the library's defaults.
namespace rlhf::preset {

/// Ouyang et al. 2022, arXiv:2203.02155, section 3.5 and appendix C.4: KL in the reward with β = 0.02, no discount,
/// clip range 0.2. λ is from Stiennon et al. 2020; the clip of values and whitening are not reported.
namespace instructgpt {
inline constexpr ppo_policy_loss_options ppo_policy_loss{.clip_range = 0.2};
inline constexpr ppo_advantages_options ppo_advantages{.rewards = {.kl_coef = 0.02}, .gae = {.gamma = 1}};
inline constexpr double ptx_coef = 27.8; ///< γ, the factor of ptx_loss
} // namespace instructgpt

/// Shao et al. 2024 (DeepSeekMath), arXiv:2402.03300, eq. 3 and section 4.2: means over sequences, and k3 in the loss
/// with the coefficient 0.04. ε and the clip range are not reported.
namespace grpo {
inline constexpr ppo_policy_loss_options ppo_policy_loss{.kl_coef = 0.04,
                                                         .aggregation = aggregation::sequence_mean_token_mean};
inline constexpr group_advantages_options group_advantages{};
} // namespace grpo

/// Yu et al. 2025, arXiv:2503.14476: a higher upper bound, a mean over all tokens, no KL. Groups without variance are
/// sampled anew: `keep` says which.
namespace dapo {
inline constexpr ppo_policy_loss_options ppo_policy_loss{.clip_range = {0.2, 0.28}};
inline constexpr group_advantages_options group_advantages{};
/// Sections 3.4 and 4.1: 16384 tokens without a penalty, and 4096 more in which it grows to 1.
inline constexpr shape_scores_options shape_scores{.max_length = 20480, .overlong_buffer = 4096};
} // namespace dapo

/// Liu et al. 2025, arXiv:2503.20783: no standard deviation, and the sum over all tokens is divided by sequences · (the
/// longest answer allowed): pass this product as the batch's denominator, counts.tokens.
namespace dr_grpo {
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
inline constexpr group_advantages_options group_advantages{.scale = group_scale::none};
} // namespace dr_grpo

/// Zheng et al. 2025, arXiv:2507.18071.
namespace gspo {
inline constexpr rlhf::gspo objective{.range = {3e-4, 4e-4}};
inline constexpr policy_loss_options policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
} // namespace gspo

/// CISPO with the bounds of ScaleRL, arXiv:2510.13786. MiniMax-M1, arXiv:2506.13585, has no lower bound either; it
/// tunes the upper bound and does not report it.
namespace scalerl {
inline constexpr rlhf::cispo objective{.low = 0, .high = 5};
} // namespace scalerl

/// DPPO with the binary KL divergence, arXiv:2602.04879, eq. 14.
namespace dppo {
inline constexpr rlhf::dppo_kl objective{.range = 0.05};
} // namespace dppo

/// He et al. 2025, arXiv:2505.22312, section 4. Read in their code, git 64e96af, verl/trainer/ppo/core_algos.py: PPO's
/// clip over tokens, and GRPO's advantages, where a group of one keeps its reward. The coefficient of the entropy bonus
/// is from or1_scripts/train. The code's own defaults are a step of 0.001 and at most 0.5.
namespace skywork_or1 {
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
inline constexpr group_advantages_options group_advantages{.lone = lone_reward::kept};
inline constexpr adaptive_entropy_controller entropy_controller{.target = 0.2, .step = 1e-4, .low = 0, .high = 0.005};
} // namespace skywork_or1

} // namespace rlhf::preset
