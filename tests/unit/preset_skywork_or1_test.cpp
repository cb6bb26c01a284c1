// SPDX-License-Identifier: MIT

// Skywork-OR1's presets against what its own code computed (tests/golden/policies.txt, steps.txt, one_trainer.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/papers.hpp>

namespace skywork = rlhf::preset::skywork_or1;
using namespace test;

TEST_CASE("presets: Skywork-OR1's policy loss", "[presets]") {
    const policy_goldens g("skywork");
    g.reproduce("ppo", skywork::ppo_policy_loss);
    auto kl = skywork::ppo_policy_loss;
    kl.kl_coef = 0.125, kl.kl_limit = 10;
    for (const auto& [name, ref] : {std::pair("kl", "ref_log_probs"), std::pair("kl_limited", "far_ref_log_probs")})
        g.reproduce(name, kl, {.sign = 0, .ref = ref, .row = "KL in the loss"});
}

TEMPLATE_TEST_CASE("presets: Skywork-OR1's advantages, values and KL", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    const rlhf::whiten_options whiten{.epsilon = 1e-8, .floor = rlhf::std_floor::inside_root};
    steps::gae("skywork_gae", {.gaps = rlhf::gaps::ignore}, whiten);
    steps::whiten("skywork_whiten", whiten);
    // REINFORCE++ begins anew before each gap, as SkyRL's does.
    std::vector<std::uint8_t> last(60);
    for (std::size_t i = 0; i + 1 < 60; ++i) last[i] = steps::mask()[i + 1] == 0;
    steps::returns("skywork_returns", rlhf::gaps::ignore, last);
    steps::value("skywork_value", {.clip_range = 0.5});
    const double none = rlhf::unlimited;
    steps::kl("skywork", kl_estimators, {{"k1", none}, {"k2", none}, {"k3", 10}, {"abs", none}});
    steps::groups("skywork_grpo", skywork::group_advantages);
}

/// ReMax: the reward of the greedy answer is the baseline.
TEMPLATE_TEST_CASE("presets: Skywork-OR1's ReMax", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    const auto rewards = steps::get("group_rewards"), greedy = steps::get("group_sizes");
    std::vector<TestType> a(20);
    rlhf::group_advantages<TestType>({.size = 4}, {.rewards = rewards, .baselines = greedy, .advantages = a},
                                     {.baseline = rlhf::group_baseline::given, .scale = rlhf::group_scale::none});
    steps::agree("`group_advantages`", a, "skywork_remax", "advantages");
}

TEST_CASE("presets: Skywork-OR1's coefficient of the entropy bonus", "[presets]") {
    const auto g = read_goldens("one_trainer.txt").at("skywork_or1_entropy");
    auto c = skywork::entropy_controller;
    for (std::size_t i = 0; i < g["entropy"].size(); ++i) {
        c = rlhf::updated(c, g["entropy"][i]);
        CHECK(c.coefficient() == g["coefs"][i]);
    }
}

TEST_CASE("presets: Skywork-OR1's deviations", "[presets]") { holds_column("Skywork-OR1"); }
