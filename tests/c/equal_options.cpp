// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

#include <rlhf/c/glue/objectives.hpp>

using namespace world;

static const rlhf::c::reader reader("test");

TEST_CASE("cross_entropy_loss_options of C") {
    rlhf_cross_entropy_loss_options o = RLHF_CROSS_ENTROPY_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::cross_entropy_loss_options();
    CHECK(same(double(o.temperature), double(x.temperature)));
    o.temperature = 0.5;
    CHECK(same(double(o.label_smoothing), double(x.label_smoothing)));
    o.label_smoothing = 1.5;
    CHECK(same(double(o.z_loss_coef), double(x.z_loss_coef)));
    o.z_loss_coef = 2.5;
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.temperature), double(y.temperature)));
    CHECK(same(double(o.label_smoothing), double(y.label_smoothing)));
    CHECK(same(double(o.z_loss_coef), double(y.z_loss_coef)));
    CHECK(int(o.aggregation) == int(y.aggregation));
}
TEST_CASE("token_log_probs_options of C") {
    rlhf_token_log_probs_options o = RLHF_TOKEN_LOG_PROBS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::token_log_probs_options();
    CHECK(same(double(o.temperature), double(x.temperature)));
    o.temperature = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.temperature), double(y.temperature)));
}
TEST_CASE("masked_mean_options of C") {
    rlhf_masked_mean_options o = RLHF_MASKED_MEAN_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::masked_mean_options();
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.aggregation) == int(y.aggregation));
}
TEST_CASE("cispo of C") {
    rlhf_cispo o = RLHF_CISPO;
    [[maybe_unused]] const auto x = rlhf::cispo();
    CHECK(same(double(o.low), double(x.low)));
    o.low = 0.5;
    CHECK(same(double(o.high), double(x.high)));
    o.high = 1.5;
    CHECK(int(o.beyond) == int(x.beyond));
    o.beyond = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.low), double(y.low)));
    CHECK(same(double(o.high), double(y.high)));
    CHECK(int(o.beyond) == int(y.beyond));
}
TEST_CASE("ppo_clip of C") {
    rlhf_ppo_clip o = RLHF_PPO_CLIP;
    [[maybe_unused]] const auto x = rlhf::ppo_clip();
    CHECK((same(o.range.low, x.range.low) && same(o.range.high, x.range.high)));
    o.range.low = 0.25, o.range.high = 0.75;
    CHECK(same(double(o.dual), double(x.dual)));
    o.dual = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK((y.range.low == 0.25 && y.range.high == 0.75));
    CHECK(same(double(o.dual), double(y.dual)));
}
TEST_CASE("dppo_tv of C") {
    rlhf_dppo_tv o = RLHF_DPPO_TV;
    [[maybe_unused]] const auto x = rlhf::dppo_tv();
    CHECK((same(o.range.low, x.range.low) && same(o.range.high, x.range.high)));
    o.range.low = 0.25, o.range.high = 0.75;
    CHECK(same(double(o.cap), double(x.cap)));
    o.cap = 1.5;
    CHECK(int(o.value) == int(x.value));
    o.value = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK((y.range.low == 0.25 && y.range.high == 0.75));
    CHECK(same(double(o.cap), double(y.cap)));
    CHECK(int(o.value) == int(y.value));
}
TEST_CASE("dppo_kl of C") {
    rlhf_dppo_kl o = RLHF_DPPO_KL;
    [[maybe_unused]] const auto x = rlhf::dppo_kl();
    CHECK((same(o.range.low, x.range.low) && same(o.range.high, x.range.high)));
    o.range.low = 0.25, o.range.high = 0.75;
    CHECK(same(double(o.cap), double(x.cap)));
    o.cap = 1.5;
    CHECK(int(o.value) == int(x.value));
    o.value = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK((y.range.low == 0.25 && y.range.high == 0.75));
    CHECK(same(double(o.cap), double(y.cap)));
    CHECK(int(o.value) == int(y.value));
}
TEST_CASE("gmpo of C") {
    rlhf_gmpo o = RLHF_GMPO;
    [[maybe_unused]] const auto x = rlhf::gmpo();
    CHECK((same(o.range.low, x.range.low) && same(o.range.high, x.range.high)));
    o.range.low = 0.25, o.range.high = 0.75;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK((y.range.low == 0.25 && y.range.high == 0.75));
}
TEST_CASE("gspo of C") {
    rlhf_gspo o = RLHF_GSPO;
    [[maybe_unused]] const auto x = rlhf::gspo{.range = 0.2};
    o.range.low = 0.25, o.range.high = 0.75;
    CHECK(int(o.ratio) == int(x.ratio));
    o.ratio = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK((y.range.low == 0.25 && y.range.high == 0.75));
    CHECK(int(o.ratio) == int(y.ratio));
}
TEST_CASE("sapo of C") {
    rlhf_sapo o = RLHF_SAPO;
    [[maybe_unused]] const auto x = rlhf::sapo();
    CHECK(same(double(o.tau_positive), double(x.tau_positive)));
    o.tau_positive = 0.5;
    CHECK(same(double(o.tau_negative), double(x.tau_negative)));
    o.tau_negative = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.tau_positive), double(y.tau_positive)));
    CHECK(same(double(o.tau_negative), double(y.tau_negative)));
}
TEST_CASE("topr of C") {
    rlhf_topr o = RLHF_TOPR;
    [[maybe_unused]] const auto x = rlhf::topr();
    CHECK(same(double(o.positive), double(x.positive)));
    o.positive = 0.5;
    CHECK(same(double(o.negative), double(x.negative)));
    o.negative = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.positive), double(y.positive)));
    CHECK(same(double(o.negative), double(y.negative)));
}
TEST_CASE("vespo of C") {
    rlhf_vespo o = RLHF_VESPO;
    [[maybe_unused]] const auto x = rlhf::vespo();
    CHECK(same(double(o.k_positive), double(x.k_positive)));
    o.k_positive = 0.5;
    CHECK(same(double(o.lambda_positive), double(x.lambda_positive)));
    o.lambda_positive = 1.5;
    CHECK(same(double(o.k_negative), double(x.k_negative)));
    o.k_negative = 2.5;
    CHECK(same(double(o.lambda_negative), double(x.lambda_negative)));
    o.lambda_negative = 3.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.k_positive), double(y.k_positive)));
    CHECK(same(double(o.lambda_positive), double(y.lambda_positive)));
    CHECK(same(double(o.k_negative), double(y.k_negative)));
    CHECK(same(double(o.lambda_negative), double(y.lambda_negative)));
}
TEST_CASE("policy_loss_options of C") {
    rlhf_policy_loss_options o = RLHF_POLICY_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::policy_loss_options();
    CHECK(same(double(o.log_ratio_limit), double(x.log_ratio_limit)));
    o.log_ratio_limit = 0.5;
    CHECK(same(double(o.kl_coef), double(x.kl_coef)));
    o.kl_coef = 1.5;
    CHECK(int(o.kl_estimator) == int(x.kl_estimator));
    o.kl_estimator = 1;
    CHECK(same(double(o.kl_limit), double(x.kl_limit)));
    o.kl_limit = 4.5;
    CHECK(int(o.kl_weight) == int(x.kl_weight));
    o.kl_weight = 1;
    CHECK((same(o.importance_limit.low, x.importance_limit.low) && same(o.importance_limit.high, x.importance_limit.high)));
    o.importance_limit.low = 6.25, o.importance_limit.high = 6.75;
    CHECK(int(o.importance) == int(x.importance));
    o.importance = 1;
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.log_ratio_limit), double(y.log_ratio_limit)));
    CHECK(same(double(o.kl_coef), double(y.kl_coef)));
    CHECK(int(o.kl_estimator) == int(y.kl_estimator));
    CHECK(same(double(o.kl_limit), double(y.kl_limit)));
    CHECK(int(o.kl_weight) == int(y.kl_weight));
    CHECK((y.importance_limit.low == 6.25 && y.importance_limit.high == 6.75));
    CHECK(int(o.importance) == int(y.importance));
    CHECK(int(o.aggregation) == int(y.aggregation));
}
TEST_CASE("ppo_policy_loss_options of C") {
    rlhf_ppo_policy_loss_options o = RLHF_PPO_POLICY_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::ppo_policy_loss_options();
    CHECK((same(o.clip_range.low, x.clip_range.low) && same(o.clip_range.high, x.clip_range.high)));
    o.clip_range.low = 0.25, o.clip_range.high = 0.75;
    CHECK(same(double(o.dual_clip), double(x.dual_clip)));
    o.dual_clip = 1.5;
    CHECK(same(double(o.log_ratio_limit), double(x.log_ratio_limit)));
    o.log_ratio_limit = 2.5;
    CHECK(same(double(o.kl_coef), double(x.kl_coef)));
    o.kl_coef = 3.5;
    CHECK(int(o.kl_estimator) == int(x.kl_estimator));
    o.kl_estimator = 1;
    CHECK(same(double(o.kl_limit), double(x.kl_limit)));
    o.kl_limit = 6.5;
    CHECK(int(o.kl_weight) == int(x.kl_weight));
    o.kl_weight = 1;
    CHECK((same(o.importance_limit.low, x.importance_limit.low) && same(o.importance_limit.high, x.importance_limit.high)));
    o.importance_limit.low = 8.25, o.importance_limit.high = 8.75;
    CHECK(int(o.importance) == int(x.importance));
    o.importance = 1;
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK((y.clip_range.low == 0.25 && y.clip_range.high == 0.75));
    CHECK(same(double(o.dual_clip), double(y.dual_clip)));
    CHECK(same(double(o.log_ratio_limit), double(y.log_ratio_limit)));
    CHECK(same(double(o.kl_coef), double(y.kl_coef)));
    CHECK(int(o.kl_estimator) == int(y.kl_estimator));
    CHECK(same(double(o.kl_limit), double(y.kl_limit)));
    CHECK(int(o.kl_weight) == int(y.kl_weight));
    CHECK((y.importance_limit.low == 8.25 && y.importance_limit.high == 8.75));
    CHECK(int(o.importance) == int(y.importance));
    CHECK(int(o.aggregation) == int(y.aggregation));
}
TEST_CASE("ppo_value_loss_options of C") {
    rlhf_ppo_value_loss_options o = RLHF_PPO_VALUE_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::ppo_value_loss_options();
    CHECK(same(double(o.clip_range), double(x.clip_range)));
    o.clip_range = 0.5;
    CHECK(same(double(o.huber), double(x.huber)));
    o.huber = 1.5;
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.clip_range), double(y.clip_range)));
    CHECK(same(double(o.huber), double(y.huber)));
    CHECK(int(o.aggregation) == int(y.aggregation));
}
TEST_CASE("ppo_loss_options of C") {
    rlhf_ppo_loss_options o = RLHF_PPO_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::ppo_loss_options();
    CHECK(same(double(o.value_coef), double(x.value_coef)));
    o.value_coef = 3.5;
    CHECK(same(double(o.entropy_coef), double(x.entropy_coef)));
    o.entropy_coef = 4.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.value_coef), double(y.value_coef)));
    CHECK(same(double(o.entropy_coef), double(y.entropy_coef)));
}
TEST_CASE("discounted_returns_options of C") {
    rlhf_discounted_returns_options o = RLHF_DISCOUNTED_RETURNS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::discounted_returns_options();
    CHECK(same(double(o.gamma), double(x.gamma)));
    o.gamma = 0.5;
    CHECK(int(o.gaps) == int(x.gaps));
    o.gaps = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.gamma), double(y.gamma)));
    CHECK(int(o.gaps) == int(y.gaps));
}
TEST_CASE("gae_options of C") {
    rlhf_gae_options o = RLHF_GAE_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::gae_options();
    CHECK(same(double(o.gamma), double(x.gamma)));
    o.gamma = 0.5;
    CHECK(same(double(o.lambda), double(x.lambda)));
    o.lambda = 1.5;
    CHECK(int(o.gaps) == int(x.gaps));
    o.gaps = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.gamma), double(y.gamma)));
    CHECK(same(double(o.lambda), double(y.lambda)));
    CHECK(int(o.gaps) == int(y.gaps));
}
TEST_CASE("gae_backward_options of C") {
    rlhf_gae_backward_options o = RLHF_GAE_BACKWARD_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::gae_backward_options();
    CHECK(same(double(o.gamma), double(x.gamma)));
    o.gamma = 0.5;
    CHECK(same(double(o.lambda), double(x.lambda)));
    o.lambda = 1.5;
    CHECK(int(o.gaps) == int(x.gaps));
    o.gaps = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.gamma), double(y.gamma)));
    CHECK(same(double(o.lambda), double(y.lambda)));
    CHECK(int(o.gaps) == int(y.gaps));
}
TEST_CASE("group_advantages_options of C") {
    rlhf_group_advantages_options o = RLHF_GROUP_ADVANTAGES_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::group_advantages_options();
    CHECK(int(o.baseline) == int(x.baseline));
    o.baseline = 1;
    CHECK(int(o.scale) == int(x.scale));
    o.scale = 1;
    CHECK(same(double(o.ddof), double(x.ddof)));
    o.ddof = 4;
    CHECK(same(double(o.epsilon), double(x.epsilon)));
    o.epsilon = 3.5;
    CHECK(int(o.floor) == int(x.floor));
    o.floor = 1;
    CHECK(int(o.lone) == int(x.lone));
    o.lone = 1;
    CHECK(int(o.unscorable) == int(x.unscorable));
    o.unscorable = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.baseline) == int(y.baseline));
    CHECK(int(o.scale) == int(y.scale));
    CHECK(same(double(o.ddof), double(y.ddof)));
    CHECK(same(double(o.epsilon), double(y.epsilon)));
    CHECK(int(o.floor) == int(y.floor));
    CHECK(int(o.lone) == int(y.lone));
    CHECK(int(o.unscorable) == int(y.unscorable));
}
TEST_CASE("fixed_kl_controller of C") {
    rlhf_fixed_kl_controller o = RLHF_FIXED_KL_CONTROLLER;
    [[maybe_unused]] const auto x = rlhf::fixed_kl_controller();
    CHECK(same(double(o.kl_coef), double(x.kl_coef)));
    o.kl_coef = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.kl_coef), double(y.kl_coef)));
}
TEST_CASE("adaptive_kl_controller of C") {
    rlhf_adaptive_kl_controller o = RLHF_ADAPTIVE_KL_CONTROLLER;
    [[maybe_unused]] const auto x = rlhf::adaptive_kl_controller();
    CHECK(same(double(o.kl_coef), double(x.kl_coef)));
    o.kl_coef = 0.5;
    CHECK(same(double(o.target), double(x.target)));
    o.target = 1.5;
    CHECK(same(double(o.horizon), double(x.horizon)));
    o.horizon = 2.5;
    CHECK(same(double(o.limit), double(x.limit)));
    o.limit = 3.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.kl_coef), double(y.kl_coef)));
    CHECK(same(double(o.target), double(y.target)));
    CHECK(same(double(o.horizon), double(y.horizon)));
    CHECK(same(double(o.limit), double(y.limit)));
}
TEST_CASE("shape_rewards_options of C") {
    rlhf_shape_rewards_options o = RLHF_SHAPE_REWARDS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::shape_rewards_options();
    CHECK(same(double(o.kl_coef), double(x.kl_coef)));
    o.kl_coef = 0.5;
    CHECK(int(o.kl_estimator) == int(x.kl_estimator));
    o.kl_estimator = 1;
    CHECK(same(double(o.kl_limit), double(x.kl_limit)));
    o.kl_limit = 2.5;
    CHECK(int(o.score_position) == int(x.score_position));
    o.score_position = 1;
    CHECK(same(double(o.score_limit), double(x.score_limit)));
    o.score_limit = 4.5;
    CHECK(same(double(o.unfinished_penalty), double(x.unfinished_penalty)));
    o.unfinished_penalty = 5.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.kl_coef), double(y.kl_coef)));
    CHECK(int(o.kl_estimator) == int(y.kl_estimator));
    CHECK(same(double(o.kl_limit), double(y.kl_limit)));
    CHECK(int(o.score_position) == int(y.score_position));
    CHECK(same(double(o.score_limit), double(y.score_limit)));
    CHECK(same(double(o.unfinished_penalty), double(y.unfinished_penalty)));
}
TEST_CASE("shape_scores_options of C") {
    rlhf_shape_scores_options o = RLHF_SHAPE_SCORES_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::shape_scores_options();
    CHECK(same(double(o.max_length), double(x.max_length)));
    o.max_length = 2;
    CHECK(same(double(o.overlong_buffer), double(x.overlong_buffer)));
    o.overlong_buffer = 3;
    CHECK(same(double(o.overlong_penalty), double(x.overlong_penalty)));
    o.overlong_penalty = 2.5;
    CHECK(int(o.overlong) == int(x.overlong));
    o.overlong = 1;
    CHECK(same(double(o.unfinished_factor), double(x.unfinished_factor)));
    o.unfinished_factor = 4.5;
    CHECK(same(double(o.unfinished_penalty), double(x.unfinished_penalty)));
    o.unfinished_penalty = 5.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.max_length), double(y.max_length)));
    CHECK(same(double(o.overlong_buffer), double(y.overlong_buffer)));
    CHECK(same(double(o.overlong_penalty), double(y.overlong_penalty)));
    CHECK(int(o.overlong) == int(y.overlong));
    CHECK(same(double(o.unfinished_factor), double(y.unfinished_factor)));
    CHECK(same(double(o.unfinished_penalty), double(y.unfinished_penalty)));
}
TEST_CASE("vtrace_options of C") {
    rlhf_vtrace_options o = RLHF_VTRACE_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::vtrace_options();
    CHECK(same(double(o.gamma), double(x.gamma)));
    o.gamma = 0.5;
    CHECK(same(double(o.lambda), double(x.lambda)));
    o.lambda = 1.5;
    CHECK(same(double(o.rho_bar), double(x.rho_bar)));
    o.rho_bar = 2.5;
    CHECK(same(double(o.c_bar), double(x.c_bar)));
    o.c_bar = 3.5;
    CHECK(same(double(o.policy_rho_bar), double(x.policy_rho_bar)));
    o.policy_rho_bar = 4.5;
    CHECK(int(o.gaps) == int(x.gaps));
    o.gaps = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.gamma), double(y.gamma)));
    CHECK(same(double(o.lambda), double(y.lambda)));
    CHECK(same(double(o.rho_bar), double(y.rho_bar)));
    CHECK(same(double(o.c_bar), double(y.c_bar)));
    CHECK(same(double(o.policy_rho_bar), double(y.policy_rho_bar)));
    CHECK(int(o.gaps) == int(y.gaps));
}
TEST_CASE("whiten_options of C") {
    rlhf_whiten_options o = RLHF_WHITEN_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::whiten_options();
    CHECK(int(o.center) == int(x.center));
    o.center = !x.center;
    CHECK(int(o.scale) == int(x.scale));
    o.scale = !x.scale;
    CHECK(int(o.about) == int(x.about));
    o.about = 1;
    CHECK(same(double(o.ddof), double(x.ddof)));
    o.ddof = 5;
    CHECK(same(double(o.epsilon), double(x.epsilon)));
    o.epsilon = 4.5;
    CHECK(int(o.floor) == int(x.floor));
    o.floor = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.center) == int(y.center));
    CHECK(int(o.scale) == int(y.scale));
    CHECK(int(o.about) == int(y.about));
    CHECK(same(double(o.ddof), double(y.ddof)));
    CHECK(same(double(o.epsilon), double(y.epsilon)));
    CHECK(int(o.floor) == int(y.floor));
}
TEST_CASE("divergence_options of C") {
    rlhf_divergence_options o = RLHF_DIVERGENCE_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::divergence_options();
    CHECK(int(o.divergence) == int(x.divergence));
    o.divergence = 1;
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 1.5;
    CHECK(same(double(o.temperature), double(x.temperature)));
    o.temperature = 2.5;
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.divergence) == int(y.divergence));
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.temperature), double(y.temperature)));
    CHECK(int(o.aggregation) == int(y.aggregation));
}
TEST_CASE("top_k_divergence_options of C") {
    rlhf_top_k_divergence_options o = RLHF_TOP_K_DIVERGENCE_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::top_k_divergence_options();
    CHECK(int(o.divergence) == int(x.divergence));
    o.divergence = 1;
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 1.5;
    CHECK(same(double(o.temperature), double(x.temperature)));
    o.temperature = 2.5;
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    CHECK(int(o.support) == int(x.support));
    o.support = 1;
    CHECK(same(double(o.least_log_prob), double(x.least_log_prob)));
    o.least_log_prob = 5.5;
    CHECK(same(double(o.low), double(x.low)));
    o.low = 6.5;
    CHECK(same(double(o.high), double(x.high)));
    o.high = 7.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.divergence) == int(y.divergence));
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.temperature), double(y.temperature)));
    CHECK(int(o.aggregation) == int(y.aggregation));
    CHECK(int(o.support) == int(y.support));
    CHECK(same(double(o.least_log_prob), double(y.least_log_prob)));
    CHECK(same(double(o.low), double(y.low)));
    CHECK(same(double(o.high), double(y.high)));
}
TEST_CASE("covariance_tokens_options of C") {
    rlhf_covariance_tokens_options o = RLHF_COVARIANCE_TOKENS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::covariance_tokens_options();
    CHECK(same(double(o.share), double(x.share)));
    o.share = 0.5;
    CHECK(same(double(o.low), double(x.low)));
    o.low = 1.5;
    CHECK(same(double(o.high), double(x.high)));
    o.high = 2.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.share), double(y.share)));
    CHECK(same(double(o.low), double(y.low)));
    CHECK(same(double(o.high), double(y.high)));
}
TEST_CASE("adaptive_entropy_controller of C") {
    rlhf_adaptive_entropy_controller o = RLHF_ADAPTIVE_ENTROPY_CONTROLLER;
    [[maybe_unused]] const auto x = rlhf::adaptive_entropy_controller();
    CHECK(same(double(o.entropy_coef), double(x.entropy_coef)));
    o.entropy_coef = 0.5;
    CHECK(same(double(o.target), double(x.target)));
    o.target = 1.5;
    CHECK(same(double(o.step), double(x.step)));
    o.step = 2.5;
    CHECK(same(double(o.low), double(x.low)));
    o.low = 3.5;
    CHECK(same(double(o.high), double(x.high)));
    o.high = 4.5;
    CHECK(int(o.active) == int(x.active));
    o.active = !x.active;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.entropy_coef), double(y.entropy_coef)));
    CHECK(same(double(o.target), double(y.target)));
    CHECK(same(double(o.step), double(y.step)));
    CHECK(same(double(o.low), double(y.low)));
    CHECK(same(double(o.high), double(y.high)));
    CHECK(int(o.active) == int(y.active));
}
TEST_CASE("importance_weights_options of C") {
    rlhf_importance_weights_options o = RLHF_IMPORTANCE_WEIGHTS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::importance_weights_options();
    CHECK(int(o.level) == int(x.level));
    o.level = 1;
    CHECK((same(o.range.low, x.range.low) && same(o.range.high, x.range.high)));
    o.range.low = 1.25, o.range.high = 1.75;
    CHECK(int(o.beyond) == int(x.beyond));
    o.beyond = 1;
    CHECK((same(o.sequence_mean.low, x.sequence_mean.low) && same(o.sequence_mean.high, x.sequence_mean.high)));
    o.sequence_mean.low = 3.25, o.sequence_mean.high = 3.75;
    CHECK((same(o.sequence_product.low, x.sequence_product.low) && same(o.sequence_product.high, x.sequence_product.high)));
    o.sequence_product.low = 4.25, o.sequence_product.high = 4.75;
    CHECK((same(o.every_token.low, x.every_token.low) && same(o.every_token.high, x.every_token.high)));
    o.every_token.low = 5.25, o.every_token.high = 5.75;
    CHECK(int(o.unit) == int(x.unit));
    o.unit = 1;
    CHECK(same(double(o.drift_limit), double(x.drift_limit)));
    o.drift_limit = 7.5;
    CHECK(same(double(o.probability_limit), double(x.probability_limit)));
    o.probability_limit = 8.5;
    CHECK(same(double(o.binary_kl_limit), double(x.binary_kl_limit)));
    o.binary_kl_limit = 9.5;
    CHECK(same(double(o.second_moment_limit), double(x.second_moment_limit)));
    o.second_moment_limit = 10.5;
    CHECK(same(double(o.log_ratio_limit), double(x.log_ratio_limit)));
    o.log_ratio_limit = 11.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.level) == int(y.level));
    CHECK((y.range.low == 1.25 && y.range.high == 1.75));
    CHECK(int(o.beyond) == int(y.beyond));
    CHECK((y.sequence_mean.low == 3.25 && y.sequence_mean.high == 3.75));
    CHECK((y.sequence_product.low == 4.25 && y.sequence_product.high == 4.75));
    CHECK((y.every_token.low == 5.25 && y.every_token.high == 5.75));
    CHECK(int(o.unit) == int(y.unit));
    CHECK(same(double(o.drift_limit), double(y.drift_limit)));
    CHECK(same(double(o.probability_limit), double(y.probability_limit)));
    CHECK(same(double(o.binary_kl_limit), double(y.binary_kl_limit)));
    CHECK(same(double(o.second_moment_limit), double(y.second_moment_limit)));
    CHECK(same(double(o.log_ratio_limit), double(y.log_ratio_limit)));
}
TEST_CASE("ptx_loss_options of C") {
    rlhf_ptx_loss_options o = RLHF_PTX_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::ptx_loss_options();
    CHECK(int(o.aggregation) == int(x.aggregation));
    o.aggregation = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.aggregation) == int(y.aggregation));
}
TEST_CASE("top_entropy_options of C") {
    rlhf_top_entropy_options o = RLHF_TOP_ENTROPY_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::top_entropy_options();
    CHECK(same(double(o.share), double(x.share)));
    o.share = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.share), double(y.share)));
}
TEST_CASE("gdpo_advantages_options of C") {
    rlhf_gdpo_advantages_options o = RLHF_GDPO_ADVANTAGES_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::gdpo_advantages_options();
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
}
TEST_CASE("ppo_advantages_options of C") {
    rlhf_ppo_advantages_options o = RLHF_PPO_ADVANTAGES_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::ppo_advantages_options();
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
}
TEST_CASE("apo_zero of C") {
    rlhf_apo_zero o = RLHF_APO_ZERO;
    [[maybe_unused]] const auto x = rlhf::apo_zero();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
}
TEST_CASE("apo_down of C") {
    rlhf_apo_down o = RLHF_APO_DOWN;
    [[maybe_unused]] const auto x = rlhf::apo_down();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
}
TEST_CASE("discopop of C") {
    rlhf_discopop o = RLHF_DISCOPOP;
    [[maybe_unused]] const auto x = rlhf::discopop();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    CHECK(same(double(o.tau), double(x.tau)));
    o.tau = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.tau), double(y.tau)));
}
TEST_CASE("dpo of C") {
    rlhf_dpo o = RLHF_DPO;
    [[maybe_unused]] const auto x = rlhf::dpo();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    CHECK(same(double(o.label_smoothing), double(x.label_smoothing)));
    o.label_smoothing = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.label_smoothing), double(y.label_smoothing)));
}
TEST_CASE("robust_dpo of C") {
    rlhf_robust_dpo o = RLHF_ROBUST_DPO;
    [[maybe_unused]] const auto x = rlhf::robust_dpo();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    CHECK(same(double(o.label_smoothing), double(x.label_smoothing)));
    o.label_smoothing = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.label_smoothing), double(y.label_smoothing)));
}
TEST_CASE("simpo of C") {
    rlhf_simpo o = RLHF_SIMPO;
    [[maybe_unused]] const auto x = rlhf::simpo();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    CHECK(same(double(o.gamma), double(x.gamma)));
    o.gamma = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.gamma), double(y.gamma)));
}
TEST_CASE("exo of C") {
    rlhf_exo o = RLHF_EXO;
    [[maybe_unused]] const auto x = rlhf::exo();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    CHECK(same(double(o.label_smoothing), double(x.label_smoothing)));
    o.label_smoothing = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.label_smoothing), double(y.label_smoothing)));
}
TEST_CASE("ipo of C") {
    rlhf_ipo o = RLHF_IPO;
    [[maybe_unused]] const auto x = rlhf::ipo();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
}
TEST_CASE("nca of C") {
    rlhf_nca o = RLHF_NCA;
    [[maybe_unused]] const auto x = rlhf::nca();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
}
TEST_CASE("bco of C") {
    rlhf_bco o = RLHF_BCO;
    [[maybe_unused]] const auto x = rlhf::bco();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    CHECK(same(double(o.shift), double(x.shift)));
    o.shift = 1.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.shift), double(y.shift)));
}
TEST_CASE("orpo of C") {
    rlhf_orpo o = RLHF_ORPO;
    [[maybe_unused]] const auto x = rlhf::orpo();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
}
TEST_CASE("slic_hinge of C") {
    rlhf_slic_hinge o = RLHF_SLIC_HINGE;
    [[maybe_unused]] const auto x = rlhf::slic_hinge();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
}
TEST_CASE("sppo of C") {
    rlhf_sppo o = RLHF_SPPO;
    [[maybe_unused]] const auto x = rlhf::sppo();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
}
TEST_CASE("sequence_log_probs_options of C") {
    rlhf_sequence_log_probs_options o = RLHF_SEQUENCE_LOG_PROBS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::sequence_log_probs_options();
    CHECK(int(o.average) == int(x.average));
    o.average = !x.average;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(int(o.average) == int(y.average));
}
TEST_CASE("kto of C") {
    rlhf_kto o = RLHF_KTO;
    [[maybe_unused]] const auto x = rlhf::kto();
    CHECK(same(double(o.beta), double(x.beta)));
    o.beta = 0.5;
    CHECK(same(double(o.reference_point), double(x.reference_point)));
    o.reference_point = 1.5;
    CHECK(same(double(o.desirable_weight), double(x.desirable_weight)));
    o.desirable_weight = 2.5;
    CHECK(same(double(o.undesirable_weight), double(x.undesirable_weight)));
    o.undesirable_weight = 3.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, o);
    CHECK(same(double(o.beta), double(y.beta)));
    CHECK(same(double(o.reference_point), double(y.reference_point)));
    CHECK(same(double(o.desirable_weight), double(y.desirable_weight)));
    CHECK(same(double(o.undesirable_weight), double(y.undesirable_weight)));
}
TEST_CASE("preference_nll_options of C") {
    rlhf_preference_nll_options o = RLHF_PREFERENCE_NLL_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::preference_nll_options();
    CHECK(same(double(o.nll_weight), double(x.nll_weight)));
    o.nll_weight = 0.5;
    CHECK(int(o.average) == int(x.average));
    o.average = !x.average;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.nll_weight), double(y.nll_weight)));
    CHECK(int(o.average) == int(y.average));
}
TEST_CASE("bradley_terry_loss_options of C") {
    rlhf_bradley_terry_loss_options o = RLHF_BRADLEY_TERRY_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::bradley_terry_loss_options();
    CHECK(same(double(o.margin), double(x.margin)));
    o.margin = 0.5;
    CHECK(same(double(o.label_smoothing), double(x.label_smoothing)));
    o.label_smoothing = 1.5;
    CHECK(same(double(o.center_coef), double(x.center_coef)));
    o.center_coef = 2.5;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.margin), double(y.margin)));
    CHECK(same(double(o.label_smoothing), double(y.label_smoothing)));
    CHECK(same(double(o.center_coef), double(y.center_coef)));
}
TEST_CASE("ranking_loss_options of C") {
    rlhf_ranking_loss_options o = RLHF_RANKING_LOSS_OPTIONS;
    [[maybe_unused]] const auto x = rlhf::ranking_loss_options();
    CHECK(same(double(o.margin), double(x.margin)));
    o.margin = 0.5;
    CHECK(same(double(o.label_smoothing), double(x.label_smoothing)));
    o.label_smoothing = 1.5;
    CHECK(same(double(o.center_coef), double(x.center_coef)));
    o.center_coef = 2.5;
    CHECK(int(o.ties) == int(x.ties));
    o.ties = 1;
    [[maybe_unused]] const auto y = rlhf::c::of_c(reader, &o);
    CHECK(same(double(o.margin), double(y.margin)));
    CHECK(same(double(o.label_smoothing), double(y.label_smoothing)));
    CHECK(same(double(o.center_coef), double(y.center_coef)));
    CHECK(int(o.ties) == int(y.ties));
}
