// SPDX-License-Identifier: MIT

// What is read in the source, as numbers of a few tokens.

#include "support/preset_tokens.hpp"

#include <rlhf/recipe/preset/lm_human_preferences.hpp>

using test::clipped_slope, test::has_slopes, test::preset_token;

namespace lm = rlhf::preset::lm_human_preferences;

TEST_CASE("presets: lm-human-preferences' losses", "[presets]") {
    has_slopes(lm::ppo_policy_loss, false,
               [](const preset_token& t) { return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2); });
    CHECK((lm::ppo_value_loss.clip_range == 0.2 && lm::value_coef == 0.1));
}

TEST_CASE("presets: lm-human-preferences' rewards and advantages", "[presets]") {
    const rlhf::batch b{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::vector<double> log_probs{-1, -2, -3}, ref{-1.5, -1, -3}, score{2}, values{0.5, 0.25, 0.75};
    std::vector<double> r(3), a(3);
    rlhf::shape_rewards<double>(b, {.log_probs = log_probs, .ref_log_probs = ref, .scores = score, .rewards = r},
                                lm::shape_rewards);
    for (std::size_t i = 0; i < 3; ++i) CHECK(r[i] == Approx(std::vector{-0.1, 0.2, 2.0}[i]));
    rlhf::whiten<double>(b, rlhf::view<double>(r), lm::whiten_rewards);
    const double mean = 0.7, deviation = std::sqrt((0.8 * 0.8 + 0.5 * 0.5 + 1.3 * 1.3) / 3);
    CHECK(r[0] == Approx(-0.8 / deviation + mean));
    rlhf::gae<double>(b, {.rewards = r, .values = values, .advantages = a}, lm::gae);
    CHECK(a[2] == Approx(r[2] - 0.75));
    CHECK(a[1] == Approx(r[1] + 0.75 - 0.25 + 0.95 * a[2]));
    rlhf::whiten<double>(b, rlhf::view<double>(a), lm::whiten);
    CHECK(a[0] * a[0] + a[1] * a[1] + a[2] * a[2] == Approx(3)); // ddof 0
    CHECK(rlhf::updated(lm::kl_controller, 12, 64).kl_coef == Approx(0.15 * (1 + 0.2 * 64 / 10000)));
}
