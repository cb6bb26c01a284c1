// SPDX-License-Identifier: MIT

// TRL's presets against what Unsloth's own code computed (tests/golden/policies.txt), and what differs there.

#include "golden/presets.hpp"

#include <rlhf/recipe/preset/unsloth.hpp>

namespace trl = rlhf::preset::trl;
namespace unsloth = rlhf::preset::unsloth;
using namespace test;

TEST_CASE("presets: Unsloth's policy losses", "[presets]") {
    const policy_goldens g("unsloth");
    const auto loss = [&](const char* name, const rlhf::ppo_policy_loss_options& o, const test::policy_case& c = {}) {
        g.reproduce(name, clip(o), common(o), c);
    };
    loss("dapo", trl::ppo_policy_loss), loss("bnpo", trl::ppo_policy_loss);
    loss("grpo", trl::grpo_policy_loss), loss("luspo", trl::luspo_policy_loss);
    loss("dr_grpo", trl::ppo_policy_loss, {.denominator = rlhf::counts{6 * 512, 6}}); // max_completion_length is 512
    g.reproduce("cispo", rlhf::cispo{.low = 0, .high = 5}, trl::policy_loss);
    g.reproduce("sapo", trl::sapo, trl::sapo_policy_loss);
    g.reproduce("gspo", trl::gspo, trl::gspo_policy_loss);
    g.reproduce("luspo_sequence", trl::gspo, trl::gspo_luspo_policy_loss);
    g.reproduce("vespo", trl::vespo, trl::vespo_policy_loss);
    loss("delta", {.dual_clip = 4});
    auto kl = unsloth::kl_policy_loss;
    kl.kl_coef = 0.04;
    loss("kl_by_ratio", kl, {.ref = "ref_log_probs", .row = "KL in the loss"});
    kl.kl_weight = rlhf::kl_weight::one;
    loss("kl", kl, {.ref = "ref_log_probs", .row = "KL in the loss"});
    loss("kl_limited", kl, {.ref = "far_ref_log_probs", .row = "KL in the loss"});
    loss("off_policy_mask", trl::ppo_policy_loss,
         {.weights = weights<double>(g, "log_probs", "old_log_probs",
                                     {.level = rlhf::importance_level::none, .drift_limit = 1.0 / 16},
                                     g.get<double>("advantages"))
                         .first});
}

TEST_CASE("presets: Unsloth's importance weights", "[presets]") {
    const policy_goldens g("unsloth");
    auto o = trl::importance_weights;
    const auto reproduces = [&](const char* name, const rlhf::importance_weights_options& by) {
        g.reproduce(name, clip(trl::ppo_policy_loss), common(trl::ppo_policy_loss),
                    {.weights = weights<double>(g, "old_log_probs", "behavior_log_probs", by).first});
    };
    reproduces("sequence_mask", o);
    o.level = rlhf::importance_level::token, reproduces("token_mask", o);
    o.beyond = rlhf::importance::truncate, reproduces("token_truncate", o);
    o.level = rlhf::importance_level::sequence_product, reproduces("sequence_truncate", o);
    reproduces("geometric_truncate", unsloth::geometric_truncate);
}

TEST_CASE("presets: Unsloth's deviations", "[presets]") { holds_column("Unsloth"); }
