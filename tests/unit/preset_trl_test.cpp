// SPDX-License-Identifier: MIT

// TRL's presets, and the options that they name, against what the package's own code computed
// (tests/golden/policies.txt).

#include "golden/steps.hpp"
#include "golden/trl_losses.hpp"

namespace trl = rlhf::preset::trl;
using namespace test;

TEST_CASE("presets: TRL's policy losses", "[presets]") {
    const policy_goldens g("trl");
    reproduce_trl_losses(g);
    g.reproduce("cispo", trl::cispo, trl::policy_loss);
    g.reproduce("cispo_scalerl", rlhf::cispo{.low = 0, .high = 5}, trl::policy_loss);
    g.reproduce("gmpo", trl::gmpo, trl::gmpo_policy_loss);
    g.reproduce("kl", {.kl_coef = 0.04}, {.ref = "ref_log_probs", .row = "KL in the loss"});
    auto with_kl = trl::kl_policy_loss;
    with_kl.kl_coef = 0.04;
    g.reproduce("kl_by_ratio", with_kl, {.ref = "ref_log_probs", .row = "KL in the loss"});
    g.reproduce("off_policy_mask", trl::ppo_policy_loss,
                {.weights = drift_mask(g, {.level = rlhf::importance_level::none, .drift_limit = 0.5})});
}

TEST_CASE("presets: TRL's importance weights", "[presets]") {
    const policy_goldens g("trl");
    auto o = trl::importance_weights;
    const auto reproduces = [&](const char* name) {
        g.reproduce(name, trl::ppo_policy_loss, {.weights = corrections(g, o).first});
    };
    reproduces("vllm_sequence_mask");
    o.beyond = rlhf::importance::truncate;
    reproduces("vllm_sequence_truncate");
    o.level = rlhf::importance_level::token;
    reproduces("vllm_token_truncate");
    o.beyond = rlhf::importance::mask;
    reproduces("vllm_token_mask");
}

TEMPLATE_TEST_CASE("presets: TRL's advantages of groups", "[presets]", float, double) {
    reproduce_groups<TestType>("trl_rewards", "trl_advantages_group", trl::grpo);
    reproduce_groups<TestType>("trl_rewards", "trl_advantages_batch", trl::grpo_batch_std);
    reproduce_groups<TestType>("trl_rewards", "trl_advantages_none", trl::dr_grpo);
}

TEMPLATE_TEST_CASE("presets: TRL's RLOO and reward loss, whitening of TRL 0.23", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    steps::groups("trl_rloo", trl::rloo);
    steps::pairs("trl_pairs", {.center_coef = 1.0 / 64});
    steps::whiten("trl_whiten", {});
    steps::whiten("trl_whiten_keep_mean", {.center = false});
}

/// Read, not run: its statements stand between statements of the model.
TEST_CASE("presets: TRL's coefficient of the entropy bonus", "[presets]") {
    auto c = trl::entropy_controller;
    CHECK(c.coefficient() == 0); // before the first step it takes the entropy for infinite
    std::vector<double> coefs;
    for (const double entropy : {0.1, 0.2, 0.3, 0.1}) c = rlhf::updated(c, entropy), coefs.push_back(c.coefficient());
    CHECK(coefs == std::vector<double>{0.005, 0.01, 0, 0.01});
}

TEST_CASE("presets: TRL's deviations", "[presets]") {
    holds_column("TRL", {"`preference_loss`", "`preference_nll`", "`sort_pairs`", "`unpaired_loss`", "`shape_scores`",
                         "`top_k_divergence`", "`gdpo_advantages`"});
}
