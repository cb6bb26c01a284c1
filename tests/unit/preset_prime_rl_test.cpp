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

TEST_CASE("presets: prime-rl's deviations", "[presets]") { holds_column("prime-rl"); }
