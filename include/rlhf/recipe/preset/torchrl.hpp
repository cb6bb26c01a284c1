// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/policy/policy_loss.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>

/// What torchrl computes by its defaults. Read in torchrl 0.14.1, objectives/llm/grpo.py, objectives/ppo.py and
/// objectives/value; names in brackets are its options.
namespace rlhf::preset::torchrl {

/// GRPOLoss [clip_epsilon, aggregation token_mean]: the library's defaults. DAPO is the same class with two bounds.
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
/// [aggregation] prompt_mean is a mean over sequences.
inline constexpr ppo_policy_loss_options prompt_mean_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
/// CISPOLoss differs from CISPO: beyond the bounds it has no gradient. These options have the same gradient; torchrl's
/// loss is −φ Â.
inline constexpr rlhf::cispo cispo{.low = 0.8, .high = 1.2, .beyond = importance::mask};
inline constexpr policy_loss_options policy_loss{}; ///< The options for cispo.

/// ClipPPOLoss [loss_critic_type smooth_l1], without a clip of values [clip_value] and with the factor 1
/// [critic_coeff].
inline constexpr ppo_value_loss_options ppo_value_loss{.huber = 1};

/// GAE has no defaults for γ and λ and does not whiten [average_gae]. There is no mask: each step follows the one
/// before it in memory.
inline constexpr gae_options gae{.gaps = gaps::ignore};

/// MCAdvantage with a return per trajectory [trajectory_return]: the deviation is at least 10⁻⁶.
inline constexpr group_advantages_options group_advantages{.floor = std_floor::std_at_least};

} // namespace rlhf::preset::torchrl
