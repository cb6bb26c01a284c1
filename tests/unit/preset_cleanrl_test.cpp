// SPDX-License-Identifier: MIT

// What is read in the source, as numbers of a few tokens.

#include "support/preset_tokens.hpp"

#include <rlhf/recipe/preset/cleanrl.hpp>

using test::clipped_slope, test::has_slopes, test::preset_token;

namespace cleanrl = rlhf::preset::cleanrl;

TEST_CASE("presets: CleanRL's losses", "[presets]") {
    has_slopes(cleanrl::ppo_policy_loss, false,
               [](const preset_token& t) { return clipped_slope(t.ratio(), t.advantage, 0.8, 1.2); });
    const std::vector<double> values{1, 2}, old{1.5, 1.9}, returns{0, 3};
    std::vector<double> d(2);
    const auto r = rlhf::ppo_value_loss<double>(
        {.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.values = values, .old_values = old, .returns = returns, .d_values = d}, cleanrl::ppo_value_loss);
    CHECK(r.loss() == Approx(0.5 * (1.3 * 1.3 + 1) / 2)); // 1 is clipped to 1.3
    CHECK(d == std::vector<double>{0, -0.5});
    CHECK((cleanrl::value_coef == 0.5 && cleanrl::entropy_coef == 0.01));
}

TEST_CASE("presets: CleanRL's advantages", "[presets]") {
    const std::vector<double> rewards{1, 1, 1}, values{0.5, 0.25, 0.75}, bootstrap{2};
    const std::vector<std::uint8_t> ends{0, 1, 0};
    std::vector<double> a(3);
    const rlhf::batch b{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::gae<double>(
        b, {.rewards = rewards, .values = values, .bootstrap_values = bootstrap, .terminated = ends, .advantages = a},
        cleanrl::gae);
    CHECK(a[2] == Approx(1 + 0.99 * 2 - 0.75));
    CHECK(a[1] == Approx(1 - 0.25));
    CHECK(a[0] == Approx(1 + 0.99 * 0.25 - 0.5 + 0.99 * 0.95 * a[1]));
    std::vector<double> x{0, 2e-8};
    rlhf::whiten<double>({.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here}, rlhf::view<double>(x),
                         cleanrl::whiten);
    CHECK(x[1] == Approx(1e-8 / (std::sqrt(2) * 1e-8 + 1e-8))); // ddof 1, ε beside the root
}
