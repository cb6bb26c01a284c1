// SPDX-License-Identifier: MIT

// What is read in the source, as numbers of a few tokens.

#include "support/preset_tokens.hpp"

#include <rlhf/recipe/preset/papers.hpp>

using test::clipped_slope, test::has_slopes, test::preset_token;

namespace preset = rlhf::preset;

TEST_CASE("presets: policy losses of papers", "[presets]") {
    const auto ppo = [](double low, double high) {
        return [=](const preset_token& t) { return clipped_slope(t.ratio(), t.advantage, low, high); };
    };
    has_slopes(preset::instructgpt::ppo_policy_loss, false, ppo(0.8, 1.2));
    has_slopes(preset::dapo::ppo_policy_loss, false, ppo(0.8, 1.28));
    has_slopes(preset::dr_grpo::ppo_policy_loss, false, ppo(0.8, 1.2));
    has_slopes(preset::gspo::objective, preset::gspo::policy_loss, true,
               [](const preset_token& t) { return clipped_slope(t.sequence_ratio, t.advantage, 1 - 3e-4, 1 + 4e-4); });
    has_slopes(preset::scalerl::objective, {}, false,
               [](const preset_token& t) { return -std::fmin(t.ratio(), 5) * t.advantage; });
    has_slopes(preset::dppo::objective, {}, false, [](const preset_token& t) {
        const double now = std::exp(t.log_prob), old = std::exp(t.old_log_prob), rest = (1 - old) / (1 - now);
        const bool outward = t.advantage > 0 ? now > old : now < old;
        const bool stopped = outward && -old * std::log(t.ratio()) + (1 - old) * std::log(rest) > 0.05;
        return stopped ? 0 : -t.ratio() * t.advantage;
    });
    has_slopes(preset::grpo::ppo_policy_loss, true, [](const preset_token& t) {
        return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2) + 0.04 * (1 - 1 / t.ratio()); // π_old as the reference
    });
    CHECK((preset::gspo::objective.range.low == 3e-4 && preset::gspo::objective.range.high == 4e-4));
}

TEST_CASE("presets: rewards and advantages of papers", "[presets]") {
    const auto& o = preset::instructgpt::ppo_advantages;
    CHECK((o.rewards.kl_coef == 0.02 && o.gae.gamma == 1 && o.gae.lambda == 0.95 &&
           preset::instructgpt::ptx_coef == 27.8));
    const std::vector<double> rewards{1, 0, 0, 1};
    std::vector<double> a(4);
    rlhf::group_advantages<double>({.size = 4}, {.rewards = rewards, .advantages = a},
                                   preset::dr_grpo::group_advantages);
    CHECK(a == std::vector<double>{0.5, -0.5, -0.5, 0.5});
    rlhf::group_advantages<double>({.size = 4}, {.rewards = rewards, .advantages = a}, preset::dapo::group_advantages);
    CHECK(a[0] == Approx(0.5 / std::sqrt(1.0 / 3)).epsilon(1e-5)); // up to ε
    const std::vector<std::int32_t> lengths{16384, 18432, 20480, 30000};
    rlhf::shape_scores<double>({.sequences = 4, .mask = rlhf::all, .denominator = rlhf::counted_here},
                               {.scores = rewards, .lengths = lengths, .shaped = a}, preset::dapo::shape_scores);
    CHECK(a == std::vector<double>{1, -0.5, -1, 0});
}
