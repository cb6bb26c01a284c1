// SPDX-License-Identifier: MIT

// torchrl's presets against what the package's own code computed (tests/golden).

#include "golden/presets.hpp"

#include <rlhf/recipe/preset/torchrl.hpp>

namespace torchrl = rlhf::preset::torchrl;
using namespace test;

TEST_CASE("presets: torchrl's policy losses", "[presets]") {
    const policy_goldens g("torchrl");
    const auto loss = [&](const char* name, const rlhf::ppo_policy_loss_options& o, const test::policy_case& c = {}) {
        g.reproduce(name, clip(o), common(o), c);
    };
    loss("grpo", torchrl::ppo_policy_loss);
    loss("grpo_prompt_mean", torchrl::prompt_mean_policy_loss);
    g.reproduce("cispo", torchrl::cispo, torchrl::policy_loss, {.value = false});
    // KL is averaged over the padding, too.
    loss("kl", {.kl_coef = 0.1},
         {.sign = 0, .denominator = rlhf::counts{60, 6}, .ref = "ref_log_probs", .row = "KL in the loss"});
}

TEST_CASE("presets: torchrl's deviations", "[presets]") { holds_column("torchrl"); }
