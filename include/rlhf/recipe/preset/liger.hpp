// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/ppo_policy_loss.hpp>

/// What Liger-Kernel's fused GRPO loss computes by its defaults. Read in liger-kernel 0.8.5, chunked_loss/grpo_loss.py;
/// names in brackets are its options. It is TRL's loss, except for KL.
///
/// Log ratios are not clamped. A sequence without tokens counts in a mean over sequences.
namespace rlhf::preset::liger {

/// [loss_type] dapo, the default, and bnpo: without ref_log_probs the library's defaults. [delta] is dual_clip.
inline constexpr ppo_policy_loss_options ppo_policy_loss{};
/// The same with ref_log_probs: KL is on by default [beta], k3 without a clamp.
inline constexpr ppo_policy_loss_options kl_policy_loss{.kl_coef = 0.04};
/// [loss_type] grpo.
inline constexpr ppo_policy_loss_options grpo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
/// [loss_type] luspo with [importance_sampling_level] sequence. With ratios per token Liger does not mask the loss, so
/// that padding counts: no preset has that.
inline constexpr policy_loss_options luspo_policy_loss{.aggregation = aggregation::sequence_mean_token_sum};

/// [loss_type] dr_grpo: with ppo_policy_loss. Liger divides by sequences · max_completion_length for every mask: pass
/// this product as the batch's denominator, counts.tokens.

/// [loss_type] cispo has no lower bound, and [epsilon_high] itself is the upper bound: with the default all weights are
/// at most 0.2. ScaleRL's upper bound is 5.
inline constexpr rlhf::cispo cispo{.low = 0, .high = 0.2};
inline constexpr policy_loss_options policy_loss{}; ///< The options for cispo.
/// [loss_type] sapo and [importance_sampling_level] sequence with grpo: averaged over sequences.
inline constexpr rlhf::sapo sapo{};
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options gspo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
inline constexpr policy_loss_options sapo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};

} // namespace rlhf::preset::liger
