// SPDX-License-Identifier: MIT

// What is read in the source, as numbers of a few tokens.

#include "support/preset_tokens.hpp"

#include <rlhf/recipe/preset/nemo_rl.hpp>

using test::clipped_slope, test::has_slopes, test::preset_token, test::preset_weights;

namespace nemo_rl = rlhf::preset::nemo_rl;

TEST_CASE("presets: NeMo-RL's policy losses", "[presets]") {
    has_slopes(nemo_rl::ppo_policy_loss, false,
               [](const preset_token& t) { return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2); });
    // With its sampling, the gradient of k3 is the log ratio to the reference, which is π_old here.
    has_slopes(nemo_rl::kl_policy_loss, false, [](const preset_token& t) {
        return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2) + 0.01 * (t.log_prob - t.old_log_prob);
    });
    has_slopes(nemo_rl::cispo, nemo_rl::policy_loss, false,
               [](const preset_token& t) { return -std::fmin(std::fmax(t.ratio(), 0.8), 1.2) * t.advantage; });
    has_slopes(nemo_rl::gspo, nemo_rl::gspo_policy_loss, true,
               [](const preset_token& t) { return clipped_slope(t.sequence_ratio, t.advantage, 0.8, 1.2); });
}

TEST_CASE("presets: NeMo-RL's corrections", "[presets]") {
    const auto w = preset_weights(nemo_rl::icepop);
    CHECK((w[0] == Approx(std::exp(0.1)) && w[2] == 0 && w[3] == 0));           // ratios of 30 and 0.1
    CHECK(preset_weights(nemo_rl::sequence_mask) == std::vector<double>(6, 0)); // e^0.225 and e^0.31
}
