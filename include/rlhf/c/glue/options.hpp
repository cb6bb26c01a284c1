// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/read.hpp>
#include <rlhf/c/library.h>

namespace RLHF_NAMESPACE::c {

static_assert(int(rlhf::aggregation::token_mean) == RLHF_AGGREGATION_TOKEN_MEAN &&
              int(rlhf::aggregation::sequence_mean_token_mean) == RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN &&
              int(rlhf::aggregation::sequence_mean_token_sum) == RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_SUM);
static_assert(int(rlhf::importance::truncate) == RLHF_IMPORTANCE_TRUNCATE &&
              int(rlhf::importance::mask) == RLHF_IMPORTANCE_MASK);
static_assert(int(rlhf::dppo_value::log_prob) == RLHF_DPPO_VALUE_LOG_PROB &&
              int(rlhf::dppo_value::ratio) == RLHF_DPPO_VALUE_RATIO);
static_assert(int(rlhf::sequence_ratio::mean) == RLHF_SEQUENCE_RATIO_MEAN &&
              int(rlhf::sequence_ratio::product) == RLHF_SEQUENCE_RATIO_PRODUCT);
static_assert(int(rlhf::kl_estimator::k1) == RLHF_KL_ESTIMATOR_K1 &&
              int(rlhf::kl_estimator::k2) == RLHF_KL_ESTIMATOR_K2 &&
              int(rlhf::kl_estimator::k3) == RLHF_KL_ESTIMATOR_K3 &&
              int(rlhf::kl_estimator::abs) == RLHF_KL_ESTIMATOR_ABS);
static_assert(int(rlhf::kl_weight::one) == RLHF_KL_WEIGHT_ONE &&
              int(rlhf::kl_weight::ratio) == RLHF_KL_WEIGHT_RATIO &&
              int(rlhf::kl_weight::constant_ratio) == RLHF_KL_WEIGHT_CONSTANT_RATIO &&
              int(rlhf::kl_weight::own_ratio) == RLHF_KL_WEIGHT_OWN_RATIO);
static_assert(int(rlhf::gaps::skip) == RLHF_GAPS_SKIP && int(rlhf::gaps::zero) == RLHF_GAPS_ZERO &&
              int(rlhf::gaps::ignore) == RLHF_GAPS_IGNORE);
static_assert(int(rlhf::std_floor::inside_root) == RLHF_STD_FLOOR_INSIDE_ROOT &&
              int(rlhf::std_floor::after_root) == RLHF_STD_FLOOR_AFTER_ROOT &&
              int(rlhf::std_floor::variance_at_least) == RLHF_STD_FLOOR_VARIANCE_AT_LEAST &&
              int(rlhf::std_floor::std_at_least) == RLHF_STD_FLOOR_STD_AT_LEAST);
static_assert(int(rlhf::group_baseline::none) == RLHF_GROUP_BASELINE_NONE &&
              int(rlhf::group_baseline::group_mean) == RLHF_GROUP_BASELINE_GROUP_MEAN &&
              int(rlhf::group_baseline::others_mean) == RLHF_GROUP_BASELINE_OTHERS_MEAN &&
              int(rlhf::group_baseline::length_weighted_mean) == RLHF_GROUP_BASELINE_LENGTH_WEIGHTED_MEAN &&
              int(rlhf::group_baseline::batch_mean) == RLHF_GROUP_BASELINE_BATCH_MEAN &&
              int(rlhf::group_baseline::given) == RLHF_GROUP_BASELINE_GIVEN &&
              int(rlhf::group_baseline::second_best) == RLHF_GROUP_BASELINE_SECOND_BEST);
static_assert(int(rlhf::group_scale::none) == RLHF_GROUP_SCALE_NONE &&
              int(rlhf::group_scale::group_std) == RLHF_GROUP_SCALE_GROUP_STD &&
              int(rlhf::group_scale::batch_std) == RLHF_GROUP_SCALE_BATCH_STD &&
              int(rlhf::group_scale::group_mean) == RLHF_GROUP_SCALE_GROUP_MEAN &&
              int(rlhf::group_scale::others_std) == RLHF_GROUP_SCALE_OTHERS_STD);
static_assert(int(rlhf::lone_reward::zero) == RLHF_LONE_REWARD_ZERO &&
              int(rlhf::lone_reward::kept) == RLHF_LONE_REWARD_KEPT &&
              int(rlhf::lone_reward::refused) == RLHF_LONE_REWARD_REFUSED);
static_assert(int(rlhf::unscorable::spread) == RLHF_UNSCORABLE_SPREAD &&
              int(rlhf::unscorable::left_out) == RLHF_UNSCORABLE_LEFT_OUT);
static_assert(int(rlhf::score_position::last_counted) == RLHF_SCORE_POSITION_LAST_COUNTED &&
              int(rlhf::score_position::after_last_counted) == RLHF_SCORE_POSITION_AFTER_LAST_COUNTED &&
              int(rlhf::score_position::last_step) == RLHF_SCORE_POSITION_LAST_STEP);
static_assert(int(rlhf::overlong::capped) == RLHF_OVERLONG_CAPPED &&
              int(rlhf::overlong::growing) == RLHF_OVERLONG_GROWING);
static_assert(int(rlhf::scale_about::mean) == RLHF_SCALE_ABOUT_MEAN &&
              int(rlhf::scale_about::zero) == RLHF_SCALE_ABOUT_ZERO);
static_assert(int(rlhf::divergence::reverse_kl) == RLHF_DIVERGENCE_REVERSE_KL &&
              int(rlhf::divergence::forward_kl) == RLHF_DIVERGENCE_FORWARD_KL &&
              int(rlhf::divergence::jsd) == RLHF_DIVERGENCE_JSD);
static_assert(int(rlhf::top_k_support::tail) == RLHF_TOP_K_SUPPORT_TAIL &&
              int(rlhf::top_k_support::truncated) == RLHF_TOP_K_SUPPORT_TRUNCATED &&
              int(rlhf::top_k_support::renormalized) == RLHF_TOP_K_SUPPORT_RENORMALIZED);
static_assert(int(rlhf::importance_level::token) == RLHF_IMPORTANCE_LEVEL_TOKEN &&
              int(rlhf::importance_level::sequence_mean) == RLHF_IMPORTANCE_LEVEL_SEQUENCE_MEAN &&
              int(rlhf::importance_level::sequence_product) == RLHF_IMPORTANCE_LEVEL_SEQUENCE_PRODUCT &&
              int(rlhf::importance_level::none) == RLHF_IMPORTANCE_LEVEL_NONE);
static_assert(int(rlhf::importance_unit::sequence) == RLHF_IMPORTANCE_UNIT_SEQUENCE &&
              int(rlhf::importance_unit::run) == RLHF_IMPORTANCE_UNIT_RUN);
static_assert(int(rlhf::tie_divisor::kept_pairs) == RLHF_TIE_DIVISOR_KEPT_PAIRS &&
              int(rlhf::tie_divisor::all_pairs) == RLHF_TIE_DIVISOR_ALL_PAIRS);

inline rlhf::ratio_range of_c(const rlhf_ratio_range& o) {
    return rlhf::ratio_range(o.low, o.high);
}
inline rlhf::importance_range of_c(const rlhf_importance_range& o) {
    return rlhf::importance_range(o.low, o.high);
}
inline rlhf::covariance_cut of_c(const rlhf_covariance_cut& o) {
    return rlhf::covariance_cut{o.mean_advantage, o.mean_log_prob, o.last};
}
inline rlhf::cross_entropy_loss_options of_c(const reader& r, const rlhf_cross_entropy_loss_options* given) {
    static constexpr rlhf_cross_entropy_loss_options defaults = RLHF_CROSS_ENTROPY_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.temperature = o.temperature, .label_smoothing = o.label_smoothing, .z_loss_coef = o.z_loss_coef,
            .aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation")};
}
inline rlhf::token_log_probs_options of_c(const reader& r, const rlhf_token_log_probs_options* given) {
    static constexpr rlhf_token_log_probs_options defaults = RLHF_TOKEN_LOG_PROBS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.temperature = o.temperature};
}
inline rlhf::masked_mean_options of_c(const reader& r, const rlhf_masked_mean_options* given) {
    static constexpr rlhf_masked_mean_options defaults = RLHF_MASKED_MEAN_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation")};
}
inline rlhf::policy_loss_options of_c(const reader& r, const rlhf_policy_loss_options* given) {
    static constexpr rlhf_policy_loss_options defaults = RLHF_POLICY_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.log_ratio_limit = o.log_ratio_limit, .kl_coef = o.kl_coef,
            .kl_estimator = r.choice<rlhf::kl_estimator>(o.kl_estimator, 4, "kl_estimator"),
            .kl_gradient = r.choice<rlhf::kl_estimator>(o.kl_gradient, 4, "kl_gradient"), .kl_limit = o.kl_limit,
            .kl_weight = r.choice<rlhf::kl_weight>(o.kl_weight, 4, "kl_weight"),
            .importance_limit = of_c(o.importance_limit),
            .importance = r.choice<rlhf::importance>(o.importance, 2, "importance"),
            .aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation")};
}
inline rlhf::ppo_policy_loss_options of_c(const reader& r, const rlhf_ppo_policy_loss_options* given) {
    static constexpr rlhf_ppo_policy_loss_options defaults = RLHF_PPO_POLICY_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.clip_range = of_c(o.clip_range), .dual_clip = o.dual_clip, .log_ratio_limit = o.log_ratio_limit,
            .kl_coef = o.kl_coef, .kl_estimator = r.choice<rlhf::kl_estimator>(o.kl_estimator, 4, "kl_estimator"),
            .kl_gradient = r.choice<rlhf::kl_estimator>(o.kl_gradient, 4, "kl_gradient"), .kl_limit = o.kl_limit,
            .kl_weight = r.choice<rlhf::kl_weight>(o.kl_weight, 4, "kl_weight"),
            .importance_limit = of_c(o.importance_limit),
            .importance = r.choice<rlhf::importance>(o.importance, 2, "importance"),
            .aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation")};
}
inline rlhf::ppo_value_loss_options of_c(const reader& r, const rlhf_ppo_value_loss_options* given) {
    static constexpr rlhf_ppo_value_loss_options defaults = RLHF_PPO_VALUE_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.clip_range = o.clip_range, .huber = o.huber,
            .aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation")};
}
inline rlhf::ppo_loss_options of_c(const reader& r, const rlhf_ppo_loss_options* given) {
    static constexpr rlhf_ppo_loss_options defaults = RLHF_PPO_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.head = of_c(r, o.head), .policy = of_c(r, o.policy), .value = of_c(r, o.value),
            .value_coef = o.value_coef, .entropy_coef = o.entropy_coef};
}
inline rlhf::discounted_returns_options of_c(const reader& r, const rlhf_discounted_returns_options* given) {
    static constexpr rlhf_discounted_returns_options defaults = RLHF_DISCOUNTED_RETURNS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.gamma = o.gamma, .gaps = r.choice<rlhf::gaps>(o.gaps, 3, "gaps")};
}
inline rlhf::gae_options of_c(const reader& r, const rlhf_gae_options* given) {
    static constexpr rlhf_gae_options defaults = RLHF_GAE_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.gamma = o.gamma, .lambda = o.lambda, .gaps = r.choice<rlhf::gaps>(o.gaps, 3, "gaps")};
}
inline rlhf::gae_backward_options of_c(const reader& r, const rlhf_gae_backward_options* given) {
    static constexpr rlhf_gae_backward_options defaults = RLHF_GAE_BACKWARD_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.gamma = o.gamma, .lambda = o.lambda, .gaps = r.choice<rlhf::gaps>(o.gaps, 3, "gaps")};
}
inline rlhf::group_advantages_options of_c(const reader& r, const rlhf_group_advantages_options* given) {
    static constexpr rlhf_group_advantages_options defaults = RLHF_GROUP_ADVANTAGES_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.baseline = r.choice<rlhf::group_baseline>(o.baseline, 7, "baseline"),
            .scale = r.choice<rlhf::group_scale>(o.scale, 5, "scale"), .ddof = r.integer(o.ddof, "ddof"),
            .epsilon = o.epsilon, .floor = r.choice<rlhf::std_floor>(o.floor, 4, "floor"),
            .lone = r.choice<rlhf::lone_reward>(o.lone, 3, "lone"),
            .unscorable = r.choice<rlhf::unscorable>(o.unscorable, 2, "unscorable")};
}
inline rlhf::fixed_kl_controller of_c(const reader& r, const rlhf_fixed_kl_controller* given) {
    static constexpr rlhf_fixed_kl_controller defaults = RLHF_FIXED_KL_CONTROLLER;
    const auto o = r.known(given, defaults, "controller");
    return {.kl_coef = o.kl_coef};
}
inline rlhf_fixed_kl_controller to_c(const rlhf::fixed_kl_controller& o) {
    return {.size = sizeof(rlhf_fixed_kl_controller), .kl_coef = o.kl_coef};
}
inline rlhf::adaptive_kl_controller of_c(const reader& r, const rlhf_adaptive_kl_controller* given) {
    static constexpr rlhf_adaptive_kl_controller defaults = RLHF_ADAPTIVE_KL_CONTROLLER;
    const auto o = r.known(given, defaults, "controller");
    return {.kl_coef = o.kl_coef, .target = o.target, .horizon = o.horizon, .limit = o.limit};
}
inline rlhf_adaptive_kl_controller to_c(const rlhf::adaptive_kl_controller& o) {
    return {.size = sizeof(rlhf_adaptive_kl_controller), .kl_coef = o.kl_coef, .target = o.target,
            .horizon = o.horizon, .limit = o.limit};
}
inline rlhf::shape_rewards_options of_c(const reader& r, const rlhf_shape_rewards_options* given) {
    static constexpr rlhf_shape_rewards_options defaults = RLHF_SHAPE_REWARDS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.kl_coef = o.kl_coef, .kl_estimator = r.choice<rlhf::kl_estimator>(o.kl_estimator, 4, "kl_estimator"),
            .kl_limit = o.kl_limit,
            .score_position = r.choice<rlhf::score_position>(o.score_position, 3, "score_position"),
            .score_limit = o.score_limit, .unfinished_penalty = o.unfinished_penalty,
            .unfinished_score = o.unfinished_score ? std::optional<double>(*o.unfinished_score) : std::nullopt};
}
inline rlhf::shape_scores_options of_c(const reader& r, const rlhf_shape_scores_options* given) {
    static constexpr rlhf_shape_scores_options defaults = RLHF_SHAPE_SCORES_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.max_length = o.max_length, .overlong_buffer = o.overlong_buffer, .overlong_penalty = o.overlong_penalty,
            .overlong = r.choice<rlhf::overlong>(o.overlong, 2, "overlong"), .unfinished_factor = o.unfinished_factor,
            .unfinished_penalty = o.unfinished_penalty,
            .unfinished_score = o.unfinished_score ? std::optional<double>(*o.unfinished_score) : std::nullopt};
}
inline rlhf::vtrace_options of_c(const reader& r, const rlhf_vtrace_options* given) {
    static constexpr rlhf_vtrace_options defaults = RLHF_VTRACE_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.gamma = o.gamma, .lambda = o.lambda, .rho_bar = o.rho_bar, .c_bar = o.c_bar,
            .policy_rho_bar = o.policy_rho_bar, .gaps = r.choice<rlhf::gaps>(o.gaps, 3, "gaps")};
}
inline rlhf::whiten_options of_c(const reader& r, const rlhf_whiten_options* given) {
    static constexpr rlhf_whiten_options defaults = RLHF_WHITEN_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.center = o.center != 0, .scale = o.scale != 0, .about = r.choice<rlhf::scale_about>(o.about, 2, "about"),
            .ddof = r.integer(o.ddof, "ddof"), .epsilon = o.epsilon,
            .floor = r.choice<rlhf::std_floor>(o.floor, 4, "floor")};
}
inline rlhf::divergence_options of_c(const reader& r, const rlhf_divergence_options* given) {
    static constexpr rlhf_divergence_options defaults = RLHF_DIVERGENCE_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.divergence = r.choice<rlhf::divergence>(o.divergence, 3, "divergence"), .beta = o.beta,
            .temperature = o.temperature, .aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation")};
}
inline rlhf::top_k_divergence_options of_c(const reader& r, const rlhf_top_k_divergence_options* given) {
    static constexpr rlhf_top_k_divergence_options defaults = RLHF_TOP_K_DIVERGENCE_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.divergence = r.choice<rlhf::divergence>(o.divergence, 3, "divergence"), .beta = o.beta,
            .temperature = o.temperature, .aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation"),
            .support = r.choice<rlhf::top_k_support>(o.support, 3, "support"), .least_log_prob = o.least_log_prob,
            .low = o.low, .high = o.high};
}
inline rlhf::covariance_tokens_options of_c(const reader& r, const rlhf_covariance_tokens_options* given) {
    static constexpr rlhf_covariance_tokens_options defaults = RLHF_COVARIANCE_TOKENS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.share = o.share, .low = o.low, .high = o.high,
            .clip_range = o.clip_range ? std::optional<ratio_range>(of_c(*o.clip_range)) : std::nullopt,
            .cut = o.cut ? std::optional<covariance_cut>(of_c(*o.cut)) : std::nullopt};
}
inline rlhf::adaptive_entropy_controller of_c(const reader& r, const rlhf_adaptive_entropy_controller* given) {
    static constexpr rlhf_adaptive_entropy_controller defaults = RLHF_ADAPTIVE_ENTROPY_CONTROLLER;
    const auto o = r.known(given, defaults, "controller");
    return {.entropy_coef = o.entropy_coef, .target = o.target, .step = o.step, .low = o.low, .high = o.high,
            .active = o.active != 0};
}
inline rlhf_adaptive_entropy_controller to_c(const rlhf::adaptive_entropy_controller& o) {
    return {.size = sizeof(rlhf_adaptive_entropy_controller), .entropy_coef = o.entropy_coef, .target = o.target,
            .step = o.step, .low = o.low, .high = o.high, .active = o.active};
}
inline rlhf::importance_weights_options of_c(const reader& r, const rlhf_importance_weights_options* given) {
    static constexpr rlhf_importance_weights_options defaults = RLHF_IMPORTANCE_WEIGHTS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.level = r.choice<rlhf::importance_level>(o.level, 4, "level"), .range = of_c(o.range),
            .beyond = r.choice<rlhf::importance>(o.beyond, 2, "beyond"), .sequence_mean = of_c(o.sequence_mean),
            .sequence_product = of_c(o.sequence_product), .every_token = of_c(o.every_token),
            .unit = r.choice<rlhf::importance_unit>(o.unit, 2, "unit"), .drift_limit = o.drift_limit,
            .probability_limit = o.probability_limit, .binary_kl_limit = o.binary_kl_limit,
            .second_moment_limit = o.second_moment_limit, .log_ratio_limit = o.log_ratio_limit};
}
inline rlhf::ptx_loss_options of_c(const reader& r, const rlhf_ptx_loss_options* given) {
    static constexpr rlhf_ptx_loss_options defaults = RLHF_PTX_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.aggregation = r.choice<rlhf::aggregation>(o.aggregation, 3, "aggregation")};
}
inline rlhf::top_entropy_options of_c(const reader& r, const rlhf_top_entropy_options* given) {
    static constexpr rlhf_top_entropy_options defaults = RLHF_TOP_ENTROPY_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.share = o.share, .threshold = o.threshold ? std::optional<double>(*o.threshold) : std::nullopt};
}
inline rlhf::gdpo_advantages_options of_c(const reader& r, const rlhf_gdpo_advantages_options* given) {
    static constexpr rlhf_gdpo_advantages_options defaults = RLHF_GDPO_ADVANTAGES_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.group = of_c(r, o.group), .whiten = of_c(r, o.whiten)};
}
inline rlhf::ppo_advantages_options of_c(const reader& r, const rlhf_ppo_advantages_options* given) {
    static constexpr rlhf_ppo_advantages_options defaults = RLHF_PPO_ADVANTAGES_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.rewards = of_c(r, o.rewards), .gae = of_c(r, o.gae), .whiten = of_c(r, o.whiten)};
}
inline rlhf::sequence_log_probs_options of_c(const reader& r, const rlhf_sequence_log_probs_options* given) {
    static constexpr rlhf_sequence_log_probs_options defaults = RLHF_SEQUENCE_LOG_PROBS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.average = o.average != 0};
}
inline rlhf::preference_nll_options of_c(const reader& r, const rlhf_preference_nll_options* given) {
    static constexpr rlhf_preference_nll_options defaults = RLHF_PREFERENCE_NLL_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.nll_weight = o.nll_weight, .average = o.average != 0};
}
inline rlhf::bradley_terry_loss_options of_c(const reader& r, const rlhf_bradley_terry_loss_options* given) {
    static constexpr rlhf_bradley_terry_loss_options defaults = RLHF_BRADLEY_TERRY_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.margin = o.margin, .label_smoothing = o.label_smoothing, .center_coef = o.center_coef};
}
inline rlhf::ranking_loss_options of_c(const reader& r, const rlhf_ranking_loss_options* given) {
    static constexpr rlhf_ranking_loss_options defaults = RLHF_RANKING_LOSS_OPTIONS;
    const auto o = r.known_or(given, defaults, "options");
    return {.margin = o.margin, .label_smoothing = o.label_smoothing, .center_coef = o.center_coef,
            .ties = r.choice<rlhf::tie_divisor>(o.ties, 2, "ties")};
}

} // namespace RLHF_NAMESPACE::c
