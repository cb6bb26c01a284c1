// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>

/// What slime computes by its defaults. Read in git 624b824a8, slime/utils/arguments.py and ppo_utils.py; names in
/// brackets are its options.
namespace rlhf::preset::slime {

/// compute_policy_loss [eps-clip]: log ratios are not clamped, and there is no dual clip [eps-clip-c]. Unlike the
/// library's default, slime averages over sequences, except with [calculate-per-token-loss].
inline constexpr ppo_policy_loss_options ppo_policy_loss{.aggregation = aggregation::sequence_mean_token_mean};
/// compute_cispo_loss and GSPO take the same range. The paper's CISPO has no lower bound: [eps-clip] 1.
inline constexpr rlhf::cispo cispo{.low = 0.8, .high = 1.2};
inline constexpr rlhf::gspo gspo{.range = 0.2};
inline constexpr policy_loss_options policy_loss{.aggregation = aggregation::sequence_mean_token_mean};

/// [value-clip].
inline constexpr ppo_value_loss_options ppo_value_loss{.clip_range = 0.2};

/// slime/ray/rollout.py [advantage-estimator grpo, gspo, cispo]: the library's defaults.
inline constexpr group_advantages_options grpo{};

/// [use-tis, tis-clip, tis-clip-low], off by default.
inline constexpr importance_weights_options tis{.range = 2};
/// [use-opsm, opsm-delta], off by default: the sequence mask of DeepSeek-V3.2, with the current policy as log_probs and
/// π_old as behavior_log_probs.
inline constexpr importance_weights_options opsm{.level = importance_level::none, .drift_limit = 1e-4};

} // namespace rlhf::preset::slime
