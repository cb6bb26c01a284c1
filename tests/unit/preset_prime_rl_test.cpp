// SPDX-License-Identifier: MIT

// prime-rl's presets against what its own code computed (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/prime_rl.hpp>

namespace prime_rl = rlhf::preset::prime_rl;
using namespace test;

TEST_CASE("presets: prime-rl's policy losses", "[presets]") {
    const policy_goldens g("prime_rl");
    g.reproduce("default", prime_rl::dppo_tv, prime_rl::policy_loss, {.ref = "old_log_probs"});
    // Its IPO stops tokens on both sides. KL covers all tokens, so that what stops them multiplies the advantages.
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
    const char* const row = "`ppo_policy_loss`";
    CHECK(agrees<TestType>(row, worst_relative(std::vector{r.loss()}, g.at("ref_kl")["loss"])));
    CHECK(agrees<TestType>(row, worst_relative(d, g.at("ref_kl")["d_log_probs"])));
}

/// Losses over the tokens of each kind, with a weight per token and a count of its own each.
TEST_CASE("presets: prime-rl's sum of three losses", "[presets]") {
    const auto& g = policy_goldens::at_name("prime_rl_sum_data");
    const auto& log_probs = g["log_probs"];
    const auto& old = g["old_log_probs"];
    std::vector<double> d(60), drawn_to(60);
    const auto mask_of = [&](const char* weights) {
        std::vector<std::uint8_t> mask;
        for (const double w : g[weights]) mask.push_back(w != 0);
        return mask;
    };
    const auto policy = mask_of("rl_weights"), said = mask_of("ce_weights"), judged = mask_of("ref_kl_weights");
    const auto part = [](const std::vector<std::uint8_t>& mask) {
        return rlhf::batch{.sequences = 6, .steps = 10, .mask = mask, .denominator = rlhf::counted_here};
    };
    const auto gradient = rlhf::add_to(rlhf::view<double>(d));
    double loss = rlhf::policy_loss<double>(part(policy),
                                            {.log_probs = log_probs,
                                             .old_log_probs = old,
                                             .ref_log_probs = old,
                                             .advantages = g["advantages"],
                                             .weights = g["rl_weights"],
                                             .d_log_probs = gradient},
                                            prime_rl::dppo_tv, prime_rl::policy_loss)
                      .loss();
    loss += rlhf::policy_loss<double>(
                part(said),
                {.log_probs = log_probs, .old_log_probs = old, .advantages = g["ce_weights"], .d_log_probs = gradient},
                rlhf::cispo{.low = 1, .high = 1})
                .loss();
    for (std::size_t i = 0; i < 60; ++i) {
        const bool fell = std::exp(log_probs[i]) - std::exp(old[i]) < -0.2;
        drawn_to[i] = fell ? 0 : g["ref_log_probs"][i] - log_probs[i];
    }
    loss += rlhf::policy_loss<double>(part(judged),
                                      {.log_probs = log_probs,
                                       .old_log_probs = old,
                                       .ref_log_probs = old,
                                       .advantages = drawn_to,
                                       .weights = g["ref_kl_weights"],
                                       .d_log_probs = gradient},
                                      prime_rl::ref_kl, prime_rl::policy_loss)
                .loss();
    const auto& want = policy_goldens::at_name("prime_rl_sum_of_three");
    CHECK(worst_relative(std::vector{loss}, want["loss"]) < golden_tolerance<double>);
    CHECK(worst_of_largest(d, want["d_log_probs"]) < golden_tolerance<double>);
}

TEMPLATE_TEST_CASE("presets: prime-rl's advantages of groups", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    steps::groups("prime_rl_grpo", prime_rl::grpo);
    steps::groups("prime_rl_max_rl", prime_rl::max_rl, "group_sizes");
}

/// Solvers of a problem are compared with each other, and so are those who proposed the problems.
TEST_CASE("presets: prime-rl's groups of roles", "[presets]") {
    const auto g = read_goldens("one_trainer.txt").at("prime_rl_roles");
    const auto ids = g.integers("ids");
    std::vector<std::int64_t> workspace(2 * ids.size());
    std::vector<double> a(ids.size());
    rlhf::group_advantages<double>({.ids = ids, .workspace = workspace}, {.rewards = g["rewards"], .advantages = a},
                                   prime_rl::grpo);
    CHECK(worst_of_largest(a, g["advantages"]) < golden_tolerance<double>);
}

/// Each agent has a running mean. What does not learn leaves it alone, and has no advantage.
TEST_CASE("presets: prime-rl's RAE", "[presets]") {
    const auto cases = read_goldens("one_trainer.txt");
    for (const char* name : {"prime_rl_rae_half", "prime_rl_rae_none", "prime_rl_rae_one_agent"}) {
        INFO(name);
        const auto& g = cases.at(name);
        std::map<double, double> means;
        std::vector<double> rewards, baselines, want;
        for (std::size_t i = 0; i < g["rewards"].size(); ++i) {
            CHECK((g["learns"][i] != 0 || g["advantages"][i] == 0));
            if (g["learns"][i] == 0) continue;
            double& mean = means[g["agents"][i]];
            baselines.push_back(mean), rewards.push_back(g["rewards"][i]), want.push_back(g["advantages"][i]);
            mean = g.number("decay") * mean + (1 - g.number("decay")) * rewards.back();
        }
        std::vector<double> a(rewards.size());
        rlhf::group_advantages<double>({.size = a.size()},
                                       {.rewards = rewards, .baselines = baselines, .advantages = a}, prime_rl::rae);
        CHECK(worst_of_largest(a, want) < golden_tolerance<double>);
    }
}

TEST_CASE("presets: prime-rl's deviations", "[presets]") { holds_column("prime-rl"); }
