// SPDX-License-Identifier: MIT

// ms-swift's presets, and the options that they name, against what the package's own code computed
// (tests/golden/policies.txt).

#include "golden/presets.hpp"

#include <rlhf/policy/top_entropy.hpp>
#include <rlhf/recipe/preset/ms_swift.hpp>

namespace ms_swift = rlhf::preset::ms_swift;
using namespace test;

TEST_CASE("presets: ms-swift's policy losses", "[presets]") {
    const policy_goldens g("ms_swift");
    const rlhf::counts all_sequences{6 * 512, 6}; // max_completion_length is 512
    const policy_case all{.denominator = all_sequences};
    const auto loss = [&](const char* name, const rlhf::ppo_policy_loss_options& o, const policy_case& c) {
        g.reproduce(name, clip(o), common(o), c);
    };
    loss("grpo", ms_swift::ppo_policy_loss, all);
    loss("bnpo", ms_swift::dapo_policy_loss, {}), loss("dapo", ms_swift::dapo_policy_loss, {});
    loss("dr_grpo", ms_swift::dapo_policy_loss, all);
    g.reproduce("cispo", ms_swift::cispo, ms_swift::policy_loss);
    g.reproduce("sapo", ms_swift::sapo, ms_swift::sapo_policy_loss, all);
    g.reproduce("gspo", ms_swift::gspo, ms_swift::gspo_policy_loss, all);
    g.reproduce("gspo_token", ms_swift::gspo, ms_swift::gspo_policy_loss, all);
    auto delta = ms_swift::ppo_policy_loss;
    delta.dual_clip = 4;
    loss("delta", delta, all);
    for (const auto& [name, ref] : {std::pair("kl", "ref_log_probs"), std::pair("kl_limited", "far_ref_log_probs")})
        loss(name, ms_swift::kl_policy_loss, {.denominator = all_sequences, .ref = ref, .row = "KL in the loss"});

    std::vector<double> kept(60);
    rlhf::top_entropy<double>(g.batch(), {.entropy = g.at("entropy")["entropy"], .weights = kept}, {.share = 0.2});
    loss("top_entropy", ms_swift::dapo_policy_loss, {.weights = kept});
}

TEST_CASE("presets: ms-swift's importance weights", "[presets]") {
    const policy_goldens g("ms_swift");
    const auto loss = [&](const char* name, const std::vector<double>& weights) {
        const auto o = ms_swift::ppo_policy_loss;
        g.reproduce(name, clip(o), common(o), {.weights = weights, .denominator = rlhf::counts{6 * 512, 6}});
    };
    for (const auto& [name, o] :
         {std::pair("token_truncate", ms_swift::token_truncate), std::pair("token_mask", ms_swift::token_mask),
          std::pair("sequence_truncate", ms_swift::sequence_truncate),
          std::pair("sequence_mask", ms_swift::sequence_mask)})
        loss(name, weights<double>(g, "old_log_probs", "behavior_log_probs", o).first);
    loss("drift",
         weights<double>(g, "log_probs", "old_log_probs", {.level = rlhf::importance_level::none, .drift_limit = 0.5},
                         g.get<double>("advantages"))
             .first);
}

TEMPLATE_TEST_CASE("presets: ms-swift's advantages of groups", "[presets]", float, double) {
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_grpo_group", ms_swift::grpo);
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_grpo_batch", ms_swift::grpo_batch_std);
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_grpo_none", ms_swift::dr_grpo);
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_rloo_none", ms_swift::rloo);
}

TEST_CASE("presets: ms-swift's deviations", "[presets]") { holds_column("ms-swift", {"`shape_scores`"}); }
