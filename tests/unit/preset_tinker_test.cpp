// SPDX-License-Identifier: MIT

// tinker's presets: the cookbook's against what its own code computed (tests/golden/steps.txt, one_trainer.txt), the
// server's against the formulas.

#include "golden/presets.hpp"
#include "golden/steps.hpp"
#include "support/preset_tokens.hpp"

#include <rlhf/policy/masked_mean.hpp>
#include <rlhf/recipe/preset/tinker.hpp>

namespace tinker = rlhf::preset::tinker;
using namespace test;

TEMPLATE_TEST_CASE("presets: tinker-cookbook's advantages and pairs", "[presets]", float, double) {
    step_goldens<TestType>::groups("tinker_centered", tinker::group_advantages);
    auto dpo = tinker::dpo;
    dpo.beta = 0.25;
    step_goldens<TestType>::preference("tinker_dpo", dpo, true);
    CHECK(tinker::dpo.beta == 0.1);
}

/// KL to the base model, centred by its mean over the step, as a part of the advantages.
TEST_CASE("presets: tinker-cookbook's KL in the advantages", "[presets]") {
    const auto g = read_goldens("one_trainer.txt").at("tinker_kl");
    const auto mask = g.integers<std::uint8_t>("mask");
    const rlhf::batch b{.sequences = 6, .steps = 10, .mask = mask, .denominator = rlhf::counted_here};
    std::vector<double> k(60), a(60);
    for (std::size_t i = 0; i < 60; ++i) k[i] = g["log_probs"][i] - g["base_log_probs"][i];
    const double mean = rlhf::masked_mean<double>(b, {.values = k}).loss();
    for (std::size_t i = 0; i < 60; ++i) a[i] = mask[i] != 0 ? g.number("coef") * (mean - k[i]) : 0;
    CHECK(worst_of_largest(a, g["advantages"]) < golden_tolerance<double>);
    rlhf::discounted_returns<double>(b, {.rewards = a, .returns = k},
                                     {.gamma = g.number("gamma"), .gaps = rlhf::gaps::zero});
    auto want = g["discounted"];
    for (std::size_t i = 0; i < 60; ++i) want[i] *= mask[i];
    CHECK(worst_of_largest(k, want) < golden_tolerance<double>);
}

TEST_CASE("presets: tinker's losses on its server", "[presets]") {
    has_slopes(tinker::ppo_policy_loss, false,
               [](const preset_token& t) { return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2); });
    has_slopes(tinker::cispo, {}, false, [](const preset_token& t) { return -std::fmin(t.ratio(), 4) * t.advantage; });
    has_slopes(tinker::importance_sampling, {}, false, [](const preset_token& t) { return -t.ratio() * t.advantage; });
}

TEST_CASE("presets: tinker-cookbook's deviations", "[presets]") { holds_column("tinker-cookbook"); }
