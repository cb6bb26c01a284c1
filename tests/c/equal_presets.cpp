// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "presets.hpp"

#include <rlhf/recipe/preset/areal.hpp>
#include <rlhf/recipe/preset/cleanrl.hpp>
#include <rlhf/recipe/preset/liger.hpp>
#include <rlhf/recipe/preset/lm_human_preferences.hpp>
#include <rlhf/recipe/preset/miles.hpp>
#include <rlhf/recipe/preset/ms_swift.hpp>
#include <rlhf/recipe/preset/nemo_rl.hpp>
#include <rlhf/recipe/preset/openrlhf.hpp>
#include <rlhf/recipe/preset/papers.hpp>
#include <rlhf/recipe/preset/prime_rl.hpp>
#include <rlhf/recipe/preset/roll.hpp>
#include <rlhf/recipe/preset/skyrl.hpp>
#include <rlhf/recipe/preset/slime.hpp>
#include <rlhf/recipe/preset/tinker.hpp>
#include <rlhf/recipe/preset/torchrl.hpp>
#include <rlhf/recipe/preset/trl.hpp>
#include <rlhf/recipe/preset/unsloth.hpp>
#include <rlhf/recipe/preset/verl.hpp>

namespace presets {

RLHF_MEMBERS(ppo_policy_loss_options, o.clip_range, o.dual_clip, o.log_ratio_limit, o.kl_coef, o.kl_estimator,
             o.kl_gradient, o.kl_limit, o.kl_weight, o.importance_limit, o.importance, o.aggregation)
RLHF_MEMBERS(ratio_range, o.low, o.high)
RLHF_MEMBERS(importance_range, o.low, o.high)
RLHF_MEMBERS(gspo, o.range, o.ratio)
RLHF_MEMBERS(sapo, o.tau_positive, o.tau_negative)
RLHF_MEMBERS(policy_loss_options, o.log_ratio_limit, o.kl_coef, o.kl_estimator, o.kl_gradient, o.kl_limit, o.kl_weight,
             o.importance_limit, o.importance, o.aggregation)
RLHF_MEMBERS(ppo_value_loss_options, o.clip_range, o.huber, o.aggregation)
RLHF_MEMBERS(ppo_advantages_options, o.rewards, o.gae, o.whiten)
RLHF_MEMBERS(shape_rewards_options, o.kl_coef, o.kl_estimator, o.kl_limit, o.score_position, o.score_limit,
             o.unfinished_penalty, o.unfinished_score)
RLHF_MEMBERS(gae_options, o.gamma, o.lambda, o.gaps)
RLHF_MEMBERS(whiten_options, o.center, o.scale, o.about, o.ddof, o.epsilon, o.floor)
RLHF_MEMBERS(importance_weights_options, o.level, o.range, o.beyond, o.sequence_mean, o.sequence_product,
             o.every_token, o.unit, o.drift_limit, o.probability_limit, o.binary_kl_limit, o.second_moment_limit,
             o.log_ratio_limit)
RLHF_MEMBERS(cispo, o.low, o.high, o.beyond)
RLHF_MEMBERS(adaptive_kl_controller, o.kl_coef, o.target, o.horizon, o.limit)
RLHF_MEMBERS(group_advantages_options, o.baseline, o.scale, o.ddof, o.epsilon, o.floor, o.lone, o.unscorable)
RLHF_MEMBERS(discounted_returns_options, o.gamma, o.gaps)
RLHF_MEMBERS(top_entropy_options, o.share, o.threshold)
RLHF_MEMBERS(shape_scores_options, o.max_length, o.overlong_buffer, o.overlong_penalty, o.overlong,
             o.unfinished_factor, o.unfinished_penalty, o.unfinished_score)
RLHF_MEMBERS(top_k_divergence_options, o.divergence, o.beta, o.temperature, o.aggregation, o.support, o.least_log_prob,
             o.low, o.high)
RLHF_MEMBERS(dppo_kl, o.range, o.cap, o.value)
RLHF_MEMBERS(adaptive_entropy_controller, o.entropy_coef, o.target, o.step, o.low, o.high, o.active)
RLHF_MEMBERS(dppo_tv, o.range, o.cap, o.value)
RLHF_MEMBERS(ppo_clip, o.range, o.dual)
RLHF_MEMBERS(topr, o.positive, o.negative)
RLHF_MEMBERS(covariance_tokens_options, o.share, o.low, o.high, o.clip_range, o.cut)
RLHF_MEMBERS(covariance_cut, o.mean_advantage, o.mean_log_prob, o.last)
RLHF_MEMBERS(dpo, o.beta, o.label_smoothing)
RLHF_MEMBERS(gmpo, o.range)
RLHF_MEMBERS(vespo, o.k_positive, o.lambda_positive, o.k_negative, o.lambda_negative)
RLHF_MEMBERS(gdpo_advantages_options, o.group, o.whiten)
RLHF_MEMBERS(kto, o.beta, o.reference_point, o.desirable_weight, o.undesirable_weight)
RLHF_MEMBERS(bco, o.beta, o.shift)

TEST_CASE("presets of C: areal") {
    RLHF_CHECK_PRESET(areal, ppo_policy_loss);
    RLHF_CHECK_PRESET(areal, gspo);
    RLHF_CHECK_PRESET(areal, sapo);
    RLHF_CHECK_PRESET(areal, policy_loss);
    RLHF_CHECK_PRESET(areal, ppo_value_loss);
    RLHF_CHECK_PRESET(areal, ppo_advantages);
    RLHF_CHECK_PRESET(areal, token_mask);
    RLHF_CHECK_PRESET(areal, token_clamp);
    RLHF_CHECK_PRESET(areal, sequence_mask);
    RLHF_CHECK_PRESET(areal, kpop);
    RLHF_CHECK_PRESET(areal, m2po);
}

TEST_CASE("presets of C: cleanrl") {
    RLHF_CHECK_PRESET(cleanrl, ppo_policy_loss);
    RLHF_CHECK_PRESET(cleanrl, ppo_value_loss);
    RLHF_CHECK_PRESET(cleanrl, value_coef);
    RLHF_CHECK_PRESET(cleanrl, entropy_coef);
    RLHF_CHECK_PRESET(cleanrl, gae);
    RLHF_CHECK_PRESET(cleanrl, whiten);
}

TEST_CASE("presets of C: liger") {
    RLHF_CHECK_PRESET(liger, ppo_policy_loss);
    RLHF_CHECK_PRESET(liger, kl_policy_loss);
    RLHF_CHECK_PRESET(liger, grpo_policy_loss);
    RLHF_CHECK_PRESET(liger, luspo_policy_loss);
    RLHF_CHECK_PRESET(liger, cispo);
    RLHF_CHECK_PRESET(liger, policy_loss);
    RLHF_CHECK_PRESET(liger, sapo);
    RLHF_CHECK_PRESET(liger, gspo);
    RLHF_CHECK_PRESET(liger, gspo_policy_loss);
    RLHF_CHECK_PRESET(liger, sapo_policy_loss);
}

TEST_CASE("presets of C: lm_human_preferences") {
    RLHF_CHECK_PRESET(lm_human_preferences, ppo_policy_loss);
    RLHF_CHECK_PRESET(lm_human_preferences, ppo_value_loss);
    RLHF_CHECK_PRESET(lm_human_preferences, value_coef);
    RLHF_CHECK_PRESET(lm_human_preferences, shape_rewards);
    RLHF_CHECK_PRESET(lm_human_preferences, kl_controller);
    RLHF_CHECK_PRESET(lm_human_preferences, whiten_rewards);
    RLHF_CHECK_PRESET(lm_human_preferences, gae);
    RLHF_CHECK_PRESET(lm_human_preferences, whiten);
}

TEST_CASE("presets of C: miles") {
    RLHF_CHECK_PRESET(miles, ppo_policy_loss);
    RLHF_CHECK_PRESET(miles, gspo);
    RLHF_CHECK_PRESET(miles, policy_loss);
    RLHF_CHECK_PRESET(miles, kl_policy_loss);
    RLHF_CHECK_PRESET(miles, ppo_value_loss);
    RLHF_CHECK_PRESET(miles, gae);
    RLHF_CHECK_PRESET(miles, grpo);
    RLHF_CHECK_PRESET(miles, dr_grpo);
    RLHF_CHECK_PRESET(miles, tis);
    RLHF_CHECK_PRESET(miles, icepop);
    RLHF_CHECK_PRESET(miles, opsm);
}

TEST_CASE("presets of C: ms_swift") {
    RLHF_CHECK_PRESET(ms_swift, ppo_policy_loss);
    RLHF_CHECK_PRESET(ms_swift, kl_policy_loss);
    RLHF_CHECK_PRESET(ms_swift, dapo_policy_loss);
    RLHF_CHECK_PRESET(ms_swift, cispo);
    RLHF_CHECK_PRESET(ms_swift, policy_loss);
    RLHF_CHECK_PRESET(ms_swift, sapo);
    RLHF_CHECK_PRESET(ms_swift, sapo_policy_loss);
    RLHF_CHECK_PRESET(ms_swift, gspo);
    RLHF_CHECK_PRESET(ms_swift, gspo_policy_loss);
    RLHF_CHECK_PRESET(ms_swift, fipo_future);
    RLHF_CHECK_PRESET(ms_swift, real_temperature);
    RLHF_CHECK_PRESET(ms_swift, top_entropy);
    RLHF_CHECK_PRESET(ms_swift, grpo);
    RLHF_CHECK_PRESET(ms_swift, grpo_batch_std);
    RLHF_CHECK_PRESET(ms_swift, dr_grpo);
    RLHF_CHECK_PRESET(ms_swift, rloo);
    RLHF_CHECK_PRESET(ms_swift, shape_scores);
    RLHF_CHECK_PRESET(ms_swift, token_truncate);
    RLHF_CHECK_PRESET(ms_swift, token_mask);
    RLHF_CHECK_PRESET(ms_swift, sequence_truncate);
    RLHF_CHECK_PRESET(ms_swift, sequence_mask);
}

TEST_CASE("presets of C: nemo_rl") {
    RLHF_CHECK_PRESET(nemo_rl, ppo_policy_loss);
    RLHF_CHECK_PRESET(nemo_rl, kl_policy_loss);
    RLHF_CHECK_PRESET(nemo_rl, cispo);
    RLHF_CHECK_PRESET(nemo_rl, gspo);
    RLHF_CHECK_PRESET(nemo_rl, gspo_policy_loss);
    RLHF_CHECK_PRESET(nemo_rl, policy_loss);
    RLHF_CHECK_PRESET(nemo_rl, grpo);
    RLHF_CHECK_PRESET(nemo_rl, icepop);
    RLHF_CHECK_PRESET(nemo_rl, sequence_mask);
    RLHF_CHECK_PRESET(nemo_rl, shape_scores);
    RLHF_CHECK_PRESET(nemo_rl, forward_top_k_divergence);
    RLHF_CHECK_PRESET(nemo_rl, reverse_top_k_divergence);
}

TEST_CASE("presets of C: openrlhf") {
    RLHF_CHECK_PRESET(openrlhf, ppo_policy_loss);
    RLHF_CHECK_PRESET(openrlhf, gspo);
    RLHF_CHECK_PRESET(openrlhf, gspo_policy_loss);
    RLHF_CHECK_PRESET(openrlhf, ppo_value_loss);
    RLHF_CHECK_PRESET(openrlhf, ppo_advantages);
    RLHF_CHECK_PRESET(openrlhf, group_norm);
    RLHF_CHECK_PRESET(openrlhf, dr_grpo);
    RLHF_CHECK_PRESET(openrlhf, rloo);
    RLHF_CHECK_PRESET(openrlhf, shape_scores);
    RLHF_CHECK_PRESET(openrlhf, tis);
    RLHF_CHECK_PRESET(openrlhf, icepop);
    RLHF_CHECK_PRESET(openrlhf, sequence_mask);
}

TEST_CASE("presets of C: instructgpt") {
    RLHF_CHECK_PRESET(instructgpt, ppo_policy_loss);
    RLHF_CHECK_PRESET(instructgpt, ppo_advantages);
    RLHF_CHECK_PRESET(instructgpt, ptx_coef);
}

TEST_CASE("presets of C: grpo") {
    RLHF_CHECK_PRESET(grpo, ppo_policy_loss);
    RLHF_CHECK_PRESET(grpo, group_advantages);
}

TEST_CASE("presets of C: dapo") {
    RLHF_CHECK_PRESET(dapo, ppo_policy_loss);
    RLHF_CHECK_PRESET(dapo, group_advantages);
    RLHF_CHECK_PRESET(dapo, shape_scores);
}

TEST_CASE("presets of C: dr_grpo") {
    RLHF_CHECK_PRESET(dr_grpo, ppo_policy_loss);
    RLHF_CHECK_PRESET(dr_grpo, group_advantages);
}

TEST_CASE("presets of C: gspo") {
    RLHF_CHECK_PRESET(gspo, objective);
    RLHF_CHECK_PRESET(gspo, policy_loss);
}

TEST_CASE("presets of C: scalerl") {
    RLHF_CHECK_PRESET(scalerl, objective);
}

TEST_CASE("presets of C: dppo") {
    RLHF_CHECK_PRESET(dppo, objective);
}

TEST_CASE("presets of C: skywork_or1") {
    RLHF_CHECK_PRESET(skywork_or1, ppo_policy_loss);
    RLHF_CHECK_PRESET(skywork_or1, group_advantages);
    RLHF_CHECK_PRESET(skywork_or1, entropy_controller);
}

TEST_CASE("presets of C: prime_rl") {
    RLHF_CHECK_PRESET(prime_rl, dppo_tv);
    RLHF_CHECK_PRESET(prime_rl, policy_loss);
    RLHF_CHECK_PRESET(prime_rl, ipo_mask);
    RLHF_CHECK_PRESET(prime_rl, ref_kl);
    RLHF_CHECK_PRESET(prime_rl, grpo);
    RLHF_CHECK_PRESET(prime_rl, max_rl);
    RLHF_CHECK_PRESET(prime_rl, rae);
}

TEST_CASE("presets of C: roll") {
    RLHF_CHECK_PRESET(roll, ppo_policy_loss);
    RLHF_CHECK_PRESET(roll, dual_clip_policy_loss);
    RLHF_CHECK_PRESET(roll, kl_policy_loss);
    RLHF_CHECK_PRESET(roll, gspo);
    RLHF_CHECK_PRESET(roll, policy_loss);
    RLHF_CHECK_PRESET(roll, reinforce);
    RLHF_CHECK_PRESET(roll, tis);
    RLHF_CHECK_PRESET(roll, topr);
    RLHF_CHECK_PRESET(roll, cispo);
    RLHF_CHECK_PRESET(roll, kimi_policy_loss);
    RLHF_CHECK_PRESET(roll, ppo_value_loss);
    RLHF_CHECK_PRESET(roll, ppo_advantages);
    RLHF_CHECK_PRESET(roll, grpo);
    RLHF_CHECK_PRESET(roll, batch_norm);
    RLHF_CHECK_PRESET(roll, dr_grpo);
    RLHF_CHECK_PRESET(roll, running_norm);
    RLHF_CHECK_PRESET(roll, is_weight);
    RLHF_CHECK_PRESET(roll, token_filter);
    RLHF_CHECK_PRESET(roll, geometric_filter);
    RLHF_CHECK_PRESET(roll, sequence_filter);
    RLHF_CHECK_PRESET(roll, segment_filter);
    RLHF_CHECK_PRESET(roll, difference_filter);
}

TEST_CASE("presets of C: skyrl") {
    RLHF_CHECK_PRESET(skyrl, ppo_policy_loss);
    RLHF_CHECK_PRESET(skyrl, dual_clip_policy_loss);
    RLHF_CHECK_PRESET(skyrl, policy_loss);
    RLHF_CHECK_PRESET(skyrl, cispo);
    RLHF_CHECK_PRESET(skyrl, rollout_is);
    RLHF_CHECK_PRESET(skyrl, importance_sampling);
    RLHF_CHECK_PRESET(skyrl, importance_sampling_policy_loss);
    RLHF_CHECK_PRESET(skyrl, sapo);
    RLHF_CHECK_PRESET(skyrl, gspo);
    RLHF_CHECK_PRESET(skyrl, gspo_policy_loss);
    RLHF_CHECK_PRESET(skyrl, dppo_tv);
    RLHF_CHECK_PRESET(skyrl, clip_cov);
    RLHF_CHECK_PRESET(skyrl, kl_cov);
    RLHF_CHECK_PRESET(skyrl, kl_cov_policy_loss);
    RLHF_CHECK_PRESET(skyrl, ppo_value_loss);
    RLHF_CHECK_PRESET(skyrl, ppo_advantages);
    RLHF_CHECK_PRESET(skyrl, grpo);
    RLHF_CHECK_PRESET(skyrl, rloo);
    RLHF_CHECK_PRESET(skyrl, maxrl);
    RLHF_CHECK_PRESET(skyrl, token_tis);
    RLHF_CHECK_PRESET(skyrl, sequence_tis);
    RLHF_CHECK_PRESET(skyrl, geometric_mask);
    RLHF_CHECK_PRESET(skyrl, product_mask);
}

TEST_CASE("presets of C: slime") {
    RLHF_CHECK_PRESET(slime, ppo_policy_loss);
    RLHF_CHECK_PRESET(slime, cispo);
    RLHF_CHECK_PRESET(slime, gspo);
    RLHF_CHECK_PRESET(slime, policy_loss);
    RLHF_CHECK_PRESET(slime, ppo_value_loss);
    RLHF_CHECK_PRESET(slime, grpo);
    RLHF_CHECK_PRESET(slime, tis);
    RLHF_CHECK_PRESET(slime, opsm);
}

TEST_CASE("presets of C: tinker") {
    RLHF_CHECK_PRESET(tinker, ppo_policy_loss);
    RLHF_CHECK_PRESET(tinker, importance_sampling);
    RLHF_CHECK_PRESET(tinker, cispo);
    RLHF_CHECK_PRESET(tinker, group_advantages);
    RLHF_CHECK_PRESET(tinker, dpo);
}

TEST_CASE("presets of C: torchrl") {
    RLHF_CHECK_PRESET(torchrl, ppo_policy_loss);
    RLHF_CHECK_PRESET(torchrl, prompt_mean_policy_loss);
    RLHF_CHECK_PRESET(torchrl, cispo);
    RLHF_CHECK_PRESET(torchrl, policy_loss);
    RLHF_CHECK_PRESET(torchrl, ppo_value_loss);
    RLHF_CHECK_PRESET(torchrl, gae);
    RLHF_CHECK_PRESET(torchrl, group_advantages);
}

TEST_CASE("presets of C: trl") {
    RLHF_CHECK_PRESET(trl, ppo_policy_loss);
    RLHF_CHECK_PRESET(trl, kl_policy_loss);
    RLHF_CHECK_PRESET(trl, grpo_policy_loss);
    RLHF_CHECK_PRESET(trl, luspo_policy_loss);
    RLHF_CHECK_PRESET(trl, gspo_luspo_policy_loss);
    RLHF_CHECK_PRESET(trl, cispo);
    RLHF_CHECK_PRESET(trl, sapo);
    RLHF_CHECK_PRESET(trl, gspo);
    RLHF_CHECK_PRESET(trl, gmpo);
    RLHF_CHECK_PRESET(trl, gmpo_policy_loss);
    RLHF_CHECK_PRESET(trl, vespo);
    RLHF_CHECK_PRESET(trl, vespo_policy_loss);
    RLHF_CHECK_PRESET(trl, policy_loss);
    RLHF_CHECK_PRESET(trl, gspo_policy_loss);
    RLHF_CHECK_PRESET(trl, sapo_policy_loss);
    RLHF_CHECK_PRESET(trl, grpo);
    RLHF_CHECK_PRESET(trl, grpo_batch_std);
    RLHF_CHECK_PRESET(trl, dr_grpo);
    RLHF_CHECK_PRESET(trl, rloo);
    RLHF_CHECK_PRESET(trl, gdpo_advantages);
    RLHF_CHECK_PRESET(trl, entropy_controller);
    RLHF_CHECK_PRESET(trl, top_entropy);
    RLHF_CHECK_PRESET(trl, shape_scores);
    RLHF_CHECK_PRESET(trl, kto);
    RLHF_CHECK_PRESET(trl, bco);
    RLHF_CHECK_PRESET(trl, importance_weights);
    RLHF_CHECK_PRESET(trl, sdpo_top_k_divergence);
    RLHF_CHECK_PRESET(trl, sdft_top_k_divergence);
    RLHF_CHECK_PRESET(trl, server_top_k_divergence);
}

TEST_CASE("presets of C: unsloth") {
    RLHF_CHECK_PRESET(unsloth, kl_policy_loss);
    RLHF_CHECK_PRESET(unsloth, geometric_truncate);
}

TEST_CASE("presets of C: verl") {
    RLHF_CHECK_PRESET(verl, ppo_policy_loss);
    RLHF_CHECK_PRESET(verl, ppo_policy_loss_with_kl);
    RLHF_CHECK_PRESET(verl, policy_loss);
    RLHF_CHECK_PRESET(verl, cispo);
    RLHF_CHECK_PRESET(verl, dppo_tv);
    RLHF_CHECK_PRESET(verl, dppo_kl);
    RLHF_CHECK_PRESET(verl, sapo);
    RLHF_CHECK_PRESET(verl, sapo_policy_loss);
    RLHF_CHECK_PRESET(verl, gspo);
    RLHF_CHECK_PRESET(verl, gspo_policy_loss);
    RLHF_CHECK_PRESET(verl, gmpo);
    RLHF_CHECK_PRESET(verl, gmpo_policy_loss);
    RLHF_CHECK_PRESET(verl, reinforce);
    RLHF_CHECK_PRESET(verl, dro_policy_loss);
    RLHF_CHECK_PRESET(verl, clip_cov);
    RLHF_CHECK_PRESET(verl, kl_cov);
    RLHF_CHECK_PRESET(verl, kl_cov_policy_loss);
    RLHF_CHECK_PRESET(verl, ppo_value_loss);
    RLHF_CHECK_PRESET(verl, ppo_advantages);
    RLHF_CHECK_PRESET(verl, grpo);
    RLHF_CHECK_PRESET(verl, dr_grpo);
    RLHF_CHECK_PRESET(verl, rloo);
    RLHF_CHECK_PRESET(verl, opo);
    RLHF_CHECK_PRESET(verl, remax);
    RLHF_CHECK_PRESET(verl, pass_at_k);
    RLHF_CHECK_PRESET(verl, pass_at_k_without_std);
    RLHF_CHECK_PRESET(verl, gdpo_advantages);
    RLHF_CHECK_PRESET(verl, shape_scores);
    RLHF_CHECK_PRESET(verl, importance_weights);
    RLHF_CHECK_PRESET(verl, token_importance_weights);
    RLHF_CHECK_PRESET(verl, icepop);
    RLHF_CHECK_PRESET(verl, geometric_rejection);
    RLHF_CHECK_PRESET(verl, top_k_divergence);
}

} // namespace presets
