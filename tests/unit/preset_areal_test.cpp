// SPDX-License-Identifier: MIT

// AReaL's presets, and the options that they name, against what the package's own code computed (tests/golden).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/preference/sequence_log_probs.hpp>
#include <rlhf/recipe/preset/areal.hpp>

namespace areal = rlhf::preset::areal;
using namespace test;

TEST_CASE("presets: AReaL's policy losses", "[presets]") {
    const policy_goldens g("areal");
    g.reproduce("ppo", areal::ppo_policy_loss);
    g.reproduce("dual_clip", rlhf::ppo_clip{.dual = 3}, common(areal::ppo_policy_loss));
    g.reproduce("gspo", areal::gspo, areal::policy_loss);
    g.reproduce("sapo", areal::sapo, areal::policy_loss);
    auto sequence_mask = areal::sequence_mask;
    sequence_mask.range = {0.98, 1.02};
    for (const auto& [name, o] : std::map<std::string, rlhf::importance_weights_options>{
             {"token_mask", areal::token_mask}, {"token_clamp", areal::token_clamp}, {"sequence_mask", sequence_mask}})
        g.reproduce(name, areal::ppo_policy_loss, {.weights = corrections(g, o).first});
}

/// The tokens that KPop keeps, and by level sequence: what is added up over a sequence is a divergence per token.
TEST_CASE("presets: AReaL's KPop, per token and per sequence", "[presets]") {
    const policy_goldens g("areal");
    const auto pi = g.get<double>("old_log_probs"), mu = g.get<double>("behavior_log_probs");
    const auto reproduces = [&](const char* name, const std::vector<double>& weights) {
        g.reproduce(name, areal::ppo_policy_loss, {.weights = weights});
    };
    auto kpop = areal::kpop;
    CHECK(kpop.binary_kl_limit == 5); // which drops nothing here
    kpop.binary_kl_limit = 0.05;
    reproduces("kpop", corrections(g, kpop).first);

    const auto ratios = corrections(g, {}).first;
    std::vector<double> divergences(60), sums(6), means(6), largest(6);
    for (std::size_t i = 0; i < 60; ++i) {
        divergences[i] = rlhf::formula::larger_binary_kl(pi[i], mu[i]);
        if (g.mask()[i] != 0) largest[i / 10] = std::fmax(largest[i / 10], divergences[i]);
    }
    rlhf::sequence_log_probs<double>(g.batch(), {.log_probs = divergences, .sums = sums});
    rlhf::sequence_log_probs<double>(g.batch(), {.log_probs = divergences, .sums = means}, {.average = true});
    const auto by = [&](const std::vector<double>& of, double limit) {
        auto w = ratios;
        for (std::size_t i = 0; i < 60; ++i)
            if (of[i / 10] > limit) w[i] = 0;
        const auto dropped = std::count_if(of.begin(), of.end(), [&](double x) { return x > limit; });
        CHECK((dropped > 0 && dropped < 5));
        return w;
    };
    reproduces("kpop_mean", by(means, 0.05)), reproduces("kpop_sum", by(sums, 0.3));
    reproduces("kpop_max", by(largest, 0.3));
}

TEMPLATE_TEST_CASE("presets: AReaL's values and KL", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    auto value = areal::ppo_value_loss;
    steps::value("areal_value_mse", value);
    value.huber = 10;
    steps::value("areal_value_huber", value);
    steps::preference("areal_dpo", rlhf::dpo{.beta = 0.25});
    const double limit = areal::ppo_advantages.rewards.kl_limit;
    steps::kl("areal", kl_estimators, {{"k1", limit}, {"k2", limit}, {"k3", limit}});
}

TEST_CASE("presets: AReaL's deviations", "[presets]") { holds_column("AReaL"); }
