// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

#include <rlhf/c/glue/objectives.hpp>
#include <rlhf/c/presets.h>
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

using rlhf::c::of_c, world::same;
const rlhf::c::reader reader("test");

bool same(const rlhf::ppo_policy_loss_options& a, const rlhf::ppo_policy_loss_options& b) {
    return same(a.clip_range.low, b.clip_range.low) && same(a.clip_range.high, b.clip_range.high) &&
           same(a.dual_clip, b.dual_clip) &&
           same(a.log_ratio_limit, b.log_ratio_limit) &&
           same(a.kl_coef, b.kl_coef) &&
           a.kl_estimator == b.kl_estimator &&
           a.kl_gradient == b.kl_gradient &&
           same(a.kl_limit, b.kl_limit) &&
           a.kl_weight == b.kl_weight &&
           same(a.importance_limit.low, b.importance_limit.low) && same(a.importance_limit.high, b.importance_limit.high) &&
           a.importance == b.importance &&
           a.aggregation == b.aggregation;
}
bool same(const rlhf::gspo& a, const rlhf::gspo& b) {
    return same(a.range.low, b.range.low) && same(a.range.high, b.range.high) &&
           a.ratio == b.ratio;
}
bool same(const rlhf::sapo& a, const rlhf::sapo& b) {
    return same(a.tau_positive, b.tau_positive) &&
           same(a.tau_negative, b.tau_negative);
}
bool same(const rlhf::policy_loss_options& a, const rlhf::policy_loss_options& b) {
    return same(a.log_ratio_limit, b.log_ratio_limit) &&
           same(a.kl_coef, b.kl_coef) &&
           a.kl_estimator == b.kl_estimator &&
           a.kl_gradient == b.kl_gradient &&
           same(a.kl_limit, b.kl_limit) &&
           a.kl_weight == b.kl_weight &&
           same(a.importance_limit.low, b.importance_limit.low) && same(a.importance_limit.high, b.importance_limit.high) &&
           a.importance == b.importance &&
           a.aggregation == b.aggregation;
}
bool same(const rlhf::ppo_value_loss_options& a, const rlhf::ppo_value_loss_options& b) {
    return same(a.clip_range, b.clip_range) &&
           same(a.huber, b.huber) &&
           a.aggregation == b.aggregation;
}
bool same(const rlhf::shape_rewards_options& a, const rlhf::shape_rewards_options& b) {
    return same(a.kl_coef, b.kl_coef) &&
           a.kl_estimator == b.kl_estimator &&
           same(a.kl_limit, b.kl_limit) &&
           a.score_position == b.score_position &&
           same(a.score_limit, b.score_limit) &&
           same(a.unfinished_penalty, b.unfinished_penalty) &&
           a.unfinished_score == b.unfinished_score;
}
bool same(const rlhf::gae_options& a, const rlhf::gae_options& b) {
    return same(a.gamma, b.gamma) &&
           same(a.lambda, b.lambda) &&
           a.gaps == b.gaps;
}
bool same(const rlhf::whiten_options& a, const rlhf::whiten_options& b) {
    return a.center == b.center &&
           a.scale == b.scale &&
           a.about == b.about &&
           a.ddof == b.ddof &&
           same(a.epsilon, b.epsilon) &&
           a.floor == b.floor;
}
bool same(const rlhf::ppo_advantages_options& a, const rlhf::ppo_advantages_options& b) {
    return same(a.rewards, b.rewards) &&
           same(a.gae, b.gae) &&
           same(a.whiten, b.whiten);
}
bool same(const rlhf::importance_weights_options& a, const rlhf::importance_weights_options& b) {
    return a.level == b.level &&
           same(a.range.low, b.range.low) && same(a.range.high, b.range.high) &&
           a.beyond == b.beyond &&
           same(a.sequence_mean.low, b.sequence_mean.low) && same(a.sequence_mean.high, b.sequence_mean.high) &&
           same(a.sequence_product.low, b.sequence_product.low) && same(a.sequence_product.high, b.sequence_product.high) &&
           same(a.every_token.low, b.every_token.low) && same(a.every_token.high, b.every_token.high) &&
           a.unit == b.unit &&
           same(a.drift_limit, b.drift_limit) &&
           same(a.probability_limit, b.probability_limit) &&
           same(a.binary_kl_limit, b.binary_kl_limit) &&
           same(a.second_moment_limit, b.second_moment_limit) &&
           same(a.log_ratio_limit, b.log_ratio_limit);
}
bool same(const rlhf::cispo& a, const rlhf::cispo& b) {
    return same(a.low, b.low) &&
           same(a.high, b.high) &&
           a.beyond == b.beyond;
}
bool same(const rlhf::adaptive_kl_controller& a, const rlhf::adaptive_kl_controller& b) {
    return same(a.kl_coef, b.kl_coef) &&
           same(a.target, b.target) &&
           same(a.horizon, b.horizon) &&
           same(a.limit, b.limit);
}
bool same(const rlhf::group_advantages_options& a, const rlhf::group_advantages_options& b) {
    return a.baseline == b.baseline &&
           a.scale == b.scale &&
           a.ddof == b.ddof &&
           same(a.epsilon, b.epsilon) &&
           a.floor == b.floor &&
           a.lone == b.lone &&
           a.unscorable == b.unscorable;
}
bool same(const rlhf::discounted_returns_options& a, const rlhf::discounted_returns_options& b) {
    return same(a.gamma, b.gamma) &&
           a.gaps == b.gaps;
}
bool same(const rlhf::top_entropy_options& a, const rlhf::top_entropy_options& b) {
    return same(a.share, b.share) &&
           a.threshold == b.threshold;
}
bool same(const rlhf::shape_scores_options& a, const rlhf::shape_scores_options& b) {
    return a.max_length == b.max_length &&
           a.overlong_buffer == b.overlong_buffer &&
           same(a.overlong_penalty, b.overlong_penalty) &&
           a.overlong == b.overlong &&
           same(a.unfinished_factor, b.unfinished_factor) &&
           same(a.unfinished_penalty, b.unfinished_penalty) &&
           a.unfinished_score == b.unfinished_score;
}
bool same(const rlhf::dppo_kl& a, const rlhf::dppo_kl& b) {
    return same(a.range.low, b.range.low) && same(a.range.high, b.range.high) &&
           same(a.cap, b.cap) &&
           a.value == b.value;
}
bool same(const rlhf::adaptive_entropy_controller& a, const rlhf::adaptive_entropy_controller& b) {
    return same(a.entropy_coef, b.entropy_coef) &&
           same(a.target, b.target) &&
           same(a.step, b.step) &&
           same(a.low, b.low) &&
           same(a.high, b.high) &&
           a.active == b.active;
}
bool same(const rlhf::dppo_tv& a, const rlhf::dppo_tv& b) {
    return same(a.range.low, b.range.low) && same(a.range.high, b.range.high) &&
           same(a.cap, b.cap) &&
           a.value == b.value;
}
bool same(const rlhf::ppo_clip& a, const rlhf::ppo_clip& b) {
    return same(a.range.low, b.range.low) && same(a.range.high, b.range.high) &&
           same(a.dual, b.dual);
}
bool same(const rlhf::topr& a, const rlhf::topr& b) {
    return same(a.positive, b.positive) &&
           same(a.negative, b.negative);
}
bool same(const rlhf::covariance_tokens_options& a, const rlhf::covariance_tokens_options& b) {
    return same(a.share, b.share) &&
           same(a.low, b.low) &&
           same(a.high, b.high) &&
           a.clip_range.has_value() == b.clip_range.has_value() &&
           (!a.clip_range || same(a.clip_range->low, b.clip_range->low)) &&
           (!a.clip_range || same(a.clip_range->high, b.clip_range->high)) &&
           a.cut.has_value() == b.cut.has_value() &&
           (!a.cut || same(a.cut->mean_advantage, b.cut->mean_advantage)) &&
           (!a.cut || same(a.cut->mean_log_prob, b.cut->mean_log_prob)) &&
           (!a.cut || same(a.cut->last, b.cut->last));
}
bool same(const rlhf::dpo& a, const rlhf::dpo& b) {
    return same(a.beta, b.beta) &&
           same(a.label_smoothing, b.label_smoothing);
}
bool same(const rlhf::gmpo& a, const rlhf::gmpo& b) {
    return same(a.range.low, b.range.low) && same(a.range.high, b.range.high);
}
bool same(const rlhf::vespo& a, const rlhf::vespo& b) {
    return same(a.k_positive, b.k_positive) &&
           same(a.lambda_positive, b.lambda_positive) &&
           same(a.k_negative, b.k_negative) &&
           same(a.lambda_negative, b.lambda_negative);
}
bool same(const rlhf::gdpo_advantages_options& a, const rlhf::gdpo_advantages_options& b) {
    return same(a.group, b.group) &&
           same(a.whiten, b.whiten);
}
bool same(const rlhf::kto& a, const rlhf::kto& b) {
    return same(a.beta, b.beta) &&
           same(a.reference_point, b.reference_point) &&
           same(a.desirable_weight, b.desirable_weight) &&
           same(a.undesirable_weight, b.undesirable_weight);
}
bool same(const rlhf::bco& a, const rlhf::bco& b) {
    return same(a.beta, b.beta) &&
           same(a.shift, b.shift);
}

