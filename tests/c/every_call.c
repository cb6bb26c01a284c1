/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
/* clang-format off */
#include <rlhf/c/rlhf.h>

#include <stdio.h>
#include <string.h>

/* Every function fails with a message if it is called without arguments. */
int main(void) {
    rlhf_error error;
    size_t size;
    int failures = 0;
#define REFUSES(call) \
    memset(&error, 0, sizeof error); \
    if ((call) != RLHF_BAD_ARGUMENT || strncmp(error.text, "rlhf::", 6) != 0) \
    failures++, printf("%s: %s\n", #call, error.text)
/* Initialised structs begin with their size. Behind it arrays and results have zeros, and gradients have
 * the scale 1. */
#define BEGINS(type, initialiser) { \
    const type x = initialiser; \
    size = sizeof x; \
    if (memcmp(&x, &size, sizeof size) != 0) failures++, printf(#initialiser "\n"); }
#define ZEROS(type, initialiser, but) { \
    type x = initialiser, zeros; \
    memset(&zeros, 0, sizeof zeros), zeros.size = sizeof zeros, but; \
    if (memcmp(&x, &zeros, sizeof x) != 0) failures++, printf(#initialiser "\n"); }
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
    BEGINS(rlhf_batch, RLHF_BATCH);
    ZEROS(rlhf_groups, RLHF_GROUPS, (void)0);
    ZEROS(rlhf_linear_head, RLHF_LINEAR_HEAD, (void)0);
    ZEROS(rlhf_linear_head_gradient, RLHF_LINEAR_HEAD_GRADIENT, zeros.hidden.scale = zeros.weights.scale = 1);
    BEGINS(rlhf_cross_entropy_loss_options, RLHF_CROSS_ENTROPY_LOSS_OPTIONS);
    BEGINS(rlhf_token_log_probs_options, RLHF_TOKEN_LOG_PROBS_OPTIONS);
    ZEROS(rlhf_token_log_probs_arrays, RLHF_TOKEN_LOG_PROBS_ARRAYS, (void)0);
    ZEROS(rlhf_token_log_probs_backward_arrays, RLHF_TOKEN_LOG_PROBS_BACKWARD_ARRAYS, (void)0);
    BEGINS(rlhf_masked_mean_options, RLHF_MASKED_MEAN_OPTIONS);
    ZEROS(rlhf_masked_mean_arrays, RLHF_MASKED_MEAN_ARRAYS, zeros.d_values.scale = 1);
    BEGINS(rlhf_cispo, RLHF_CISPO);
    BEGINS(rlhf_ppo_clip, RLHF_PPO_CLIP);
    BEGINS(rlhf_dppo_tv, RLHF_DPPO_TV);
    BEGINS(rlhf_dppo_kl, RLHF_DPPO_KL);
    BEGINS(rlhf_gmpo, RLHF_GMPO);
    BEGINS(rlhf_gspo, RLHF_GSPO);
    BEGINS(rlhf_sapo, RLHF_SAPO);
    BEGINS(rlhf_topr, RLHF_TOPR);
    BEGINS(rlhf_vespo, RLHF_VESPO);
    BEGINS(rlhf_policy_loss_options, RLHF_POLICY_LOSS_OPTIONS);
    ZEROS(rlhf_policy_loss_arrays, RLHF_POLICY_LOSS_ARRAYS, zeros.d_log_probs.scale = 1);
    BEGINS(rlhf_ppo_policy_loss_options, RLHF_PPO_POLICY_LOSS_OPTIONS);
    BEGINS(rlhf_ppo_value_loss_options, RLHF_PPO_VALUE_LOSS_OPTIONS);
    ZEROS(rlhf_ppo_value_loss_arrays, RLHF_PPO_VALUE_LOSS_ARRAYS, zeros.d_values.scale = 1);
    BEGINS(rlhf_ppo_loss_options, RLHF_PPO_LOSS_OPTIONS);
    ZEROS(rlhf_ppo_loss_arrays, RLHF_PPO_LOSS_ARRAYS, zeros.d_values.scale = 1);
    BEGINS(rlhf_discounted_returns_options, RLHF_DISCOUNTED_RETURNS_OPTIONS);
    ZEROS(rlhf_discounted_returns_arrays, RLHF_DISCOUNTED_RETURNS_ARRAYS, (void)0);
    BEGINS(rlhf_gae_options, RLHF_GAE_OPTIONS);
    ZEROS(rlhf_gae_arrays, RLHF_GAE_ARRAYS, (void)0);
    BEGINS(rlhf_gae_backward_options, RLHF_GAE_BACKWARD_OPTIONS);
    ZEROS(rlhf_gae_backward_arrays, RLHF_GAE_BACKWARD_ARRAYS, zeros.d_rewards.scale = zeros.d_values.scale = zeros.d_next_values.scale = zeros.d_bootstrap_values.scale = 1);
    BEGINS(rlhf_group_advantages_options, RLHF_GROUP_ADVANTAGES_OPTIONS);
    ZEROS(rlhf_group_advantages_arrays, RLHF_GROUP_ADVANTAGES_ARRAYS, (void)0);
    BEGINS(rlhf_fixed_kl_controller, RLHF_FIXED_KL_CONTROLLER);
    BEGINS(rlhf_adaptive_kl_controller, RLHF_ADAPTIVE_KL_CONTROLLER);
    BEGINS(rlhf_shape_rewards_options, RLHF_SHAPE_REWARDS_OPTIONS);
    ZEROS(rlhf_shape_rewards_arrays, RLHF_SHAPE_REWARDS_ARRAYS, (void)0);
    BEGINS(rlhf_shape_scores_options, RLHF_SHAPE_SCORES_OPTIONS);
    ZEROS(rlhf_shape_scores_arrays, RLHF_SHAPE_SCORES_ARRAYS, (void)0);
    BEGINS(rlhf_vtrace_options, RLHF_VTRACE_OPTIONS);
    ZEROS(rlhf_vtrace_arrays, RLHF_VTRACE_ARRAYS, (void)0);
    BEGINS(rlhf_whiten_options, RLHF_WHITEN_OPTIONS);
    ZEROS(rlhf_kept_set, RLHF_KEPT_SET, (void)0);
    ZEROS(rlhf_kept_log_probs_arrays, RLHF_KEPT_LOG_PROBS_ARRAYS, (void)0);
    ZEROS(rlhf_kept_log_probs_backward_arrays, RLHF_KEPT_LOG_PROBS_BACKWARD_ARRAYS, (void)0);
    BEGINS(rlhf_divergence_options, RLHF_DIVERGENCE_OPTIONS);
    BEGINS(rlhf_top_k_divergence_options, RLHF_TOP_K_DIVERGENCE_OPTIONS);
    ZEROS(rlhf_top_k_reference, RLHF_TOP_K_REFERENCE, (void)0);
    ZEROS(rlhf_vocab_shard_log_probs_arrays, RLHF_VOCAB_SHARD_LOG_PROBS_ARRAYS, (void)0);
    ZEROS(rlhf_vocab_shard_backward_arrays, RLHF_VOCAB_SHARD_BACKWARD_ARRAYS, (void)0);
    BEGINS(rlhf_covariance_tokens_options, RLHF_COVARIANCE_TOKENS_OPTIONS);
    ZEROS(rlhf_covariance_tokens_arrays, RLHF_COVARIANCE_TOKENS_ARRAYS, (void)0);
    BEGINS(rlhf_adaptive_entropy_controller, RLHF_ADAPTIVE_ENTROPY_CONTROLLER);
    BEGINS(rlhf_importance_weights_options, RLHF_IMPORTANCE_WEIGHTS_OPTIONS);
    ZEROS(rlhf_importance_weights_arrays, RLHF_IMPORTANCE_WEIGHTS_ARRAYS, (void)0);
    BEGINS(rlhf_ptx_loss_options, RLHF_PTX_LOSS_OPTIONS);
    ZEROS(rlhf_ptx_loss_arrays, RLHF_PTX_LOSS_ARRAYS, zeros.d_log_probs.scale = 1);
    BEGINS(rlhf_top_entropy_options, RLHF_TOP_ENTROPY_OPTIONS);
    ZEROS(rlhf_top_entropy_arrays, RLHF_TOP_ENTROPY_ARRAYS, (void)0);
    BEGINS(rlhf_gdpo_advantages_options, RLHF_GDPO_ADVANTAGES_OPTIONS);
    ZEROS(rlhf_gdpo_advantages_arrays, RLHF_GDPO_ADVANTAGES_ARRAYS, (void)0);
    BEGINS(rlhf_ppo_advantages_options, RLHF_PPO_ADVANTAGES_OPTIONS);
    ZEROS(rlhf_ppo_advantages_arrays, RLHF_PPO_ADVANTAGES_ARRAYS, (void)0);
    BEGINS(rlhf_apo_zero, RLHF_APO_ZERO);
    BEGINS(rlhf_apo_down, RLHF_APO_DOWN);
    BEGINS(rlhf_discopop, RLHF_DISCOPOP);
    BEGINS(rlhf_dpo, RLHF_DPO);
    BEGINS(rlhf_robust_dpo, RLHF_ROBUST_DPO);
    BEGINS(rlhf_simpo, RLHF_SIMPO);
    BEGINS(rlhf_exo, RLHF_EXO);
    BEGINS(rlhf_ipo, RLHF_IPO);
    BEGINS(rlhf_nca, RLHF_NCA);
    BEGINS(rlhf_bco, RLHF_BCO);
    BEGINS(rlhf_orpo, RLHF_ORPO);
    BEGINS(rlhf_slic_hinge, RLHF_SLIC_HINGE);
    BEGINS(rlhf_sppo, RLHF_SPPO);
    ZEROS(rlhf_preference_loss_arrays, RLHF_PREFERENCE_LOSS_ARRAYS, zeros.d_chosen.scale = zeros.d_rejected.scale = 1);
    BEGINS(rlhf_sequence_log_probs_options, RLHF_SEQUENCE_LOG_PROBS_OPTIONS);
    ZEROS(rlhf_sequence_log_probs_arrays, RLHF_SEQUENCE_LOG_PROBS_ARRAYS, (void)0);
    ZEROS(rlhf_sequence_log_probs_backward_arrays, RLHF_SEQUENCE_LOG_PROBS_BACKWARD_ARRAYS, zeros.d_log_probs.scale = 1);
    BEGINS(rlhf_kto, RLHF_KTO);
    ZEROS(rlhf_unpaired_loss_arrays, RLHF_UNPAIRED_LOSS_ARRAYS, zeros.d_log_ratios.scale = 1);
    ZEROS(rlhf_preference_pairs_arrays, RLHF_PREFERENCE_PAIRS_ARRAYS, zeros.d_sums.scale = 1);
    BEGINS(rlhf_preference_nll_options, RLHF_PREFERENCE_NLL_OPTIONS);
    ZEROS(rlhf_preference_nll_arrays, RLHF_PREFERENCE_NLL_ARRAYS, zeros.d_log_probs.scale = 1);
    BEGINS(rlhf_bradley_terry_loss_options, RLHF_BRADLEY_TERRY_LOSS_OPTIONS);
    ZEROS(rlhf_bradley_terry_loss_arrays, RLHF_BRADLEY_TERRY_LOSS_ARRAYS, zeros.d_chosen_rewards.scale = zeros.d_rejected_rewards.scale = 1);
    ZEROS(rlhf_plackett_luce_loss_arrays, RLHF_PLACKETT_LUCE_LOSS_ARRAYS, zeros.d_rewards.scale = 1);
    BEGINS(rlhf_ranking_loss_options, RLHF_RANKING_LOSS_OPTIONS);
    ZEROS(rlhf_ranking_loss_arrays, RLHF_RANKING_LOSS_ARRAYS, zeros.d_rewards.scale = 1);
    ZEROS(rlhf_loss_sums, RLHF_LOSS_SUMS, (void)0);
    ZEROS(rlhf_cross_entropy_loss_result, RLHF_CROSS_ENTROPY_LOSS_RESULT, (void)0);
    ZEROS(rlhf_token_log_probs_result, RLHF_TOKEN_LOG_PROBS_RESULT, (void)0);
    ZEROS(rlhf_policy_loss_result, RLHF_POLICY_LOSS_RESULT, (void)0);
    ZEROS(rlhf_moments, RLHF_MOMENTS, (void)0);
    ZEROS(rlhf_ppo_value_loss_result, RLHF_PPO_VALUE_LOSS_RESULT, (void)0);
    ZEROS(rlhf_ppo_loss_result, RLHF_PPO_LOSS_RESULT, (void)0);
    ZEROS(rlhf_group_advantages_result, RLHF_GROUP_ADVANTAGES_RESULT, (void)0);
    ZEROS(rlhf_shape_rewards_result, RLHF_SHAPE_REWARDS_RESULT, (void)0);
    ZEROS(rlhf_shape_scores_result, RLHF_SHAPE_SCORES_RESULT, (void)0);
    ZEROS(rlhf_divergence_sums, RLHF_DIVERGENCE_SUMS, (void)0);
    ZEROS(rlhf_covariance_tokens_result, RLHF_COVARIANCE_TOKENS_RESULT, (void)0);
    ZEROS(rlhf_importance_weights_result, RLHF_IMPORTANCE_WEIGHTS_RESULT, (void)0);
    ZEROS(rlhf_ptx_loss_result, RLHF_PTX_LOSS_RESULT, (void)0);
    ZEROS(rlhf_top_entropy_result, RLHF_TOP_ENTROPY_RESULT, (void)0);
    ZEROS(rlhf_gdpo_advantages_result, RLHF_GDPO_ADVANTAGES_RESULT, (void)0);
    ZEROS(rlhf_ppo_advantages_result, RLHF_PPO_ADVANTAGES_RESULT, (void)0);
    ZEROS(rlhf_preference_loss_result, RLHF_PREFERENCE_LOSS_RESULT, (void)0);
    ZEROS(rlhf_sequence_log_probs_result, RLHF_SEQUENCE_LOG_PROBS_RESULT, (void)0);
    ZEROS(rlhf_unpaired_loss_result, RLHF_UNPAIRED_LOSS_RESULT, (void)0);
    ZEROS(rlhf_preference_nll_result, RLHF_PREFERENCE_NLL_RESULT, (void)0);
    ZEROS(rlhf_comparison_sums, RLHF_COMPARISON_SUMS, (void)0);
    return failures;
}
