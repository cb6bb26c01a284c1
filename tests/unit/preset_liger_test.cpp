// SPDX-License-Identifier: MIT

// Liger's presets, and the options that they name, against what the package's own code computed
// (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/liger.hpp>

namespace liger = rlhf::preset::liger;
using namespace test;

TEST_CASE("presets: Liger's policy losses", "[presets]") {
    const policy_goldens g("liger");
    const rlhf::counts all_sequences{6 * 512, 6}; // max_completion_length is 512
    g.reproduce("dapo", liger::ppo_policy_loss), g.reproduce("bnpo", liger::ppo_policy_loss);
    g.reproduce("grpo", liger::grpo_policy_loss, {.denominator = all_sequences});
    g.reproduce("dr_grpo", liger::ppo_policy_loss, {.denominator = all_sequences});
    g.reproduce("cispo", liger::cispo, liger::policy_loss);
    g.reproduce("sapo", liger::sapo, liger::sapo_policy_loss, {.denominator = all_sequences});
    g.reproduce("gspo", liger::gspo, liger::gspo_policy_loss, {.denominator = all_sequences});
    g.reproduce("luspo_sequence", liger::gspo, liger::luspo_policy_loss, {.denominator = all_sequences});
    g.reproduce("delta", {.dual_clip = 4});
    g.reproduce("kl", liger::kl_policy_loss, {.ref = "ref_log_probs", .row = "KL in the loss"});
    auto by_ratio = liger::kl_policy_loss;
    by_ratio.kl_weight = rlhf::kl_weight::ratio;
    g.reproduce("kl_by_ratio", by_ratio, {.ref = "ref_log_probs", .row = "KL in the loss"});
    g.reproduce("sampler", liger::ppo_policy_loss, {.weights = corrections(g, {.range = 2}).first});
}

TEMPLATE_TEST_CASE("presets: Liger's DPO", "[presets]", float, double) {
    step_goldens<TestType>::preference("liger_dpo", rlhf::dpo{.beta = 0.25});
}

TEST_CASE("presets: Liger's deviations", "[presets]") { holds_column("Liger"); }