TEST_CASE("presets of C: areal") {
    CHECK(same(of_c(reader, &rlhf_preset_areal_ppo_policy_loss), rlhf::preset::areal::ppo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_areal_gspo), rlhf::preset::areal::gspo));
    CHECK(same(of_c(reader, rlhf_preset_areal_sapo), rlhf::preset::areal::sapo));
    CHECK(same(of_c(reader, &rlhf_preset_areal_policy_loss), rlhf::preset::areal::policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_areal_ppo_value_loss), rlhf::preset::areal::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_areal_ppo_advantages), rlhf::preset::areal::ppo_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_areal_token_mask), rlhf::preset::areal::token_mask));
    CHECK(same(of_c(reader, &rlhf_preset_areal_token_clamp), rlhf::preset::areal::token_clamp));
    CHECK(same(of_c(reader, &rlhf_preset_areal_sequence_mask), rlhf::preset::areal::sequence_mask));
    CHECK(same(of_c(reader, &rlhf_preset_areal_kpop), rlhf::preset::areal::kpop));
    CHECK(same(of_c(reader, &rlhf_preset_areal_m2po), rlhf::preset::areal::m2po));
}
TEST_CASE("presets of C: cleanrl") {
    CHECK(same(of_c(reader, &rlhf_preset_cleanrl_ppo_policy_loss), rlhf::preset::cleanrl::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_cleanrl_ppo_value_loss), rlhf::preset::cleanrl::ppo_value_loss));
    CHECK(same(rlhf_preset_cleanrl_value_coef, rlhf::preset::cleanrl::value_coef));
    CHECK(same(rlhf_preset_cleanrl_entropy_coef, rlhf::preset::cleanrl::entropy_coef));
    CHECK(same(of_c(reader, &rlhf_preset_cleanrl_gae), rlhf::preset::cleanrl::gae));
    CHECK(same(of_c(reader, &rlhf_preset_cleanrl_whiten), rlhf::preset::cleanrl::whiten));
}
TEST_CASE("presets of C: liger") {
    CHECK(same(of_c(reader, &rlhf_preset_liger_ppo_policy_loss), rlhf::preset::liger::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_liger_kl_policy_loss), rlhf::preset::liger::kl_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_liger_grpo_policy_loss), rlhf::preset::liger::grpo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_liger_luspo_policy_loss), rlhf::preset::liger::luspo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_liger_cispo), rlhf::preset::liger::cispo));
    CHECK(same(of_c(reader, &rlhf_preset_liger_policy_loss), rlhf::preset::liger::policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_liger_sapo), rlhf::preset::liger::sapo));
    CHECK(same(of_c(reader, rlhf_preset_liger_gspo), rlhf::preset::liger::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_liger_gspo_policy_loss), rlhf::preset::liger::gspo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_liger_sapo_policy_loss), rlhf::preset::liger::sapo_policy_loss));
}
TEST_CASE("presets of C: lm_human_preferences") {
    CHECK(same(of_c(reader, &rlhf_preset_lm_human_preferences_ppo_policy_loss), rlhf::preset::lm_human_preferences::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_lm_human_preferences_ppo_value_loss), rlhf::preset::lm_human_preferences::ppo_value_loss));
    CHECK(same(rlhf_preset_lm_human_preferences_value_coef, rlhf::preset::lm_human_preferences::value_coef));
    CHECK(same(of_c(reader, &rlhf_preset_lm_human_preferences_shape_rewards), rlhf::preset::lm_human_preferences::shape_rewards));
    CHECK(same(of_c(reader, &rlhf_preset_lm_human_preferences_kl_controller), rlhf::preset::lm_human_preferences::kl_controller));
    CHECK(same(of_c(reader, &rlhf_preset_lm_human_preferences_whiten_rewards), rlhf::preset::lm_human_preferences::whiten_rewards));
    CHECK(same(of_c(reader, &rlhf_preset_lm_human_preferences_gae), rlhf::preset::lm_human_preferences::gae));
    CHECK(same(of_c(reader, &rlhf_preset_lm_human_preferences_whiten), rlhf::preset::lm_human_preferences::whiten));
}
TEST_CASE("presets of C: miles") {
    CHECK(same(of_c(reader, &rlhf_preset_miles_ppo_policy_loss), rlhf::preset::miles::ppo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_miles_gspo), rlhf::preset::miles::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_miles_policy_loss), rlhf::preset::miles::policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_miles_kl_policy_loss), rlhf::preset::miles::kl_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_miles_ppo_value_loss), rlhf::preset::miles::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_miles_gae), rlhf::preset::miles::gae));
    CHECK(same(of_c(reader, &rlhf_preset_miles_grpo), rlhf::preset::miles::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_miles_dr_grpo), rlhf::preset::miles::dr_grpo));
    CHECK(same(of_c(reader, &rlhf_preset_miles_tis), rlhf::preset::miles::tis));
    CHECK(same(of_c(reader, &rlhf_preset_miles_icepop), rlhf::preset::miles::icepop));
    CHECK(same(of_c(reader, &rlhf_preset_miles_opsm), rlhf::preset::miles::opsm));
}
TEST_CASE("presets of C: ms_swift") {
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_ppo_policy_loss), rlhf::preset::ms_swift::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_kl_policy_loss), rlhf::preset::ms_swift::kl_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_dapo_policy_loss), rlhf::preset::ms_swift::dapo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_ms_swift_cispo), rlhf::preset::ms_swift::cispo));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_policy_loss), rlhf::preset::ms_swift::policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_ms_swift_sapo), rlhf::preset::ms_swift::sapo));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_sapo_policy_loss), rlhf::preset::ms_swift::sapo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_ms_swift_gspo), rlhf::preset::ms_swift::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_gspo_policy_loss), rlhf::preset::ms_swift::gspo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_fipo_future), rlhf::preset::ms_swift::fipo_future));
    CHECK(same(rlhf_preset_ms_swift_real_temperature, rlhf::preset::ms_swift::real_temperature));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_top_entropy), rlhf::preset::ms_swift::top_entropy));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_grpo), rlhf::preset::ms_swift::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_grpo_batch_std), rlhf::preset::ms_swift::grpo_batch_std));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_dr_grpo), rlhf::preset::ms_swift::dr_grpo));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_rloo), rlhf::preset::ms_swift::rloo));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_shape_scores), rlhf::preset::ms_swift::shape_scores));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_token_truncate), rlhf::preset::ms_swift::token_truncate));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_token_mask), rlhf::preset::ms_swift::token_mask));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_sequence_truncate), rlhf::preset::ms_swift::sequence_truncate));
    CHECK(same(of_c(reader, &rlhf_preset_ms_swift_sequence_mask), rlhf::preset::ms_swift::sequence_mask));
}
TEST_CASE("presets of C: nemo_rl") {
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_ppo_policy_loss), rlhf::preset::nemo_rl::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_kl_policy_loss), rlhf::preset::nemo_rl::kl_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_nemo_rl_cispo), rlhf::preset::nemo_rl::cispo));
    CHECK(same(of_c(reader, rlhf_preset_nemo_rl_gspo), rlhf::preset::nemo_rl::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_gspo_policy_loss), rlhf::preset::nemo_rl::gspo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_policy_loss), rlhf::preset::nemo_rl::policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_grpo), rlhf::preset::nemo_rl::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_icepop), rlhf::preset::nemo_rl::icepop));
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_sequence_mask), rlhf::preset::nemo_rl::sequence_mask));
    CHECK(same(of_c(reader, &rlhf_preset_nemo_rl_shape_scores), rlhf::preset::nemo_rl::shape_scores));
}
TEST_CASE("presets of C: openrlhf") {
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_ppo_policy_loss), rlhf::preset::openrlhf::ppo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_openrlhf_gspo), rlhf::preset::openrlhf::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_gspo_policy_loss), rlhf::preset::openrlhf::gspo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_ppo_value_loss), rlhf::preset::openrlhf::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_ppo_advantages), rlhf::preset::openrlhf::ppo_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_group_norm), rlhf::preset::openrlhf::group_norm));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_dr_grpo), rlhf::preset::openrlhf::dr_grpo));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_rloo), rlhf::preset::openrlhf::rloo));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_shape_scores), rlhf::preset::openrlhf::shape_scores));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_tis), rlhf::preset::openrlhf::tis));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_icepop), rlhf::preset::openrlhf::icepop));
    CHECK(same(of_c(reader, &rlhf_preset_openrlhf_sequence_mask), rlhf::preset::openrlhf::sequence_mask));
}
TEST_CASE("presets of C: instructgpt") {
    CHECK(same(of_c(reader, &rlhf_preset_instructgpt_ppo_policy_loss), rlhf::preset::instructgpt::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_instructgpt_ppo_advantages), rlhf::preset::instructgpt::ppo_advantages));
    CHECK(same(rlhf_preset_instructgpt_ptx_coef, rlhf::preset::instructgpt::ptx_coef));
}
TEST_CASE("presets of C: grpo") {
    CHECK(same(of_c(reader, &rlhf_preset_grpo_ppo_policy_loss), rlhf::preset::grpo::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_grpo_group_advantages), rlhf::preset::grpo::group_advantages));
}
TEST_CASE("presets of C: dapo") {
    CHECK(same(of_c(reader, &rlhf_preset_dapo_ppo_policy_loss), rlhf::preset::dapo::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_dapo_group_advantages), rlhf::preset::dapo::group_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_dapo_shape_scores), rlhf::preset::dapo::shape_scores));
}
TEST_CASE("presets of C: dr_grpo") {
    CHECK(same(of_c(reader, &rlhf_preset_dr_grpo_ppo_policy_loss), rlhf::preset::dr_grpo::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_dr_grpo_group_advantages), rlhf::preset::dr_grpo::group_advantages));
}
TEST_CASE("presets of C: gspo") {
    CHECK(same(of_c(reader, rlhf_preset_gspo_objective), rlhf::preset::gspo::objective));
    CHECK(same(of_c(reader, &rlhf_preset_gspo_policy_loss), rlhf::preset::gspo::policy_loss));
}
TEST_CASE("presets of C: scalerl") {
    CHECK(same(of_c(reader, rlhf_preset_scalerl_objective), rlhf::preset::scalerl::objective));
}
TEST_CASE("presets of C: dppo") {
    CHECK(same(of_c(reader, rlhf_preset_dppo_objective), rlhf::preset::dppo::objective));
}
TEST_CASE("presets of C: skywork_or1") {
    CHECK(same(of_c(reader, &rlhf_preset_skywork_or1_ppo_policy_loss), rlhf::preset::skywork_or1::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_skywork_or1_group_advantages), rlhf::preset::skywork_or1::group_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_skywork_or1_entropy_controller), rlhf::preset::skywork_or1::entropy_controller));
}
TEST_CASE("presets of C: prime_rl") {
    CHECK(same(of_c(reader, rlhf_preset_prime_rl_dppo_tv), rlhf::preset::prime_rl::dppo_tv));
    CHECK(same(of_c(reader, &rlhf_preset_prime_rl_policy_loss), rlhf::preset::prime_rl::policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_prime_rl_ipo_mask), rlhf::preset::prime_rl::ipo_mask));
    CHECK(same(of_c(reader, rlhf_preset_prime_rl_ref_kl), rlhf::preset::prime_rl::ref_kl));
    CHECK(same(of_c(reader, &rlhf_preset_prime_rl_grpo), rlhf::preset::prime_rl::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_prime_rl_max_rl), rlhf::preset::prime_rl::max_rl));
    CHECK(same(of_c(reader, &rlhf_preset_prime_rl_rae), rlhf::preset::prime_rl::rae));
}
TEST_CASE("presets of C: roll") {
    CHECK(same(of_c(reader, &rlhf_preset_roll_ppo_policy_loss), rlhf::preset::roll::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_roll_dual_clip_policy_loss), rlhf::preset::roll::dual_clip_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_roll_kl_policy_loss), rlhf::preset::roll::kl_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_roll_gspo), rlhf::preset::roll::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_roll_policy_loss), rlhf::preset::roll::policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_roll_reinforce), rlhf::preset::roll::reinforce));
    CHECK(same(of_c(reader, rlhf_preset_roll_tis), rlhf::preset::roll::tis));
    CHECK(same(of_c(reader, rlhf_preset_roll_topr), rlhf::preset::roll::topr));
    CHECK(same(of_c(reader, rlhf_preset_roll_cispo), rlhf::preset::roll::cispo));
    CHECK(same(of_c(reader, &rlhf_preset_roll_kimi_policy_loss), rlhf::preset::roll::kimi_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_roll_ppo_value_loss), rlhf::preset::roll::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_roll_ppo_advantages), rlhf::preset::roll::ppo_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_roll_grpo), rlhf::preset::roll::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_roll_batch_norm), rlhf::preset::roll::batch_norm));
    CHECK(same(of_c(reader, &rlhf_preset_roll_dr_grpo), rlhf::preset::roll::dr_grpo));
    CHECK(same(of_c(reader, &rlhf_preset_roll_running_norm), rlhf::preset::roll::running_norm));
    CHECK(same(of_c(reader, &rlhf_preset_roll_is_weight), rlhf::preset::roll::is_weight));
    CHECK(same(of_c(reader, &rlhf_preset_roll_token_filter), rlhf::preset::roll::token_filter));
    CHECK(same(of_c(reader, &rlhf_preset_roll_geometric_filter), rlhf::preset::roll::geometric_filter));
    CHECK(same(of_c(reader, &rlhf_preset_roll_sequence_filter), rlhf::preset::roll::sequence_filter));
    CHECK(same(of_c(reader, &rlhf_preset_roll_segment_filter), rlhf::preset::roll::segment_filter));
    CHECK(same(of_c(reader, &rlhf_preset_roll_difference_filter), rlhf::preset::roll::difference_filter));
}
TEST_CASE("presets of C: skyrl") {
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_ppo_policy_loss), rlhf::preset::skyrl::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_dual_clip_policy_loss), rlhf::preset::skyrl::dual_clip_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_policy_loss), rlhf::preset::skyrl::policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_skyrl_cispo), rlhf::preset::skyrl::cispo));
    CHECK(same(of_c(reader, rlhf_preset_skyrl_rollout_is), rlhf::preset::skyrl::rollout_is));
    CHECK(same(of_c(reader, rlhf_preset_skyrl_importance_sampling), rlhf::preset::skyrl::importance_sampling));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_importance_sampling_policy_loss), rlhf::preset::skyrl::importance_sampling_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_skyrl_sapo), rlhf::preset::skyrl::sapo));
    CHECK(same(of_c(reader, rlhf_preset_skyrl_gspo), rlhf::preset::skyrl::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_gspo_policy_loss), rlhf::preset::skyrl::gspo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_skyrl_dppo_tv), rlhf::preset::skyrl::dppo_tv));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_clip_cov), rlhf::preset::skyrl::clip_cov));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_kl_cov), rlhf::preset::skyrl::kl_cov));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_kl_cov_policy_loss), rlhf::preset::skyrl::kl_cov_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_ppo_value_loss), rlhf::preset::skyrl::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_ppo_advantages), rlhf::preset::skyrl::ppo_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_grpo), rlhf::preset::skyrl::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_rloo), rlhf::preset::skyrl::rloo));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_maxrl), rlhf::preset::skyrl::maxrl));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_token_tis), rlhf::preset::skyrl::token_tis));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_sequence_tis), rlhf::preset::skyrl::sequence_tis));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_geometric_mask), rlhf::preset::skyrl::geometric_mask));
    CHECK(same(of_c(reader, &rlhf_preset_skyrl_product_mask), rlhf::preset::skyrl::product_mask));
}
TEST_CASE("presets of C: slime") {
    CHECK(same(of_c(reader, &rlhf_preset_slime_ppo_policy_loss), rlhf::preset::slime::ppo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_slime_cispo), rlhf::preset::slime::cispo));
    CHECK(same(of_c(reader, rlhf_preset_slime_gspo), rlhf::preset::slime::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_slime_policy_loss), rlhf::preset::slime::policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_slime_ppo_value_loss), rlhf::preset::slime::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_slime_grpo), rlhf::preset::slime::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_slime_tis), rlhf::preset::slime::tis));
    CHECK(same(of_c(reader, &rlhf_preset_slime_opsm), rlhf::preset::slime::opsm));
}
TEST_CASE("presets of C: tinker") {
    CHECK(same(of_c(reader, &rlhf_preset_tinker_ppo_policy_loss), rlhf::preset::tinker::ppo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_tinker_importance_sampling), rlhf::preset::tinker::importance_sampling));
    CHECK(same(of_c(reader, rlhf_preset_tinker_cispo), rlhf::preset::tinker::cispo));
    CHECK(same(of_c(reader, &rlhf_preset_tinker_group_advantages), rlhf::preset::tinker::group_advantages));
    CHECK(same(of_c(reader, rlhf_preset_tinker_dpo), rlhf::preset::tinker::dpo));
}
TEST_CASE("presets of C: torchrl") {
    CHECK(same(of_c(reader, &rlhf_preset_torchrl_ppo_policy_loss), rlhf::preset::torchrl::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_torchrl_prompt_mean_policy_loss), rlhf::preset::torchrl::prompt_mean_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_torchrl_cispo), rlhf::preset::torchrl::cispo));
    CHECK(same(of_c(reader, &rlhf_preset_torchrl_policy_loss), rlhf::preset::torchrl::policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_torchrl_ppo_value_loss), rlhf::preset::torchrl::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_torchrl_gae), rlhf::preset::torchrl::gae));
    CHECK(same(of_c(reader, &rlhf_preset_torchrl_group_advantages), rlhf::preset::torchrl::group_advantages));
}
TEST_CASE("presets of C: trl") {
    CHECK(same(of_c(reader, &rlhf_preset_trl_ppo_policy_loss), rlhf::preset::trl::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_kl_policy_loss), rlhf::preset::trl::kl_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_grpo_policy_loss), rlhf::preset::trl::grpo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_luspo_policy_loss), rlhf::preset::trl::luspo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_gspo_luspo_policy_loss), rlhf::preset::trl::gspo_luspo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_trl_cispo), rlhf::preset::trl::cispo));
    CHECK(same(of_c(reader, rlhf_preset_trl_sapo), rlhf::preset::trl::sapo));
    CHECK(same(of_c(reader, rlhf_preset_trl_gspo), rlhf::preset::trl::gspo));
    CHECK(same(of_c(reader, rlhf_preset_trl_gmpo), rlhf::preset::trl::gmpo));
    CHECK(same(of_c(reader, &rlhf_preset_trl_gmpo_policy_loss), rlhf::preset::trl::gmpo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_trl_vespo), rlhf::preset::trl::vespo));
    CHECK(same(of_c(reader, &rlhf_preset_trl_vespo_policy_loss), rlhf::preset::trl::vespo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_policy_loss), rlhf::preset::trl::policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_gspo_policy_loss), rlhf::preset::trl::gspo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_sapo_policy_loss), rlhf::preset::trl::sapo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_trl_grpo), rlhf::preset::trl::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_trl_grpo_batch_std), rlhf::preset::trl::grpo_batch_std));
    CHECK(same(of_c(reader, &rlhf_preset_trl_dr_grpo), rlhf::preset::trl::dr_grpo));
    CHECK(same(of_c(reader, &rlhf_preset_trl_rloo), rlhf::preset::trl::rloo));
    CHECK(same(of_c(reader, &rlhf_preset_trl_gdpo_advantages), rlhf::preset::trl::gdpo_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_trl_entropy_controller), rlhf::preset::trl::entropy_controller));
    CHECK(same(of_c(reader, &rlhf_preset_trl_top_entropy), rlhf::preset::trl::top_entropy));
    CHECK(same(of_c(reader, &rlhf_preset_trl_shape_scores), rlhf::preset::trl::shape_scores));
    CHECK(same(of_c(reader, rlhf_preset_trl_kto), rlhf::preset::trl::kto));
    CHECK(same(of_c(reader, rlhf_preset_trl_bco), rlhf::preset::trl::bco));
    CHECK(same(of_c(reader, &rlhf_preset_trl_importance_weights), rlhf::preset::trl::importance_weights));
}
TEST_CASE("presets of C: unsloth") {
    CHECK(same(of_c(reader, &rlhf_preset_unsloth_kl_policy_loss), rlhf::preset::unsloth::kl_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_unsloth_geometric_truncate), rlhf::preset::unsloth::geometric_truncate));
}
TEST_CASE("presets of C: verl") {
    CHECK(same(of_c(reader, &rlhf_preset_verl_ppo_policy_loss), rlhf::preset::verl::ppo_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_verl_ppo_policy_loss_with_kl), rlhf::preset::verl::ppo_policy_loss_with_kl));
    CHECK(same(of_c(reader, &rlhf_preset_verl_policy_loss), rlhf::preset::verl::policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_verl_cispo), rlhf::preset::verl::cispo));
    CHECK(same(of_c(reader, rlhf_preset_verl_dppo_tv), rlhf::preset::verl::dppo_tv));
    CHECK(same(of_c(reader, rlhf_preset_verl_dppo_kl), rlhf::preset::verl::dppo_kl));
    CHECK(same(of_c(reader, rlhf_preset_verl_sapo), rlhf::preset::verl::sapo));
    CHECK(same(of_c(reader, &rlhf_preset_verl_sapo_policy_loss), rlhf::preset::verl::sapo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_verl_gspo), rlhf::preset::verl::gspo));
    CHECK(same(of_c(reader, &rlhf_preset_verl_gspo_policy_loss), rlhf::preset::verl::gspo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_verl_gmpo), rlhf::preset::verl::gmpo));
    CHECK(same(of_c(reader, &rlhf_preset_verl_gmpo_policy_loss), rlhf::preset::verl::gmpo_policy_loss));
    CHECK(same(of_c(reader, rlhf_preset_verl_reinforce), rlhf::preset::verl::reinforce));
    CHECK(same(of_c(reader, &rlhf_preset_verl_dro_policy_loss), rlhf::preset::verl::dro_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_verl_clip_cov), rlhf::preset::verl::clip_cov));
    CHECK(same(of_c(reader, &rlhf_preset_verl_kl_cov), rlhf::preset::verl::kl_cov));
    CHECK(same(of_c(reader, &rlhf_preset_verl_kl_cov_policy_loss), rlhf::preset::verl::kl_cov_policy_loss));
    CHECK(same(of_c(reader, &rlhf_preset_verl_ppo_value_loss), rlhf::preset::verl::ppo_value_loss));
    CHECK(same(of_c(reader, &rlhf_preset_verl_ppo_advantages), rlhf::preset::verl::ppo_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_verl_grpo), rlhf::preset::verl::grpo));
    CHECK(same(of_c(reader, &rlhf_preset_verl_dr_grpo), rlhf::preset::verl::dr_grpo));
    CHECK(same(of_c(reader, &rlhf_preset_verl_rloo), rlhf::preset::verl::rloo));
    CHECK(same(of_c(reader, &rlhf_preset_verl_opo), rlhf::preset::verl::opo));
    CHECK(same(of_c(reader, &rlhf_preset_verl_remax), rlhf::preset::verl::remax));
    CHECK(same(of_c(reader, &rlhf_preset_verl_pass_at_k), rlhf::preset::verl::pass_at_k));
    CHECK(same(of_c(reader, &rlhf_preset_verl_pass_at_k_without_std), rlhf::preset::verl::pass_at_k_without_std));
    CHECK(same(of_c(reader, &rlhf_preset_verl_gdpo_advantages), rlhf::preset::verl::gdpo_advantages));
    CHECK(same(of_c(reader, &rlhf_preset_verl_shape_scores), rlhf::preset::verl::shape_scores));
    CHECK(same(of_c(reader, &rlhf_preset_verl_importance_weights), rlhf::preset::verl::importance_weights));
    CHECK(same(of_c(reader, &rlhf_preset_verl_token_importance_weights), rlhf::preset::verl::token_importance_weights));
    CHECK(same(of_c(reader, &rlhf_preset_verl_icepop), rlhf::preset::verl::icepop));
    CHECK(same(of_c(reader, &rlhf_preset_verl_geometric_rejection), rlhf::preset::verl::geometric_rejection));
}

} // namespace presets
