// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "support/refusal.hpp"

#include <rlhf/reward/ranking_loss.hpp>
#include <rlhf/reward/reward_bias.hpp>

TEMPLATE_TEST_CASE("reward_bias: same bits however the batch is laid out", "", float, double) {
    const contract::problem<TestType> p{.inputs = {test::advantages<TestType>}, .outputs = 0, .merges = false};
    const auto digest = [](double bias) { return std::vector<double>{bias}; };
    contract::holds<TestType>(
        p, [](const contract::call<TestType>& c) { return rlhf::reward_bias<TestType>(c.batch, c.in[0], c.run); },
        digest);
}

TEMPLATE_TEST_CASE("reward_bias: demonstrations score 0 after it", "", float, double) {
    test::random r(5);
    const std::size_t n = 1000;
    const auto rewards = test::normals<TestType>(r, n, 3, 2);
    const auto mask = test::flags(r, n, 0.7);
    long double sum = 0, counted = 0;
    for (std::size_t i = 0; i < n; ++i)
        if (mask[i] != 0) sum += static_cast<long double>(rewards[i]), ++counted;
    const rlhf::batch b{.steps = n, .mask = mask, .denominator = rlhf::counted_here};
    CHECK(test::close(rlhf::reward_bias<TestType>(b, rewards), -sum / counted, 1));
}

TEST_CASE("reward_bias: a shift changes no comparison") {
    const std::vector<double> rewards{1.5, 0.25, -0.5, 2};
    std::vector<double> shifted(rewards), d(4), d_shifted(4);
    const rlhf::batch b{.steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const double bias = rlhf::reward_bias<double>(b, rewards);
    CHECK(bias == -0.8125);
    for (double& x : shifted) x += bias;
    CHECK(rlhf::reward_bias<double>(b, shifted) == 0);
    const auto before = rlhf::ranking_loss<double>(b, {.rewards = rewards, .d_rewards = d});
    const auto after = rlhf::ranking_loss<double>(b, {.rewards = shifted, .d_rewards = d_shifted});
    CHECK(before.loss() == after.loss());
    CHECK(d == d_shifted);
}

TEST_CASE("reward_bias: nothing counted, and sizes") {
    const std::vector<float> rewards(3, 1.0F);
    const std::vector<std::uint8_t> none(3, 0);
    CHECK(rlhf::reward_bias({.steps = 3, .mask = none, .denominator = rlhf::counted_here}, rewards) == 0);
    CHECK(test::refusal([&] {
              (void)rlhf::reward_bias({.steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here}, rewards);
          }) == "rlhf::reward_bias: rewards has 3 elements, expected 4");
}
