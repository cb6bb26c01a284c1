// SPDX-License-Identifier: MIT

// AReaL's presets, and the options that they name, against what the package's own code computed (tests/golden).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/areal.hpp>

namespace areal = rlhf::preset::areal;
using namespace test;

TEST_CASE("presets: AReaL's policy losses", "[presets]") {
    const policy_goldens g("areal");
    const auto plain = clip(areal::ppo_policy_loss);
    const auto ppo = common(areal::ppo_policy_loss);
    g.reproduce("ppo", plain, ppo);
    g.reproduce("dual_clip", rlhf::ppo_clip{.dual = 3}, ppo);
    g.reproduce("gspo", areal::gspo, areal::policy_loss);
    g.reproduce("sapo", areal::sapo, areal::policy_loss);
    auto sequence_mask = areal::sequence_mask;
    sequence_mask.range = {0.98, 1.02};
    for (const auto& [name, o] : std::map<std::string, rlhf::importance_weights_options>{
             {"token_mask", areal::token_mask}, {"token_clamp", areal::token_clamp}, {"sequence_mask", sequence_mask}})
        g.reproduce(name, plain, ppo, {.weights = weights<double>(g, "old_log_probs", "behavior_log_probs", o).first});
}

TEMPLATE_TEST_CASE("presets: AReaL's values and KL", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    auto value = areal::ppo_value_loss;
    steps::value("areal_value_mse", value);
    value.huber = 10;
    steps::value("areal_value_huber", value);
    steps::dpo("areal_dpo", {.beta = 0.25});
    const double limit = areal::ppo_advantages.rewards.kl_limit;
    steps::kl("areal", kl_estimators, {{"k1", limit}, {"k2", limit}, {"k3", limit}});
}

TEST_CASE("presets: AReaL's deviations", "[presets]") { holds_column("AReaL"); }
