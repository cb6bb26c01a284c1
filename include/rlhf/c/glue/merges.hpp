// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/answer.hpp>

namespace RLHF_NAMESPACE::c {

inline rlhf_status merge_loss_sums(rlhf_loss_sums* into, const rlhf_loss_sums* part, rlhf_error* error) {
    return merge<loss_sums>("merge_loss_sums", into, part, error);
}
inline rlhf_status merge_cross_entropy_loss_result(rlhf_cross_entropy_loss_result* into,
                                                   const rlhf_cross_entropy_loss_result* part, rlhf_error* error) {
    return merge<cross_entropy_loss_result>("merge_cross_entropy_loss_result", into, part, error);
}
inline rlhf_status merge_token_log_probs_result(rlhf_token_log_probs_result* into,
                                                const rlhf_token_log_probs_result* part, rlhf_error* error) {
    return merge<token_log_probs_result>("merge_token_log_probs_result", into, part, error);
}
inline rlhf_status merge_policy_loss_result(rlhf_policy_loss_result* into, const rlhf_policy_loss_result* part,
                                            rlhf_error* error) {
    return merge<policy_loss_result>("merge_policy_loss_result", into, part, error);
}
inline rlhf_status merge_moments(rlhf_moments* into, const rlhf_moments* part, rlhf_error* error) {
    return merge<moments>("merge_moments", into, part, error);
}
inline rlhf_status merge_ppo_value_loss_result(rlhf_ppo_value_loss_result* into,
                                               const rlhf_ppo_value_loss_result* part, rlhf_error* error) {
    return merge<ppo_value_loss_result>("merge_ppo_value_loss_result", into, part, error);
}
inline rlhf_status merge_ppo_loss_result(rlhf_ppo_loss_result* into, const rlhf_ppo_loss_result* part,
                                         rlhf_error* error) {
    return merge<ppo_loss_result>("merge_ppo_loss_result", into, part, error);
}
inline rlhf_status merge_group_advantages_result(rlhf_group_advantages_result* into,
                                                 const rlhf_group_advantages_result* part, rlhf_error* error) {
    return merge<group_advantages_result>("merge_group_advantages_result", into, part, error);
}
inline rlhf_status merge_shape_rewards_result(rlhf_shape_rewards_result* into, const rlhf_shape_rewards_result* part,
                                              rlhf_error* error) {
    return merge<shape_rewards_result>("merge_shape_rewards_result", into, part, error);
}
inline rlhf_status merge_shape_scores_result(rlhf_shape_scores_result* into, const rlhf_shape_scores_result* part,
                                             rlhf_error* error) {
    return merge<shape_scores_result>("merge_shape_scores_result", into, part, error);
}
inline rlhf_status merge_divergence_sums(rlhf_divergence_sums* into, const rlhf_divergence_sums* part,
                                         rlhf_error* error) {
    return merge<divergence_sums>("merge_divergence_sums", into, part, error);
}
inline rlhf_status merge_covariance_tokens_result(rlhf_covariance_tokens_result* into,
                                                  const rlhf_covariance_tokens_result* part, rlhf_error* error) {
    return merge<covariance_tokens_result>("merge_covariance_tokens_result", into, part, error);
}
inline rlhf_status merge_importance_weights_result(rlhf_importance_weights_result* into,
                                                   const rlhf_importance_weights_result* part, rlhf_error* error) {
    return merge<importance_weights_result>("merge_importance_weights_result", into, part, error);
}
inline rlhf_status merge_ptx_loss_result(rlhf_ptx_loss_result* into, const rlhf_ptx_loss_result* part,
                                         rlhf_error* error) {
    return merge<ptx_loss_result>("merge_ptx_loss_result", into, part, error);
}
inline rlhf_status merge_top_entropy_result(rlhf_top_entropy_result* into, const rlhf_top_entropy_result* part,
                                            rlhf_error* error) {
    return merge<top_entropy_result>("merge_top_entropy_result", into, part, error);
}
inline rlhf_status merge_gdpo_advantages_result(rlhf_gdpo_advantages_result* into,
                                                const rlhf_gdpo_advantages_result* part, rlhf_error* error) {
    return merge<gdpo_advantages_result>("merge_gdpo_advantages_result", into, part, error);
}
inline rlhf_status merge_ppo_advantages_result(rlhf_ppo_advantages_result* into,
                                               const rlhf_ppo_advantages_result* part, rlhf_error* error) {
    return merge<ppo_advantages_result>("merge_ppo_advantages_result", into, part, error);
}
inline rlhf_status merge_preference_loss_result(rlhf_preference_loss_result* into,
                                                const rlhf_preference_loss_result* part, rlhf_error* error) {
    return merge<preference_loss_result>("merge_preference_loss_result", into, part, error);
}
inline rlhf_status merge_sequence_log_probs_result(rlhf_sequence_log_probs_result* into,
                                                   const rlhf_sequence_log_probs_result* part, rlhf_error* error) {
    return merge<sequence_log_probs_result>("merge_sequence_log_probs_result", into, part, error);
}
inline rlhf_status merge_unpaired_loss_result(rlhf_unpaired_loss_result* into, const rlhf_unpaired_loss_result* part,
                                              rlhf_error* error) {
    return merge<unpaired_loss_result>("merge_unpaired_loss_result", into, part, error);
}
inline rlhf_status merge_preference_nll_result(rlhf_preference_nll_result* into,
                                               const rlhf_preference_nll_result* part, rlhf_error* error) {
    return merge<preference_nll_result>("merge_preference_nll_result", into, part, error);
}
inline rlhf_status merge_comparison_sums(rlhf_comparison_sums* into, const rlhf_comparison_sums* part,
                                         rlhf_error* error) {
    return merge<comparison_sums>("merge_comparison_sums", into, part, error);
}

} // namespace RLHF_NAMESPACE::c
