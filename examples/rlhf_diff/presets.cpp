// SPDX-License-Identifier: MIT
// The library's presets as settings of axes.
#include "presets.hpp"

#include <rlhf/recipe/preset/areal.hpp>
#include <rlhf/recipe/preset/liger.hpp>
#include <rlhf/recipe/preset/miles.hpp>
#include <rlhf/recipe/preset/ms_swift.hpp>
#include <rlhf/recipe/preset/nemo_rl.hpp>
#include <rlhf/recipe/preset/openrlhf.hpp>
#include <rlhf/recipe/preset/papers.hpp>
#include <rlhf/recipe/preset/prime_rl.hpp>
#include <rlhf/recipe/preset/roll.hpp>
#include <rlhf/recipe/preset/skyrl.hpp>
#include <rlhf/recipe/preset/slime.hpp>
#include <rlhf/recipe/preset/torchrl.hpp>
#include <rlhf/recipe/preset/trl.hpp>
#include <rlhf/recipe/preset/verl.hpp>

namespace diff {

namespace {

std::string range(double low, double high) { return text_of(std::array{low, high}); }

/// Without ref_log_probs there is no KL, for any options.
void add_common(settings& to, const rlhf::policy_loss_options& o) {
    constexpr const char* means[] = {"over tokens", "over sequences", "sums over sequences"};
    constexpr const char* estimators[] = {"k1", "k2", "k3", "abs"};
    constexpr const char* weights[] = {"nothing", "ratio", "ratio as a constant", "own ratio"};
    to.push_back({"limit of log ratios", text_of(o.log_ratio_limit)});
    to.push_back({"mean", means[static_cast<int>(o.aggregation)]});
    if (o.kl_coef == 0 && o.kl_weight == rlhf::kl_weight::one) {
        to.push_back({"KL estimator", "none"});
    } else {
        to.push_back({"KL estimator", estimators[static_cast<int>(o.kl_estimator)]});
        to.push_back({"gradient of KL", "its own"});
        to.push_back({"KL times", weights[static_cast<int>(o.kl_weight)]});
        to.push_back({"limit of KL", text_of(o.kl_limit)});
        if (o.kl_coef != 0) to.push_back({"KL coefficient", text_of(o.kl_coef)});
    }
}

settings of(const rlhf::ppo_policy_loss_options& o) {
    settings s{{"objective", "ppo_clip"},
               {"clip range", range(o.clip_range.low, o.clip_range.high)},
               {"dual clip", text_of(o.dual_clip)}};
    add_common(s, {.log_ratio_limit = o.log_ratio_limit,
                   .kl_coef = o.kl_coef,
                   .kl_estimator = o.kl_estimator,
                   .kl_limit = o.kl_limit,
                   .kl_weight = o.kl_weight,
                   .aggregation = o.aggregation});
    return s;
}
settings of(const rlhf::cispo& o) {
    return {{"objective", o.beyond == rlhf::importance::mask ? "cispo, masked" : "cispo"},
            {"bounds of the ratio", range(o.low, o.high)}};
}
/// The settings of a preset without a clip.
settings of(const rlhf::ppo_clip&) { return {{"objective", "ratio without clip"}}; }
settings of(const rlhf::sapo&) { return {{"objective", "sapo"}}; }
settings of(const rlhf::topr&) { return {{"objective", "topr"}}; }
settings of(const rlhf::gspo& o) {
    return {{"objective", "gspo"}, {"clip range", range(o.range.low, o.range.high)}, {"sequence ratio", "mean"}};
}
settings of(const rlhf::gmpo& o) {
    return {{"objective", "gmpo"}, {"range of log ratios", range(o.range.low, o.range.high)}};
}
settings of(const rlhf::vespo&) { return {{"objective", "vespo"}}; }
template <class Dppo>
settings of_dppo(const char* name, const Dppo& o) {
    return {{"objective", name},
            {"divergence allowed", range(o.range.low, o.range.high)},
            {"cap of the ratio", text_of(o.cap)},
            {"value by", o.value == rlhf::dppo_value::ratio ? "ratio" : "log-probability"}};
}
settings of(const rlhf::dppo_tv& o) { return of_dppo("dppo_tv", o); }
settings of(const rlhf::dppo_kl& o) { return of_dppo("dppo_kl", o); }

settings of(const rlhf::group_advantages_options& o) {
    constexpr const char* baselines[] = {
        "none",  "mean of the group", "mean of the others", "length-weighted mean", "mean of the batch",
        "given", "second best"};
    constexpr const char* scales[] = {"none", "std of the group", "std of the batch", "mean of the group",
                                      "std of the others"};
    settings s{{"advantages", "per sequence"},
               {"baseline", baselines[static_cast<int>(o.baseline)]},
               {"scale", scales[static_cast<int>(o.scale)]}};
    using scale = rlhf::group_scale;
    if (o.scale == scale::group_std || o.scale == scale::batch_std || o.scale == scale::others_std) {
        s.push_back({"ddof", std::to_string(o.ddof)});
        s.push_back({"epsilon", "std + " + text_of(o.epsilon)});
    }
    s.push_back({"a group of one", o.lone == rlhf::lone_reward::kept ? "keeps its reward" : "gets 0"});
    return s;
}
settings of(const rlhf::ppo_advantages_options& o) {
    constexpr const char* floors[] = {"root of var + ", "std + ", "root of var at least ", "std at least "};
    settings s{{"advantages", "gae"},
               {"gamma", text_of(o.gae.gamma)},
               {"lambda", text_of(o.gae.lambda)},
               {"masked steps", o.gae.gaps == rlhf::gaps::skip ? "skip" : "zero"},
               {"whitening", floors[static_cast<int>(o.whiten.floor)] + text_of(o.whiten.epsilon)},
               {"ddof", std::to_string(o.whiten.ddof)}};
    if (o.rewards.kl_coef != 0) {
        s.push_back({"KL in rewards", "k1"});
        s.push_back({"KL coefficient of rewards", text_of(o.rewards.kl_coef)});
    }
    return s;
}
settings of(const rlhf::importance_weights_options& o) {
    constexpr const char* levels[] = {"token", "sequence mean", "sequence product", "none"};
    settings s{{"correction", "weights"}, {"weight per", levels[static_cast<int>(o.level)]}};
    if (o.sequence_mean.limits())
        s[0].value = "sequences dropped by their mean",
        s.push_back({"range", range(o.sequence_mean.low, o.sequence_mean.high)});
    else if (o.sequence_product.limits())
        s[0].value = "sequences dropped by their product",
        s.push_back({"range", range(o.sequence_product.low, o.sequence_product.high)});
    else
        s.push_back({"range", range(o.range.low, o.range.high)}),
            s.push_back({"beyond the range", o.beyond == rlhf::importance::mask ? "0" : "the bound"});
    return s;
}
template <class Objective>
settings of(const Objective& objective, const rlhf::policy_loss_options& o) {
    settings s = of(objective);
    add_common(s, o);
    return s;
}

/// The presets that ms-swift makes from several functions.
settings of_fipo() {
    settings s = of(rlhf::preset::ms_swift::dapo_policy_loss);
    s[0].value = "fipo";
    s.push_back({"bounds of the influence", range(1, 1.2)});
    return s;
}
settings of_real() {
    settings s{{"objective", "real"}, {"temperature", text_of(rlhf::preset::ms_swift::real_temperature)}};
    add_common(s, {.aggregation = rlhf::aggregation::sequence_mean_token_mean});
    return s;
}

} // namespace

#define PRESET(name)                                                                                                   \
    { #name, of(rlhf::preset::name) }
#define OBJECTIVE(name, options)                                                                                       \
    { #name " with " #options, of(rlhf::preset::name, rlhf::preset::options) }

const std::vector<preset>& preset_losses() {
    static const std::vector<preset> all{PRESET(trl::ppo_policy_loss),
                                         PRESET(trl::kl_policy_loss),
                                         PRESET(trl::grpo_policy_loss),
                                         PRESET(trl::luspo_policy_loss),
                                         OBJECTIVE(trl::cispo, trl::policy_loss),
                                         OBJECTIVE(trl::sapo, trl::sapo_policy_loss),
                                         OBJECTIVE(trl::gspo, trl::gspo_policy_loss),
                                         OBJECTIVE(trl::gspo, trl::gspo_luspo_policy_loss),
                                         OBJECTIVE(trl::gmpo, trl::gmpo_policy_loss),
                                         OBJECTIVE(trl::vespo, trl::vespo_policy_loss),
                                         PRESET(verl::ppo_policy_loss),
                                         PRESET(verl::ppo_policy_loss_with_kl),
                                         OBJECTIVE(verl::cispo, verl::policy_loss),
                                         OBJECTIVE(verl::dppo_tv, verl::policy_loss),
                                         OBJECTIVE(verl::dppo_kl, verl::policy_loss),
                                         OBJECTIVE(verl::sapo, verl::sapo_policy_loss),
                                         OBJECTIVE(verl::gspo, verl::gspo_policy_loss),
                                         OBJECTIVE(verl::gmpo, verl::gmpo_policy_loss),
                                         OBJECTIVE(verl::reinforce, verl::policy_loss),
                                         PRESET(openrlhf::ppo_policy_loss),
                                         OBJECTIVE(openrlhf::gspo, openrlhf::gspo_policy_loss),
                                         PRESET(skyrl::ppo_policy_loss),
                                         PRESET(skyrl::dual_clip_policy_loss),
                                         OBJECTIVE(skyrl::cispo, skyrl::policy_loss),
                                         OBJECTIVE(skyrl::importance_sampling, skyrl::importance_sampling_policy_loss),
                                         OBJECTIVE(skyrl::rollout_is, skyrl::policy_loss),
                                         OBJECTIVE(skyrl::sapo, skyrl::policy_loss),
                                         OBJECTIVE(skyrl::gspo, skyrl::gspo_policy_loss),
                                         OBJECTIVE(skyrl::dppo_tv, skyrl::policy_loss),
                                         PRESET(slime::ppo_policy_loss),
                                         OBJECTIVE(slime::cispo, slime::policy_loss),
                                         OBJECTIVE(slime::gspo, slime::policy_loss),
                                         PRESET(nemo_rl::ppo_policy_loss),
                                         PRESET(nemo_rl::kl_policy_loss),
                                         OBJECTIVE(nemo_rl::cispo, nemo_rl::policy_loss),
                                         OBJECTIVE(nemo_rl::gspo, nemo_rl::gspo_policy_loss),
                                         OBJECTIVE(prime_rl::dppo_tv, prime_rl::policy_loss),
                                         PRESET(areal::ppo_policy_loss),
                                         OBJECTIVE(areal::gspo, areal::policy_loss),
                                         OBJECTIVE(areal::sapo, areal::policy_loss),
                                         PRESET(torchrl::ppo_policy_loss),
                                         OBJECTIVE(torchrl::cispo, torchrl::policy_loss),
                                         PRESET(liger::ppo_policy_loss),
                                         PRESET(liger::kl_policy_loss),
                                         PRESET(liger::grpo_policy_loss),
                                         OBJECTIVE(liger::cispo, liger::policy_loss),
                                         OBJECTIVE(liger::sapo, liger::sapo_policy_loss),
                                         OBJECTIVE(liger::gspo, liger::gspo_policy_loss),
                                         OBJECTIVE(liger::gspo, liger::luspo_policy_loss),
                                         PRESET(ms_swift::ppo_policy_loss),
                                         PRESET(ms_swift::kl_policy_loss),
                                         PRESET(ms_swift::dapo_policy_loss),
                                         OBJECTIVE(ms_swift::cispo, ms_swift::policy_loss),
                                         OBJECTIVE(ms_swift::sapo, ms_swift::sapo_policy_loss),
                                         OBJECTIVE(ms_swift::gspo, ms_swift::gspo_policy_loss),
                                         {"ms_swift::fipo_future", of_fipo()},
                                         {"ms_swift::real_temperature", of_real()},
                                         PRESET(roll::ppo_policy_loss),
                                         PRESET(roll::dual_clip_policy_loss),
                                         OBJECTIVE(roll::gspo, roll::policy_loss),
                                         OBJECTIVE(roll::reinforce, roll::policy_loss),
                                         OBJECTIVE(roll::tis, roll::policy_loss),
                                         OBJECTIVE(roll::topr, roll::policy_loss),
                                         OBJECTIVE(roll::cispo, roll::policy_loss),
                                         PRESET(miles::ppo_policy_loss),
                                         OBJECTIVE(miles::gspo, miles::policy_loss),
                                         PRESET(dapo::ppo_policy_loss),
                                         OBJECTIVE(gspo::objective, gspo::policy_loss)};
    return all;
}
const std::vector<preset>& preset_advantages() {
    static const std::vector<preset> all{PRESET(trl::grpo),
                                         PRESET(trl::grpo_batch_std),
                                         PRESET(trl::dr_grpo),
                                         PRESET(trl::rloo),
                                         PRESET(verl::grpo),
                                         PRESET(verl::dr_grpo),
                                         PRESET(verl::rloo),
                                         PRESET(verl::opo),
                                         PRESET(verl::remax),
                                         PRESET(openrlhf::group_norm),
                                         PRESET(openrlhf::dr_grpo),
                                         PRESET(openrlhf::rloo),
                                         PRESET(skyrl::grpo),
                                         PRESET(skyrl::rloo),
                                         PRESET(skyrl::maxrl),
                                         PRESET(slime::grpo),
                                         PRESET(nemo_rl::grpo),
                                         PRESET(ms_swift::grpo),
                                         PRESET(ms_swift::grpo_batch_std),
                                         PRESET(ms_swift::dr_grpo),
                                         PRESET(ms_swift::rloo),
                                         PRESET(dapo::group_advantages),
                                         PRESET(dr_grpo::group_advantages),
                                         PRESET(verl::ppo_advantages),
                                         PRESET(openrlhf::ppo_advantages),
                                         PRESET(instructgpt::ppo_advantages)};
    return all;
}
const std::vector<preset>& preset_weights() {
    static const std::vector<preset> all{{"no correction", {{"correction", "none"}}},
                                         PRESET(trl::importance_weights),
                                         PRESET(verl::importance_weights),
                                         PRESET(verl::token_importance_weights),
                                         PRESET(verl::icepop),
                                         PRESET(verl::geometric_rejection),
                                         PRESET(openrlhf::tis),
                                         PRESET(openrlhf::icepop),
                                         PRESET(openrlhf::sequence_mask),
                                         PRESET(skyrl::token_tis),
                                         PRESET(skyrl::sequence_tis),
                                         PRESET(skyrl::geometric_mask),
                                         PRESET(skyrl::product_mask),
                                         PRESET(slime::tis),
                                         PRESET(nemo_rl::icepop),
                                         PRESET(nemo_rl::sequence_mask),
                                         PRESET(ms_swift::token_truncate),
                                         PRESET(ms_swift::token_mask),
                                         PRESET(ms_swift::sequence_truncate),
                                         PRESET(ms_swift::sequence_mask)};
    return all;
}

} // namespace diff
