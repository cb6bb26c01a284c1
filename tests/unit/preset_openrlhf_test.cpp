// SPDX-License-Identifier: MIT

// OpenRLHF's presets, and the options that they name, against what the package's own code computed
// (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/openrlhf.hpp>

namespace openrlhf = rlhf::preset::openrlhf;
using namespace test;

TEST_CASE("presets: OpenRLHF's policy losses", "[presets]") {
    const policy_goldens g("openrlhf");
    g.reproduce("ppo", openrlhf::ppo_policy_loss);
    auto by_sequence = openrlhf::ppo_policy_loss;
    by_sequence.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    g.reproduce("sequence_mean", by_sequence, {.weights = g.shrunk(1e-8)});
    g.reproduce("dual_clip", rlhf::ppo_clip{.dual = 3}, common(openrlhf::ppo_policy_loss));
    g.reproduce("gspo", openrlhf::gspo, openrlhf::gspo_policy_loss, {.weights = g.shrunk(1e-8)});
    for (const auto& [name, o] :
         std::map<std::string, rlhf::importance_weights_options>{{"tis", openrlhf::tis},
                                                                 {"icepop", openrlhf::icepop},
                                                                 {"sequence_mask", openrlhf::sequence_mask},
                                                                 {"tv", {.probability_limit = 0.2}}})
        g.reproduce(name, openrlhf::ppo_policy_loss, {.weights = corrections(g, o).first});
}

TEMPLATE_TEST_CASE("presets: OpenRLHF's advantages of groups", "[presets]", float, double) {
    reproduce_groups<TestType>("openrlhf_rewards", "openrlhf_group_norm", openrlhf::group_norm);
    reproduce_groups<TestType>("openrlhf_rewards", "openrlhf_dr_grpo", openrlhf::dr_grpo);
    reproduce_groups<TestType>("openrlhf_rewards", "openrlhf_rloo", openrlhf::rloo);
}

TEMPLATE_TEST_CASE("presets: OpenRLHF's advantages, values, KL and pairs", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    const auto& o = openrlhf::ppo_advantages;
    steps::gae("openrlhf_gae", o.gae);
    steps::returns("openrlhf_returns", o.gae.gaps);
    steps::whiten("openrlhf_whiten", o.whiten);
    steps::value("openrlhf_value", openrlhf::ppo_value_loss);
    const double limit = o.rewards.kl_limit;
    steps::kl("openrlhf", kl_estimators, {{"k1", limit}, {"k2", limit}, {"k3", limit}});
    steps::pairs("openrlhf_pairs");
    steps::preference("openrlhf_dpo", rlhf::dpo{.beta = 0.25}, true);
    steps::preference("openrlhf_cdpo", rlhf::dpo{.beta = 0.25, .label_smoothing = 0.125}, true);

    auto rewards = o.rewards;
    rewards.kl_coef = 1.0 / 64;
    const auto log_probs = steps::get("log_probs"), ref = steps::get("ref_log_probs"), scores = steps::get("scores");
    std::vector<TestType> r(60);
    rlhf::shape_rewards<TestType>(
        steps::batch(), {.log_probs = log_probs, .ref_log_probs = ref, .scores = scores, .rewards = r}, rewards);
    steps::agree("`shape_rewards`", r, "openrlhf_reward", "rewards");
}

TEST_CASE("presets: OpenRLHF's deviations", "[presets]") { holds_column("OpenRLHF", {"`shape_scores`"}); }
