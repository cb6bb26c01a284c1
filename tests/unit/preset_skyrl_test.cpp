// SPDX-License-Identifier: MIT

// What is read in the source, as numbers of a few tokens.

#include "support/preset_tokens.hpp"

#include <rlhf/recipe/preset/skyrl.hpp>

using test::clipped_slope, test::has_slopes, test::preset_token, test::preset_weights;

namespace skyrl = rlhf::preset::skyrl;

TEST_CASE("presets: SkyRL's policy losses", "[presets]") {
    has_slopes(skyrl::ppo_policy_loss, false,
               [](const preset_token& t) { return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2); });
    has_slopes(skyrl::dual_clip_policy_loss, false, [](const preset_token& t) {
        return t.advantage < 0 && t.ratio() > 3 ? 0 : clipped_slope(t.ratio(), t.advantage, 0.8, 1.2);
    });
    has_slopes(skyrl::cispo, skyrl::policy_loss, false,
               [](const preset_token& t) { return -std::fmin(t.ratio(), 5) * t.advantage; });
    has_slopes(skyrl::rollout_is, skyrl::policy_loss, false,
               [](const preset_token& t) { return t.ratio() > 0.8 && t.ratio() < 1.2 ? -t.ratio() * t.advantage : 0; });
    has_slopes(skyrl::sapo, skyrl::policy_loss, false, [](const preset_token& t) {
        const double tau = t.advantage > 0 ? 1 : 1.05, gate = 1 / (1 + std::exp(-tau * (t.ratio() - 1)));
        return -4 * gate * (1 - gate) * t.ratio() * t.advantage;
    });
    has_slopes(skyrl::gspo, skyrl::gspo_policy_loss, false,
               [](const preset_token& t) { return clipped_slope(t.sequence_ratio, t.advantage, 0.8, 1.2); });
    has_slopes(skyrl::dppo_tv, skyrl::policy_loss, false, [](const preset_token& t) {
        const double moved = std::exp(t.log_prob) - std::exp(t.old_log_prob);
        return (t.advantage > 0 ? moved > 0.2 : moved < -0.2) ? 0 : -t.ratio() * t.advantage;
    });
    CHECK((skyrl::ppo_policy_loss.log_ratio_limit == 20 && skyrl::gspo_policy_loss.log_ratio_limit == 10));
    CHECK(skyrl::ppo_value_loss.clip_range == 0.2);
}

TEST_CASE("presets: SkyRL's corrections and advantages", "[presets]") {
    const auto token = preset_weights(skyrl::token_tis), sequence = preset_weights(skyrl::sequence_tis);
    CHECK(token[0] == Approx(std::exp(0.1)));
    CHECK(token[2] == 2);
    CHECK(sequence[0] == Approx(std::exp(0.9))); // 0.1 − 0.3 + 3.4 − 2.3
    CHECK(preset_weights(skyrl::geometric_mask) == std::vector<double>(6, 0));
    CHECK(preset_weights(skyrl::product_mask) == std::vector<double>{0, 0, 0, 0, 1, 1}); // e^0.9 and e^0.62
    std::vector<double> one{3}, a(1);
    rlhf::group_advantages<double>({.size = 1}, {.rewards = one, .advantages = a}, skyrl::grpo);
    CHECK(a[0] == 3);
}
