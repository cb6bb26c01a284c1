// SPDX-License-Identifier: MIT

// TRL's presets against what Unsloth's own code computed (tests/golden/policies.txt), and what differs there.

#include "golden/trl_losses.hpp"

#include <rlhf/recipe/preset/unsloth.hpp>

namespace trl = rlhf::preset::trl;
namespace unsloth = rlhf::preset::unsloth;
using namespace test;

TEST_CASE("presets: Unsloth's policy losses", "[presets]") {
    const policy_goldens g("unsloth");
    reproduce_trl_losses(g);
    g.reproduce("cispo", rlhf::cispo{.low = 0, .high = 5}, trl::policy_loss);
    auto kl = unsloth::kl_policy_loss;
    kl.kl_coef = 0.04;
    g.reproduce("kl_by_ratio", kl, {.ref = "ref_log_probs", .row = "KL in the loss"});
    kl.kl_weight = rlhf::kl_weight::one;
    g.reproduce("kl", kl, {.ref = "ref_log_probs", .row = "KL in the loss"});
    g.reproduce("kl_limited", kl, {.ref = "far_ref_log_probs", .row = "KL in the loss"});
    g.reproduce("off_policy_mask", trl::ppo_policy_loss,
                {.weights = drift_mask(g, {.level = rlhf::importance_level::none, .drift_limit = 1.0 / 16})});
}

TEST_CASE("presets: Unsloth's importance weights", "[presets]") {
    const policy_goldens g("unsloth");
    auto o = trl::importance_weights;
    const auto reproduces = [&](const char* name, const rlhf::importance_weights_options& by) {
        g.reproduce(name, trl::ppo_policy_loss, {.weights = corrections(g, by).first});
    };
    reproduces("sequence_mask", o);
    o.level = rlhf::importance_level::token, reproduces("token_mask", o);
    o.beyond = rlhf::importance::truncate, reproduces("token_truncate", o);
    o.level = rlhf::importance_level::sequence_product, reproduces("sequence_truncate", o);
    reproduces("geometric_truncate", unsloth::geometric_truncate);
}

TEST_CASE("presets: Unsloth's deviations", "[presets]") { holds_column("Unsloth"); }
