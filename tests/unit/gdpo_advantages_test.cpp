// SPDX-License-Identifier: MIT

// gdpo_advantages against its parts. tests/golden/scores_test.cpp has what trainers compute.

#include "contract/contract.hpp"
#include "support/refusal.hpp"
#include "support/row_groups.hpp"

#include <rlhf/recipe/gdpo_advantages.hpp>

namespace {

using rlhf::group_baseline;
using options = rlhf::gdpo_advantages_options;

template <class T>
std::vector<T> scores(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, 0.5, 2);
}

/// Two rewards per token.
template <class T>
rlhf::gdpo_advantages_result of_rows(const contract::call<T>& c) {
    const test::row_groups<T> rows(c);
    std::vector<T> rewards = rows.inputs[0], a(rewards.size()), room(rewards.size());
    rewards.insert(rewards.end(), rows.inputs[1].begin(), rows.inputs[1].end());
    const auto n = static_cast<std::int64_t>(a.size());
    const std::vector<T> weights{1, T(0.3)};
    std::vector<std::int64_t> workspace(2 * a.size());
    const auto r =
        rlhf::gdpo_advantages<T>({.ids = rows.ids, .workspace = workspace},
                                 {.rewards = rlhf::view<const T>(rewards.data(), {.sequences = 2, .steps = n}),
                                  .weights = weights,
                                  .workspace = room,
                                  .advantages = a},
                                 {.whiten = rlhf::no_whitening}, c.run);
    rows.scatter(a);
    return r;
}

rlhf::batch one_each(std::size_t n) {
    return {.sequences = n, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

} // namespace

TEMPLATE_TEST_CASE("gdpo_advantages: same bits however the batch is laid out, with rows as groups", "[contract]", float,
                   double) {
    using T = TestType;
    contract::holds<T>(
        {.inputs = {scores<T>, scores<T>}, .predict_next = false, .lengths = {900, 0, 1, 16, 33, 5}},
        [&](const contract::call<T>& c) { return of_rows<T>(c); },
        [](const rlhf::gdpo_advantages_result& r) {
            return std::vector<double>{r.advantages.count(), r.advantages.mean(), r.unscorable};
        });
}

TEST_CASE("gdpo_advantages: its parts") {
    test::random r(3);
    const std::size_t n = 96;
    const auto rewards = test::normals<double>(r, 3 * n);
    const std::vector<double> weights{0.5, 1, -2};
    std::vector<double> a(n), room(n), sum(n), one(n);
    const auto got = rlhf::gdpo_advantages<double>(
        {.size = 8}, {.rewards = rlhf::view<const double>(rewards.data(), {.sequences = 3, .steps = n}),
                      .weights = weights,
                      .workspace = room,
                      .advantages = a});
    for (std::size_t k = 0; k < 3; ++k) {
        rlhf::group_advantages<double>({.size = 8},
                                       {.rewards = std::span(rewards).subspan(k * n, n), .advantages = one});
        for (std::size_t s = 0; s < n; ++s) sum[s] += weights[k] * one[s]; // products by powers of two are exact
    }
    const rlhf::moments m = rlhf::whiten<double>(one_each(n), sum);
    CHECK(test::same_bits(a, sum));
    CHECK((got.advantages.count() == 96 && got.advantages.variance() == m.variance() && got.unscorable == 0));
    CHECK(test::same_bits(one, room));
}

TEST_CASE("gdpo_advantages: one reward, flat, without weights, is group_advantages") {
    const std::vector<float> rewards{1, 2, 5, 4};
    std::vector<float> a(4), room(4), want(4);
    rlhf::gdpo_advantages({.size = 2}, {.rewards = rewards, .workspace = room, .advantages = a},
                          {.whiten = rlhf::no_whitening});
    rlhf::group_advantages({.size = 2}, {.rewards = rewards, .advantages = want});
    CHECK(a == want);
}

TEST_CASE("gdpo_advantages: results are joined") {
    rlhf::gdpo_advantages_result r{.advantages = {}, .unscorable = 2};
    r += {.advantages = rlhf::reward_moments<float>(std::vector<float>{1, 2, 6}), .unscorable = 3};
    CHECK((r.unscorable == 5 && r.advantages.count() == 3 && r.advantages.mean() == 3));
}

TEST_CASE("gdpo_advantages: what it refuses") {
    std::vector<float> twelve(12, 1.F), six(6), room(6), five(5);
    const std::vector<float> weights{1, 2};
    const auto says = [&](auto change, const options& o = {}, std::size_t size = 3) {
        rlhf::gdpo_advantages_arrays<float> a{.rewards =
                                                  rlhf::view<const float>(twelve.data(), {.sequences = 2, .steps = 6}),
                                              .weights = weights,
                                              .workspace = room,
                                              .advantages = six};
        change(a);
        return test::refusal([&] { rlhf::gdpo_advantages<float>({.size = size}, a, o); });
    };
    const auto nothing = [](auto&) {};
    CHECK(says(nothing) == "");
    CHECK(says(nothing, {}, 4) == "rlhf::gdpo_advantages: 6 sequences are not a multiple of the group size 4");
    CHECK(says([](auto& a) { a.workspace = {}; }) == "rlhf::gdpo_advantages: workspace is missing");
    CHECK(says([](auto& a) { a.advantages = {}; }) == "rlhf::gdpo_advantages: advantages is missing");
    CHECK(says([&](auto& a) { a.advantages = five; }) ==
          "rlhf::gdpo_advantages: advantages has 5 elements, expected 6 (one per sequence)");
    CHECK(says([&](auto& a) { a.weights = five; }) == "rlhf::gdpo_advantages: weights has 5 elements, expected 2");
    CHECK(says([&](auto& a) { a.workspace = six; }) == "rlhf::gdpo_advantages: workspace overlaps advantages");
    CHECK(says([&](auto& a) { a.workspace = std::span(twelve).last(6); }) ==
          "rlhf::gdpo_advantages: workspace overlaps rewards");
    CHECK(says(nothing, {.group = {.ddof = -1}}) == "rlhf::gdpo_advantages: ddof is -1, expected at least 0");
    CHECK(says(nothing, {.whiten = {.epsilon = -1}}) == "rlhf::gdpo_advantages: epsilon is -1, expected at least 0");
    CHECK(says(nothing, {.group = {.baseline = group_baseline::given}}) ==
          "rlhf::gdpo_advantages: baselines and baseline = given need each other");
}
