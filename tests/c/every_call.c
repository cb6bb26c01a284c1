/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
/* clang-format off */
#include <rlhf/c/rlhf.h>

#include <stdio.h>
#include <string.h>

/* Every function fails with a message if it is called without arguments. */
int main(void) {
    rlhf_error error;
    int failures = 0;
#define REFUSES(call) \
    memset(&error, 0, sizeof error); \
    if ((call) != RLHF_BAD_ARGUMENT || strncmp(error.text, "rlhf::", 6) != 0) \
    failures++, printf("%s: %s\n", #call, error.text)
    REFUSES(rlhf_bradley_terry_loss(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_count_pairs(NULL, NULL, NULL, &error));
    REFUSES(rlhf_count_rankings(NULL, NULL, NULL, &error));
    REFUSES(rlhf_covariance_tokens(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_cross_entropy_loss(NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_discounted_returns(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_gae(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_gae_backward(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_group_advantages(NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_importance_weights(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_kept_log_probs(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_kept_log_probs_backward(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_logits_divergence(NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_masked_mean(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_moments_of(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_plackett_luce_loss(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_policy_loss(NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_ppo_policy_loss(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_ppo_value_loss(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_preference_loss(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_ptx_loss(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_ranking_loss(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_reward_bias(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_reward_moments(NULL, 0, NULL, NULL, &error));
    REFUSES(rlhf_sequence_log_probs(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_sequence_log_probs_backward(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_shape_rewards(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_shape_scores(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_token_log_probs(NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_token_log_probs_backward(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_top_entropy(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_top_k_divergence(NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_unpaired_loss(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_update_fixed_kl_controller(NULL, 0, 0, &error));
    REFUSES(rlhf_update_adaptive_kl_controller(NULL, 0, 0, &error));
    REFUSES(rlhf_update_adaptive_entropy_controller(NULL, 0, &error));
    REFUSES(rlhf_vocab_shard_backward(NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_vocab_shard_log_probs(NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_vocab_shard_sums(NULL, NULL, 0, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_vtrace(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_whiten(NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_linear_head_cross_entropy_loss(NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_gdpo_advantages(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_ppo_advantages(NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_ppo_loss(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_linear_head_ppo_loss(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_preference_nll(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_preference_pairs(NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_linear_head_token_log_probs(NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_linear_head_token_log_probs_backward(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    REFUSES(rlhf_count(NULL, NULL, &error));
    REFUSES(rlhf_mask_targets(NULL, NULL, 0, &error));
    REFUSES(rlhf_sort_pairs(NULL, NULL, NULL, &error));
    REFUSES(rlhf_merge_loss_sums(NULL, NULL, &error));
    REFUSES(rlhf_merge_cross_entropy_loss_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_token_log_probs_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_policy_loss_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_moments(NULL, NULL, &error));
    REFUSES(rlhf_merge_ppo_value_loss_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_ppo_loss_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_group_advantages_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_shape_rewards_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_shape_scores_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_divergence_sums(NULL, NULL, &error));
    REFUSES(rlhf_merge_covariance_tokens_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_importance_weights_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_ptx_loss_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_top_entropy_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_gdpo_advantages_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_ppo_advantages_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_preference_loss_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_sequence_log_probs_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_unpaired_loss_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_preference_nll_result(NULL, NULL, &error));
    REFUSES(rlhf_merge_comparison_sums(NULL, NULL, &error));
    return failures;
}
