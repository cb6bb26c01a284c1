// SPDX-License-Identifier: MIT

// prime-rl's presets against what its own code computed (tests/golden/policies.txt).

#include "golden/presets.hpp"

#include <rlhf/recipe/preset/prime_rl.hpp>

namespace prime_rl = rlhf::preset::prime_rl;
using namespace test;

TEST_CASE("presets: prime-rl's policy losses", "[presets]") {
    const policy_goldens g("prime_rl");
    g.reproduce("default", prime_rl::dppo_tv, prime_rl::policy_loss, {.ref = "old_log_probs"});
    // Its IPO stops tokens on both sides. KL is of all tokens, so that what stops them multiplies the advantages.
    const auto keep = weights<double>(g, "log_probs", "old_log_probs", prime_rl::ipo_mask).first;
    g.reproduce("ipo", rlhf::dppo_tv{.range = 1, .value = rlhf::dppo_value::ratio}, prime_rl::policy_loss,
                {.ref = "old_log_probs", .factor = keep});
}

/// Distillation as a loss: what the teacher says of the policy as it is now are the advantages.
TEMPLATE_TEST_CASE("presets: prime-rl's ref_kl", "[presets]", float, double) {
    const policy_goldens g("prime_rl");
    const auto log_probs = g.get<TestType>("log_probs"), old = g.get<TestType>("old_log_probs"),
               teacher = g.get<TestType>("ref_log_probs");
    std::vector<TestType> advantages(60), d(60);
    for (std::size_t i = 0; i < 60; ++i) {
        const bool fell = std::exp(log_probs[i]) - std::exp(old[i]) < TestType(-0.2);
        advantages[i] = fell ? 0 : teacher[i] - log_probs[i];
    }
    const auto r = rlhf::policy_loss<TestType>(g.batch(),
                                               {.log_probs = log_probs,
                                                .old_log_probs = old,
                                                .ref_log_probs = old,
                                                .advantages = advantages,
                                                .d_log_probs = d},
                                               prime_rl::ref_kl, prime_rl::policy_loss);
    const auto row = row_of<rlhf::ppo_clip>;
    CHECK(agrees<TestType>(row, worst_relative(std::vector{r.loss()}, g.at("ref_kl")["loss"])));
    CHECK(agrees<TestType>(row, worst_relative(d, g.at("ref_kl")["d_log_probs"])));
}

TEST_CASE("presets: prime-rl's deviations", "[presets]") { holds_column("prime-rl"); }
