// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/policy_loss.hpp>

/// What prime-rl computes by its defaults. Read in git 559b44772, src/prime_rl/trainer/rl/loss.py,
/// src/prime_rl/orchestrator/algo and prime_rl/configs/trainer.py; names in brackets are its options.
///
/// old_log_probs are always the sampler's, and ref_log_probs are the same array: the loss has τ (log π − log π_old)²,
/// which is kl_estimator::k2 times 2 τ. Sums are divided by the number of tokens of the whole step.
namespace rlhf::preset::prime_rl {

/// default_loss_fn [dppo_mask_low, dppo_mask_high, kl_tau]. prime-rl treats Â = 0 like Â < 0, which gives the same
/// loss.
inline constexpr rlhf::dppo_tv dppo_tv{.range = 0.2, .value = dppo_value::ratio};
inline constexpr policy_loss_options policy_loss{.kl_coef = 2e-3, .kl_estimator = kl_estimator::k2};

/// ipo_loss_fn [ipo_threshold], which is not the preference loss IPO: a token counts only if π is within 0.1 of π_old.
/// Multiply the advantages by these weights, so that all tokens have τ (log π − log π_old)²; the loss is dppo_tv with a
/// range of 1.
inline constexpr importance_weights_options ipo_mask{.level = importance_level::none, .probability_limit = 0.1};

/// ref_kl_loss_fn, distillation as a loss: policy_loss with the objective ref_kl. Advantages are log π_teacher − log π,
/// or 0 where π is below π_old by more than 0.2, a constant of prime-rl's code. Compute them before each call from its
/// log_probs.
inline constexpr ppo_clip ref_kl{.range = {1, unlimited}};

/// GRPOAlgorithm without [length_penalty]; HierarchicalGRPOAlgorithm is the same over groups of one role.
/// MaxRLAlgorithm agrees for rewards that are not negative. RAEAlgorithm takes given baselines: see group_advantages.
inline constexpr group_advantages_options grpo{.scale = group_scale::none};
inline constexpr group_advantages_options max_rl{.scale = group_scale::group_mean, .epsilon = 0};
inline constexpr group_advantages_options rae{.baseline = group_baseline::given, .scale = group_scale::none};

} // namespace rlhf::preset::prime_rl
