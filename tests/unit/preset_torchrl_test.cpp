// SPDX-License-Identifier: MIT

// torchrl's presets against what the package's own code computed (tests/golden).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/torchrl.hpp>

namespace torchrl = rlhf::preset::torchrl;
using namespace test;

TEST_CASE("presets: torchrl's policy losses", "[presets]") {
    const policy_goldens g("torchrl");
    g.reproduce("grpo", torchrl::ppo_policy_loss);
    g.reproduce("grpo_prompt_mean", torchrl::prompt_mean_policy_loss);
    g.reproduce("cispo", torchrl::cispo, torchrl::policy_loss, {.value = false});
    // KL is averaged over the padding, too.
    g.reproduce("kl", {.kl_coef = 0.1},
                {.sign = 0, .denominator = rlhf::counts{60, 6}, .ref = "ref_log_probs", .row = "KL in the loss"});
}

TEMPLATE_TEST_CASE("presets: torchrl's GAE and values", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    const auto& g = steps::at("torchrl_gae");
    const auto next = steps::get("next_values", "torchrl_gae"), rewards = steps::get("rewards"),
               values = steps::get("values");
    const auto terminated = g.template integers<std::uint8_t>("terminated"),
               truncated = g.template integers<std::uint8_t>("truncated");
    std::vector<TestType> a(60), r(60);
    auto o = torchrl::gae;
    o.gamma = steps::at("data").number("gamma"), o.lambda = steps::at("data").number("lambda");
    auto all = steps::batch();
    all.mask = rlhf::all;
    rlhf::gae<TestType>(all,
                        {.rewards = rewards,
                         .values = values,
                         .next_values = next,
                         .terminated = terminated,
                         .truncated = truncated,
                         .advantages = a,
                         .returns = r},
                        o);
    steps::agree("`gae`", a, "torchrl_gae", "advantages"), steps::agree("`gae`", r, "torchrl_gae", "returns");
    steps::value("torchrl_value", torchrl::ppo_value_loss, all);
}

TEST_CASE("presets: torchrl's deviations", "[presets]") { holds_column("torchrl"); }
