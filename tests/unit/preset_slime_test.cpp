// SPDX-License-Identifier: MIT

// What is read in the source, as numbers of a few tokens.

#include "support/preset_tokens.hpp"

#include <rlhf/recipe/preset/slime.hpp>

using test::clipped_slope, test::has_slopes, test::preset_token, test::preset_weights;

namespace slime = rlhf::preset::slime;

TEST_CASE("presets: slime's policy losses", "[presets]") {
    has_slopes(slime::ppo_policy_loss, true,
               [](const preset_token& t) { return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2); });
    has_slopes(slime::cispo, slime::policy_loss, true,
               [](const preset_token& t) { return -std::fmin(std::fmax(t.ratio(), 0.8), 1.2) * t.advantage; });
    has_slopes(slime::gspo, slime::policy_loss, true,
               [](const preset_token& t) { return clipped_slope(t.sequence_ratio, t.advantage, 0.8, 1.2); });
    CHECK(slime::ppo_value_loss.clip_range == 0.2);
}

TEST_CASE("presets: slime's corrections and advantages", "[presets]") {
    const auto w = preset_weights(slime::tis);
    CHECK((w[3] == Approx(std::exp(-2.3)) && w[2] == 2));
    // Both sequences are nearer to the policy than to what sampled them: mean(−ρ) is below 10⁻⁴, and nothing drops.
    CHECK(preset_weights(slime::opsm) == std::vector<double>(6, 1));
    std::vector<double> drifted(6), keep{1, 1, 0, 0, 1, 0}; // of the two policies changed over, those of Â < 0 drop
    rlhf::importance_weights<double>(test::preset_batch,
                                     {.log_probs = test::preset_old_log_probs,
                                      .behavior_log_probs = test::preset_log_probs,
                                      .advantages = test::preset_advantages,
                                      .weights = drifted},
                                     slime::opsm);
    CHECK(drifted == keep);
    const std::vector<double> rewards{1, 0, 0, 1};
    std::vector<double> a(4);
    rlhf::group_advantages<double>({.size = 4}, {.rewards = rewards, .advantages = a}, slime::grpo);
    CHECK(a[0] == Approx(0.5 / (std::sqrt(1.0 / 3) + 1e-6)).epsilon(1e-13)); // ddof 1, ε 10⁻⁶ beside the root
}
