// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/library.h>

/// The functions that are compiled for each instruction set.
#define RLHF_C_FUNCTIONS(X) \
    X(bradley_terry_loss) \
    X(count_pairs) \
    X(count_rankings) \
    X(covariance_tokens) \
    X(cross_entropy_loss) \
    X(discounted_returns) \
    X(gae) \
    X(gae_backward) \
    X(group_advantages) \
    X(importance_weights) \
    X(kept_log_probs) \
    X(kept_log_probs_backward) \
    X(logits_divergence) \
    X(masked_mean) \
    X(moments_of) \
    X(plackett_luce_loss) \
    X(policy_loss) \
    X(ppo_policy_loss) \
    X(ppo_value_loss) \
    X(preference_loss) \
    X(ptx_loss) \
    X(ranking_loss) \
    X(reward_bias) \
    X(reward_moments) \
    X(sequence_log_probs) \
    X(sequence_log_probs_backward) \
    X(shape_rewards) \
    X(shape_scores) \
    X(token_log_probs) \
    X(token_log_probs_backward) \
    X(top_entropy) \
    X(top_k_divergence) \
    X(unpaired_loss) \
    X(update_fixed_kl_controller) \
    X(update_adaptive_kl_controller) \
    X(update_adaptive_entropy_controller) \
    X(vocab_shard_backward) \
    X(vocab_shard_log_probs) \
    X(vocab_shard_sums) \
    X(vtrace) \
    X(whiten) \
    X(linear_head_cross_entropy_loss) \
    X(gdpo_advantages) \
    X(ppo_advantages) \
    X(ppo_loss) \
    X(linear_head_ppo_loss) \
    X(preference_nll) \
    X(preference_pairs) \
    X(linear_head_token_log_probs) \
    X(linear_head_token_log_probs_backward) \
    X(merge_loss_sums) \
    X(merge_cross_entropy_loss_result) \
    X(merge_token_log_probs_result) \
    X(merge_policy_loss_result) \
    X(merge_moments) \
    X(merge_ppo_value_loss_result) \
    X(merge_ppo_loss_result) \
    X(merge_group_advantages_result) \
    X(merge_shape_rewards_result) \
    X(merge_shape_scores_result) \
    X(merge_divergence_sums) \
    X(merge_covariance_tokens_result) \
    X(merge_importance_weights_result) \
    X(merge_ptx_loss_result) \
    X(merge_top_entropy_result) \
    X(merge_gdpo_advantages_result) \
    X(merge_ppo_advantages_result) \
    X(merge_preference_loss_result) \
    X(merge_sequence_log_probs_result) \
    X(merge_unpaired_loss_result) \
    X(merge_preference_nll_result) \
    X(merge_comparison_sums) \
    X(count) \
    X(mask_targets) \
    X(sort_pairs)

/// They, for one of them.
struct rlhf_c_table {
    const char* isa;
#define RLHF_C_MEMBER(name) decltype(&::rlhf_##name) name;
    RLHF_C_FUNCTIONS(RLHF_C_MEMBER)
#undef RLHF_C_MEMBER
};
