// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/dispatch.hpp>

extern "C" {
RLHF_C_ENTRY(bradley_terry_loss, (const rlhf_batch* batch, const rlhf_bradley_terry_loss_arrays* arrays,
                                  const rlhf_bradley_terry_loss_options* options, const rlhf_executor* run,
                                  rlhf_comparison_sums* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(count_pairs, (const rlhf_batch* batch, const rlhf_in* ranks, rlhf_counts* result, rlhf_error* error),
             (batch, ranks, result, error))
RLHF_C_ENTRY(count_rankings, (const rlhf_batch* batch, const rlhf_in* ranks, rlhf_counts* result, rlhf_error* error),
             (batch, ranks, result, error))
RLHF_C_ENTRY(covariance_tokens, (const rlhf_batch* batch, const rlhf_covariance_tokens_arrays* arrays,
                                 const rlhf_covariance_tokens_options* options, const rlhf_executor* run,
                                 rlhf_covariance_tokens_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(cross_entropy_loss, (const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                  const rlhf_logits_gradient* d_logits, const rlhf_cross_entropy_loss_options* options,
                                  const rlhf_executor* run, rlhf_cross_entropy_loss_result* result, rlhf_error* error),
             (batch, logits, targets, d_logits, options, run, result, error))
RLHF_C_ENTRY(discounted_returns, (const rlhf_batch* batch, const rlhf_discounted_returns_arrays* arrays,
                                  const rlhf_discounted_returns_options* options, const rlhf_executor* run,
                                  rlhf_error* error),
             (batch, arrays, options, run, error))
RLHF_C_ENTRY(gae, (const rlhf_batch* batch, const rlhf_gae_arrays* arrays, const rlhf_gae_options* options,
                   const rlhf_executor* run, rlhf_error* error),
             (batch, arrays, options, run, error))
RLHF_C_ENTRY(gae_backward, (const rlhf_batch* batch, const rlhf_gae_backward_arrays* arrays,
                            const rlhf_gae_backward_options* options, const rlhf_executor* run, rlhf_error* error),
             (batch, arrays, options, run, error))
RLHF_C_ENTRY(group_advantages, (const rlhf_groups* groups, const rlhf_group_advantages_arrays* arrays,
                                const rlhf_moments* moments, const rlhf_group_advantages_options* options,
                                const rlhf_executor* run, rlhf_group_advantages_result* result, rlhf_error* error),
             (groups, arrays, moments, options, run, result, error))
RLHF_C_ENTRY(importance_weights, (const rlhf_batch* batch, const rlhf_importance_weights_arrays* arrays,
                                  const rlhf_importance_weights_options* options, const rlhf_executor* run,
                                  rlhf_importance_weights_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(kept_log_probs, (const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                              const rlhf_kept_set* kept, const rlhf_kept_log_probs_arrays* arrays,
                              const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                              rlhf_token_log_probs_result* result, rlhf_error* error),
             (batch, logits, targets, kept, arrays, options, run, result, error))
RLHF_C_ENTRY(kept_log_probs_backward, (const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                       const rlhf_kept_set* kept, const rlhf_kept_log_probs_backward_arrays* arrays,
                                       const rlhf_logits_gradient* d_logits,
                                       const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                       rlhf_token_log_probs_result* result, rlhf_error* error),
             (batch, logits, targets, kept, arrays, d_logits, options, run, result, error))
RLHF_C_ENTRY(logits_divergence, (const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_logits* reference,
                                 const rlhf_logits_gradient* d_logits, const rlhf_divergence_options* options,
                                 const rlhf_executor* run, rlhf_divergence_sums* result, rlhf_error* error),
             (batch, logits, reference, d_logits, options, run, result, error))
RLHF_C_ENTRY(masked_mean, (const rlhf_batch* batch, const rlhf_masked_mean_arrays* arrays,
                           const rlhf_masked_mean_options* options, const rlhf_executor* run, rlhf_loss_sums* result,
                           rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(moments_of, (const rlhf_batch* batch, const rlhf_in* values, const rlhf_executor* run,
                          rlhf_moments* result, rlhf_error* error),
             (batch, values, run, result, error))
RLHF_C_ENTRY(plackett_luce_loss, (const rlhf_batch* batch, const rlhf_plackett_luce_loss_arrays* arrays,
                                  const rlhf_executor* run, rlhf_loss_sums* result, rlhf_error* error),
             (batch, arrays, run, result, error))
RLHF_C_ENTRY(policy_loss, (const rlhf_batch* batch, const rlhf_policy_loss_arrays* arrays,
                           const rlhf_objective* objective, const rlhf_policy_loss_options* options,
                           const rlhf_executor* run, rlhf_policy_loss_result* result, rlhf_error* error),
             (batch, arrays, objective, options, run, result, error))
RLHF_C_ENTRY(ppo_policy_loss, (const rlhf_batch* batch, const rlhf_policy_loss_arrays* arrays,
                               const rlhf_ppo_policy_loss_options* options, const rlhf_executor* run,
                               rlhf_policy_loss_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(ppo_value_loss, (const rlhf_batch* batch, const rlhf_ppo_value_loss_arrays* arrays,
                              const rlhf_ppo_value_loss_options* options, const rlhf_executor* run,
                              rlhf_ppo_value_loss_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(preference_loss, (const rlhf_batch* batch, const rlhf_preference_loss_arrays* arrays,
                               const rlhf_objective* objective, const rlhf_executor* run,
                               rlhf_preference_loss_result* result, rlhf_error* error),
             (batch, arrays, objective, run, result, error))
RLHF_C_ENTRY(ptx_loss, (const rlhf_batch* batch, const rlhf_ptx_loss_arrays* arrays,
                        const rlhf_ptx_loss_options* options, const rlhf_executor* run, rlhf_ptx_loss_result* result,
                        rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(ranking_loss, (const rlhf_batch* batch, const rlhf_ranking_loss_arrays* arrays,
                            const rlhf_ranking_loss_options* options, const rlhf_executor* run,
                            rlhf_comparison_sums* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(reward_bias, (const rlhf_batch* batch, const rlhf_in* rewards, const rlhf_executor* run, double* result,
                           rlhf_error* error),
             (batch, rewards, run, result, error))
RLHF_C_ENTRY(reward_moments, (const rlhf_in* rewards, rlhf_unscorable how, const rlhf_executor* run,
                              rlhf_moments* result, rlhf_error* error),
             (rewards, how, run, result, error))
RLHF_C_ENTRY(sequence_log_probs, (const rlhf_batch* batch, const rlhf_sequence_log_probs_arrays* arrays,
                                  const rlhf_sequence_log_probs_options* options, const rlhf_executor* run,
                                  rlhf_sequence_log_probs_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(sequence_log_probs_backward, (const rlhf_batch* batch,
                                           const rlhf_sequence_log_probs_backward_arrays* arrays,
                                           const rlhf_sequence_log_probs_options* options, const rlhf_executor* run,
                                           rlhf_error* error),
             (batch, arrays, options, run, error))
RLHF_C_ENTRY(shape_rewards, (const rlhf_batch* batch, const rlhf_shape_rewards_arrays* arrays,
                             const rlhf_shape_rewards_options* options, const rlhf_executor* run,
                             rlhf_shape_rewards_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(shape_scores, (const rlhf_batch* batch, const rlhf_shape_scores_arrays* arrays,
                            const rlhf_shape_scores_options* options, rlhf_shape_scores_result* result,
                            rlhf_error* error),
             (batch, arrays, options, result, error))
RLHF_C_ENTRY(token_log_probs, (const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                               const rlhf_token_log_probs_arrays* arrays, const rlhf_token_log_probs_options* options,
                               const rlhf_executor* run, rlhf_token_log_probs_result* result, rlhf_error* error),
             (batch, logits, targets, arrays, options, run, result, error))
RLHF_C_ENTRY(token_log_probs_backward, (const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                        const rlhf_token_log_probs_backward_arrays* arrays,
                                        const rlhf_logits_gradient* d_logits,
                                        const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                        rlhf_token_log_probs_result* result, rlhf_error* error),
             (batch, logits, targets, arrays, d_logits, options, run, result, error))
RLHF_C_ENTRY(top_entropy, (const rlhf_batch* batch, const rlhf_top_entropy_arrays* arrays,
                           const rlhf_top_entropy_options* options, const rlhf_executor* run,
                           rlhf_top_entropy_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(top_k_divergence, (const rlhf_batch* batch, const rlhf_logits* logits,
                                const rlhf_top_k_reference* reference, const rlhf_logits_gradient* d_logits,
                                const rlhf_top_k_divergence_options* options, const rlhf_executor* run,
                                rlhf_divergence_sums* result, rlhf_error* error),
             (batch, logits, reference, d_logits, options, run, result, error))
RLHF_C_ENTRY(unpaired_loss, (const rlhf_batch* batch, const rlhf_unpaired_loss_arrays* arrays,
                             const rlhf_objective* objective, rlhf_unpaired_loss_result* result, rlhf_error* error),
             (batch, arrays, objective, result, error))
RLHF_C_ENTRY(update_fixed_kl_controller, (rlhf_fixed_kl_controller* controller, double kl, double sequences,
                                          rlhf_error* error),
             (controller, kl, sequences, error))
RLHF_C_ENTRY(update_adaptive_kl_controller, (rlhf_adaptive_kl_controller* controller, double kl, double sequences,
                                             rlhf_error* error),
             (controller, kl, sequences, error))
RLHF_C_ENTRY(update_adaptive_entropy_controller, (rlhf_adaptive_entropy_controller* controller, double entropy,
                                                  rlhf_error* error),
             (controller, entropy, error))
RLHF_C_ENTRY(vocab_shard_backward, (const rlhf_batch* batch, const rlhf_logits* logits, int64_t first_id,
                                    const rlhf_in* targets, const rlhf_vocab_shard_backward_arrays* arrays,
                                    const rlhf_logits_gradient* d_logits, const rlhf_token_log_probs_options* options,
                                    const rlhf_executor* run, rlhf_token_log_probs_result* result, rlhf_error* error),
             (batch, logits, first_id, targets, arrays, d_logits, options, run, result, error))
RLHF_C_ENTRY(vocab_shard_log_probs, (const rlhf_batch* batch, const rlhf_in* targets,
                                     const rlhf_vocab_shard_log_probs_arrays* arrays,
                                     const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                     rlhf_token_log_probs_result* result, rlhf_error* error),
             (batch, targets, arrays, options, run, result, error))
RLHF_C_ENTRY(vocab_shard_sums, (const rlhf_batch* batch, const rlhf_logits* logits, int64_t first_id,
                                const rlhf_in* targets, const rlhf_out* shards,
                                const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                rlhf_error* error),
             (batch, logits, first_id, targets, shards, options, run, error))
RLHF_C_ENTRY(vtrace, (const rlhf_batch* batch, const rlhf_vtrace_arrays* arrays, const rlhf_vtrace_options* options,
                      const rlhf_executor* run, rlhf_error* error),
             (batch, arrays, options, run, error))
RLHF_C_ENTRY(whiten, (const rlhf_batch* batch, const rlhf_out* values, const rlhf_moments* moments,
                      const rlhf_whiten_options* options, const rlhf_executor* run, rlhf_moments* result,
                      rlhf_error* error),
             (batch, values, moments, options, run, result, error))
RLHF_C_ENTRY(linear_head_cross_entropy_loss, (const rlhf_batch* batch, const rlhf_linear_head* head,
                                              const rlhf_in* targets, const rlhf_linear_head_gradient* gradient,
                                              const rlhf_cross_entropy_loss_options* options, const rlhf_executor* run,
                                              rlhf_cross_entropy_loss_result* result, rlhf_error* error),
             (batch, head, targets, gradient, options, run, result, error))
RLHF_C_ENTRY(gdpo_advantages, (const rlhf_groups* groups, const rlhf_gdpo_advantages_arrays* arrays,
                               const rlhf_gdpo_advantages_options* options, const rlhf_executor* run,
                               rlhf_gdpo_advantages_result* result, rlhf_error* error),
             (groups, arrays, options, run, result, error))
RLHF_C_ENTRY(ppo_advantages, (const rlhf_batch* batch, const rlhf_ppo_advantages_arrays* arrays,
                              const rlhf_ppo_advantages_options* options, const rlhf_executor* run,
                              rlhf_ppo_advantages_result* result, rlhf_error* error),
             (batch, arrays, options, run, result, error))
RLHF_C_ENTRY(ppo_loss, (const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                        const rlhf_ppo_loss_arrays* arrays, const rlhf_logits_gradient* d_logits,
                        const rlhf_ppo_loss_options* options, const rlhf_executor* run, rlhf_ppo_loss_result* result,
                        rlhf_error* error),
             (batch, logits, targets, arrays, d_logits, options, run, result, error))
RLHF_C_ENTRY(linear_head_ppo_loss, (const rlhf_batch* batch, const rlhf_linear_head* head, const rlhf_in* targets,
                                    const rlhf_ppo_loss_arrays* arrays, const rlhf_linear_head_gradient* gradient,
                                    const rlhf_ppo_loss_options* options, const rlhf_executor* run,
                                    rlhf_ppo_loss_result* result, rlhf_error* error),
             (batch, head, targets, arrays, gradient, options, run, result, error))
RLHF_C_ENTRY(preference_nll, (const rlhf_batch* answers, const rlhf_batch* pairs, const rlhf_batch* text,
                              const rlhf_preference_nll_arrays* arrays, const rlhf_objective* objective,
                              const rlhf_preference_nll_options* options, const rlhf_executor* run,
                              rlhf_preference_nll_result* result, rlhf_error* error),
             (answers, pairs, text, arrays, objective, options, run, result, error))
RLHF_C_ENTRY(preference_pairs, (const rlhf_batch* batch, const rlhf_preference_pairs_arrays* arrays,
                                const rlhf_objective* objective, rlhf_preference_loss_result* result,
                                rlhf_error* error),
             (batch, arrays, objective, result, error))
RLHF_C_ENTRY(linear_head_token_log_probs, (const rlhf_batch* batch, const rlhf_linear_head* head,
                                           const rlhf_in* targets, const rlhf_token_log_probs_arrays* arrays,
                                           const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                           rlhf_token_log_probs_result* result, rlhf_error* error),
             (batch, head, targets, arrays, options, run, result, error))
RLHF_C_ENTRY(linear_head_token_log_probs_backward, (const rlhf_batch* batch, const rlhf_linear_head* head,
                                                    const rlhf_in* targets,
                                                    const rlhf_token_log_probs_backward_arrays* arrays,
                                                    const rlhf_linear_head_gradient* gradient,
                                                    const rlhf_token_log_probs_options* options,
                                                    const rlhf_executor* run, rlhf_token_log_probs_result* result,
                                                    rlhf_error* error),
             (batch, head, targets, arrays, gradient, options, run, result, error))
RLHF_C_ENTRY(merge_loss_sums, (rlhf_loss_sums* into, const rlhf_loss_sums* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_cross_entropy_loss_result, (rlhf_cross_entropy_loss_result* into,
                                               const rlhf_cross_entropy_loss_result* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_token_log_probs_result, (rlhf_token_log_probs_result* into, const rlhf_token_log_probs_result* part,
                                            rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_policy_loss_result, (rlhf_policy_loss_result* into, const rlhf_policy_loss_result* part,
                                        rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_moments, (rlhf_moments* into, const rlhf_moments* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_ppo_value_loss_result, (rlhf_ppo_value_loss_result* into, const rlhf_ppo_value_loss_result* part,
                                           rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_ppo_loss_result, (rlhf_ppo_loss_result* into, const rlhf_ppo_loss_result* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_group_advantages_result, (rlhf_group_advantages_result* into,
                                             const rlhf_group_advantages_result* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_shape_rewards_result, (rlhf_shape_rewards_result* into, const rlhf_shape_rewards_result* part,
                                          rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_shape_scores_result, (rlhf_shape_scores_result* into, const rlhf_shape_scores_result* part,
                                         rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_divergence_sums, (rlhf_divergence_sums* into, const rlhf_divergence_sums* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_covariance_tokens_result, (rlhf_covariance_tokens_result* into,
                                              const rlhf_covariance_tokens_result* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_importance_weights_result, (rlhf_importance_weights_result* into,
                                               const rlhf_importance_weights_result* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_ptx_loss_result, (rlhf_ptx_loss_result* into, const rlhf_ptx_loss_result* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_top_entropy_result, (rlhf_top_entropy_result* into, const rlhf_top_entropy_result* part,
                                        rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_gdpo_advantages_result, (rlhf_gdpo_advantages_result* into, const rlhf_gdpo_advantages_result* part,
                                            rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_ppo_advantages_result, (rlhf_ppo_advantages_result* into, const rlhf_ppo_advantages_result* part,
                                           rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_preference_loss_result, (rlhf_preference_loss_result* into, const rlhf_preference_loss_result* part,
                                            rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_sequence_log_probs_result, (rlhf_sequence_log_probs_result* into,
                                               const rlhf_sequence_log_probs_result* part, rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_unpaired_loss_result, (rlhf_unpaired_loss_result* into, const rlhf_unpaired_loss_result* part,
                                          rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_preference_nll_result, (rlhf_preference_nll_result* into, const rlhf_preference_nll_result* part,
                                           rlhf_error* error),
             (into, part, error))
RLHF_C_ENTRY(merge_comparison_sums, (rlhf_comparison_sums* into, const rlhf_comparison_sums* part, rlhf_error* error),
             (into, part, error))
}
