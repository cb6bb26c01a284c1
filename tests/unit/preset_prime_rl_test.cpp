// SPDX-License-Identifier: MIT

// What is read in the source, as numbers of a few tokens.

#include "support/preset_tokens.hpp"

#include <rlhf/recipe/preset/prime_rl.hpp>

using test::has_slopes, test::preset_token;

namespace prime_rl = rlhf::preset::prime_rl;

TEST_CASE("presets: prime-rl's policy loss", "[presets]") {
    // −Â ρ where the token is not stopped, and τ d² with d = log π − log π_old and τ = 10⁻³ at every token.
    has_slopes(prime_rl::dppo_tv, prime_rl::policy_loss, false, [](const preset_token& t) {
        const double moved = std::exp(t.log_prob) - std::exp(t.old_log_prob);
        const bool stopped = t.advantage > 0 ? moved > 0.2 : moved < -0.2;
        return (stopped ? 0 : -t.ratio() * t.advantage) + 2 * 1e-3 * (t.log_prob - t.old_log_prob);
    });
}
