// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/state.hpp>

namespace RLHF_NAMESPACE::c {

inline rlhf_covariance_cut to_c(const rlhf::covariance_cut& r) {
    return {.mean_advantage = r.mean_advantage, .mean_log_prob = r.mean_log_prob, .last = r.last};
}
inline rlhf_counts to_c(const rlhf::counts& r) {
    return {.tokens = r.tokens, .sequences = r.sequences};
}
inline rlhf_loss_sums to_c(const loss_sums& r) {
    rlhf_loss_sums c{.size = sizeof(rlhf_loss_sums), .own = to_c(r.own), .loss = r.loss(), .mean_loss = r.mean_loss(),
                     .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_cross_entropy_loss_result to_c(const cross_entropy_loss_result& r) {
    rlhf_cross_entropy_loss_result c{.size = sizeof(rlhf_cross_entropy_loss_result), .own = to_c(r.own),
                                     .loss = r.loss(), .mean_loss = r.mean_loss(), .nonfinite = r.nonfinite(),
                                     .nll = r.nll(), .perplexity = r.perplexity(), .accuracy = r.accuracy(),
                                     .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_token_log_probs_result to_c(const token_log_probs_result& r) {
    rlhf_token_log_probs_result c{.size = sizeof(rlhf_token_log_probs_result), .tokens = r.tokens,
                                  .nonfinite = r.nonfinite, .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_policy_loss_result to_c(const policy_loss_result& r) {
    rlhf_policy_loss_result c{.size = sizeof(rlhf_policy_loss_result), .own = to_c(r.own), .loss = r.loss(),
                              .mean_loss = r.mean_loss(), .nonfinite = r.nonfinite(),
                              .clip_fraction = r.clip_fraction(), .clip_fraction_low = r.clip_fraction_low(),
                              .clip_fraction_high = r.clip_fraction_high(),
                              .dual_clip_fraction = r.dual_clip_fraction(), .approx_kl = r.approx_kl(),
                              .approx_kl_half_square = r.approx_kl_half_square(), .mean_ratio = r.mean_ratio(),
                              .kl = r.kl(), .max_log_ratio = r.max_log_ratio(),
                              .effective_sample_size = r.effective_sample_size(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_moments to_c(const moments& r) {
    rlhf_moments c{.size = sizeof(rlhf_moments), .count = r.count(), .mean = r.mean(), .variance = r.variance(),
                   .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_ppo_value_loss_result to_c(const ppo_value_loss_result& r) {
    rlhf_ppo_value_loss_result c{.size = sizeof(rlhf_ppo_value_loss_result), .own = to_c(r.own), .loss = r.loss(),
                                 .mean_loss = r.mean_loss(), .nonfinite = r.nonfinite(),
                                 .clip_fraction = r.clip_fraction(), .returns_count = r.returns().count(),
                                 .returns_mean = r.returns().mean(), .returns_variance = r.returns().variance(),
                                 .residuals_count = r.residuals().count(), .residuals_mean = r.residuals().mean(),
                                 .residuals_variance = r.residuals().variance(),
                                 .explained_variance = r.explained_variance(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_ppo_loss_result to_c(const ppo_loss_result& r) {
    rlhf_ppo_loss_result c{.size = sizeof(rlhf_ppo_loss_result), .own = to_c(r.own), .policy_own = to_c(r.policy.own),
                           .policy_loss = r.policy.loss(), .policy_mean_loss = r.policy.mean_loss(),
                           .policy_nonfinite = r.policy.nonfinite(), .policy_clip_fraction = r.policy.clip_fraction(),
                           .policy_clip_fraction_low = r.policy.clip_fraction_low(),
                           .policy_clip_fraction_high = r.policy.clip_fraction_high(),
                           .policy_dual_clip_fraction = r.policy.dual_clip_fraction(),
                           .policy_approx_kl = r.policy.approx_kl(),
                           .policy_approx_kl_half_square = r.policy.approx_kl_half_square(),
                           .policy_mean_ratio = r.policy.mean_ratio(), .policy_kl = r.policy.kl(),
                           .policy_max_log_ratio = r.policy.max_log_ratio(),
                           .policy_effective_sample_size = r.policy.effective_sample_size(),
                           .value_own = to_c(r.value.own), .value_loss = r.value.loss(),
                           .value_mean_loss = r.value.mean_loss(), .value_nonfinite = r.value.nonfinite(),
                           .value_clip_fraction = r.value.clip_fraction(),
                           .value_returns_count = r.value.returns().count(),
                           .value_returns_mean = r.value.returns().mean(),
                           .value_returns_variance = r.value.returns().variance(),
                           .value_residuals_count = r.value.residuals().count(),
                           .value_residuals_mean = r.value.residuals().mean(),
                           .value_residuals_variance = r.value.residuals().variance(),
                           .value_explained_variance = r.value.explained_variance(),
                           .entropy_own = to_c(r.entropy.own), .entropy_loss = r.entropy.loss(),
                           .entropy_mean_loss = r.entropy.mean_loss(), .value_coef = r.value_coef,
                           .entropy_coef = r.entropy_coef, .loss = r.loss(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_group_advantages_result to_c(const group_advantages_result& r) {
    rlhf_group_advantages_result c{.size = sizeof(rlhf_group_advantages_result), .groups = r.groups,
                                   .constant_groups = r.constant_groups, .unscorable = r.unscorable, .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_shape_rewards_result to_c(const shape_rewards_result& r) {
    rlhf_shape_rewards_result c{.size = sizeof(rlhf_shape_rewards_result), .own = to_c(r.own),
                                .dropped_scores = r.dropped_scores, .kl_per_sequence = r.kl_per_sequence(),
                                .kl_per_token = r.kl_per_token(), .mean_score = r.mean_score(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_shape_scores_result to_c(const shape_scores_result& r) {
    rlhf_shape_scores_result c{.size = sizeof(rlhf_shape_scores_result), .sequences = r.sequences,
                               .overlong = r.overlong, .unfinished = r.unfinished, .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_divergence_sums to_c(const divergence_sums& r) {
    rlhf_divergence_sums c{.size = sizeof(rlhf_divergence_sums), .own = to_c(r.own), .loss = r.loss(),
                           .mean_loss = r.mean_loss(), .nonfinite = r.nonfinite(), .divergence = r.divergence(),
                           .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_covariance_tokens_result to_c(const covariance_tokens_result& r) {
    rlhf_covariance_tokens_result c{.size = sizeof(rlhf_covariance_tokens_result), .own = to_c(r.own),
                                    .picked = r.picked, .cut = to_c(r.cut), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_importance_weights_result to_c(const importance_weights_result& r) {
    rlhf_importance_weights_result c{.size = sizeof(rlhf_importance_weights_result), .own = to_c(r.own),
                                     .log_ratio_limit = r.log_ratio_limit, .mean_weight = r.mean_weight(),
                                     .max_ratio = r.max_ratio(), .effective_sample_size = r.effective_sample_size(),
                                     .approx_kl = r.approx_kl(), .below_fraction = r.below_fraction(),
                                     .above_fraction = r.above_fraction(), .dropped_fraction = r.dropped_fraction(),
                                     .nonfinite = r.nonfinite(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_ptx_loss_result to_c(const ptx_loss_result& r) {
    rlhf_ptx_loss_result c{.size = sizeof(rlhf_ptx_loss_result), .own = to_c(r.own), .loss = r.loss(),
                           .mean_loss = r.mean_loss(), .nll = r.nll(), .perplexity = r.perplexity(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_top_entropy_result to_c(const top_entropy_result& r) {
    rlhf_top_entropy_result c{.size = sizeof(rlhf_top_entropy_result), .own = to_c(r.own), .threshold = r.threshold,
                              .kept = r.kept(), .mean_entropy = r.mean_entropy(),
                              .mean_kept_entropy = r.mean_kept_entropy(), .nonfinite = r.nonfinite(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_gdpo_advantages_result to_c(const gdpo_advantages_result& r) {
    rlhf_gdpo_advantages_result c{.size = sizeof(rlhf_gdpo_advantages_result),
                                  .advantages_count = r.advantages.count(), .advantages_mean = r.advantages.mean(),
                                  .advantages_variance = r.advantages.variance(), .unscorable = r.unscorable,
                                  .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_ppo_advantages_result to_c(const ppo_advantages_result& r) {
    rlhf_ppo_advantages_result c{.size = sizeof(rlhf_ppo_advantages_result), .rewards_own = to_c(r.rewards.own),
                                 .rewards_dropped_scores = r.rewards.dropped_scores,
                                 .rewards_kl_per_sequence = r.rewards.kl_per_sequence(),
                                 .rewards_kl_per_token = r.rewards.kl_per_token(),
                                 .rewards_mean_score = r.rewards.mean_score(),
                                 .advantages_count = r.advantages.count(), .advantages_mean = r.advantages.mean(),
                                 .advantages_variance = r.advantages.variance(), .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_preference_loss_result to_c(const preference_loss_result& r) {
    rlhf_preference_loss_result c{.size = sizeof(rlhf_preference_loss_result), .own = to_c(r.own), .loss = r.loss(),
                                  .mean_loss = r.mean_loss(), .nonfinite = r.nonfinite(),
                                  .comparisons = r.comparisons(), .accuracy = r.accuracy(),
                                  .mean_chosen_reward = r.mean_chosen_reward(),
                                  .mean_rejected_reward = r.mean_rejected_reward(), .mean_margin = r.mean_margin(),
                                  .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_sequence_log_probs_result to_c(const sequence_log_probs_result& r) {
    rlhf_sequence_log_probs_result c{.size = sizeof(rlhf_sequence_log_probs_result), .own = to_c(r.own),
                                     .nonfinite = r.nonfinite, .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_unpaired_loss_result to_c(const unpaired_loss_result& r) {
    rlhf_unpaired_loss_result c{.size = sizeof(rlhf_unpaired_loss_result), .own = to_c(r.own), .loss = r.loss(),
                                .mean_loss = r.mean_loss(), .nonfinite = r.nonfinite(), .answers = r.answers(),
                                .desirable = r.desirable(), .mean_desirable_reward = r.mean_desirable_reward(),
                                .mean_undesirable_reward = r.mean_undesirable_reward(), .mean_margin = r.mean_margin(),
                                .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_preference_nll_result to_c(const preference_nll_result& r) {
    rlhf_preference_nll_result c{.size = sizeof(rlhf_preference_nll_result), .preference_own = to_c(r.preference.own),
                                 .preference_loss = r.preference.loss(),
                                 .preference_mean_loss = r.preference.mean_loss(),
                                 .preference_nonfinite = r.preference.nonfinite(),
                                 .preference_comparisons = r.preference.comparisons(),
                                 .preference_accuracy = r.preference.accuracy(),
                                 .preference_mean_chosen_reward = r.preference.mean_chosen_reward(),
                                 .preference_mean_rejected_reward = r.preference.mean_rejected_reward(),
                                 .preference_mean_margin = r.preference.mean_margin(), .nll_own = to_c(r.nll.own),
                                 .nll_loss = r.nll.loss(), .nll_mean_loss = r.nll.mean_loss(), .nll_nll = r.nll.nll(),
                                 .nll_perplexity = r.nll.perplexity(), .nll_weight = r.nll_weight, .loss = r.loss(),
                                 .state = {}};
    store(r, c.state);
    return c;
}
inline rlhf_comparison_sums to_c(const comparison_sums& r) {
    rlhf_comparison_sums c{.size = sizeof(rlhf_comparison_sums), .own = to_c(r.own), .loss = r.loss(),
                           .mean_loss = r.mean_loss(), .nonfinite = r.nonfinite(), .comparisons = r.comparisons(),
                           .accuracy = r.accuracy(), .mean_margin = r.mean_margin(), .state = {}};
    store(r, c.state);
    return c;
}

} // namespace RLHF_NAMESPACE::c
