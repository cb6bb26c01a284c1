// SPDX-License-Identifier: MIT

// ranking_loss of rewards that are not finite, what it refuses, and its bits in registers.

#include "support/cases.hpp"

#include <rlhf/reward/bradley_terry_loss.hpp>
#include <rlhf/reward/ranking_loss.hpp>

using test::one_prompt;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

} // namespace

TEST_CASE("ranking_loss: wrong arguments throw, and nothing is written") {
    const std::vector<float> rewards{1, 2, 3, 4, 5, 6}, two{1, 2};
    const std::vector<int> five(5);
    const auto said = [&](rlhf::batch b, rlhf::ranking_loss_arrays<float> a, const rlhf::ranking_loss_options& o = {}) {
        std::vector<float> d(6, 7.f);
        a.d_rewards = d;
        const auto words = test::refusal([&] { rlhf::ranking_loss(b, a, o); });
        CHECK(d == std::vector<float>(6, 7.f));
        return words;
    };
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::string f = "rlhf::ranking_loss: ";
    CHECK(said(b, {.rewards = two}) == f + "rewards has 2 elements, expected 6");
    CHECK(said(b, {.rewards = rewards, .ranks = five}) ==
          f + "ranks has 5 elements, expected 6 in the shape of the batch");
    CHECK(said(b, {.rewards = rewards, .ranks = rlhf::view(five.data(), {.sequences = 3, .steps = 2})}) ==
          f + "ranks has 6 elements, expected 6 in the shape of the batch");
    CHECK(said(b, {.rewards = rewards,
                   .ranks = rlhf::index_view(five.data(), {.sequences = 2, .steps = 3, .stride = 2})}) ==
          f + "ranks has a stride of 2, shorter than its row of 3");
    CHECK(said(b, {.rewards = rewards,
                   .ranks = rlhf::index_view(static_cast<const int*>(nullptr), {.sequences = 2, .steps = 3})}) ==
          f + "ranks is a null pointer to 6 elements");
    CHECK(said(b, {.rewards = rewards}, {.margin = NaN}) == f + "margin is nan, expected a finite number");
    CHECK(said(b, {.rewards = rewards}, {.label_smoothing = -0.1}) == f + "label_smoothing is -0.1, expected [0, 0.5]");
    CHECK(said(b, {.rewards = rewards}, {.margin = -1e39}) == f + "margin is -1e+39, which is infinite as a float");
    CHECK(said(b, {.rewards = rewards}, {.center_coef = 1e39}) ==
          f + "center_coef is 1e+39, expected [0, 3.40282e+38]");
    CHECK(said(b, {.rewards = rewards}, {.center_coef = inf}).starts_with(f + "center_coef is inf, expected [0, "));
    rlhf::batch shifted = b, over = b;
    shifted.predict_next = true, over.denominator = rlhf::counts{100, 1};
    CHECK(said(shifted, {.rewards = rewards}) ==
          f + "batch.predict_next is true, but the steps of a ranking are responses");
    CHECK(said(over, {.rewards = rewards}) ==
          f + "the batch counts 2 sequences, more than its denominator 1; a part cannot exceed the whole");
    std::vector<float> in_place(rewards), many(1025);
    CHECK(test::refusal([&] { rlhf::ranking_loss(b, {.rewards = in_place, .d_rewards = in_place}); }) ==
          f + "d_rewards overlaps rewards");
    CHECK(test::refusal([&] { rlhf::ranking_loss(one_prompt(1025), {.rewards = many}); }) ==
          f + "a prompt has 1025 responses, expected at most 1024");
}

TEST_CASE("ranking_loss: NaN makes its own prompt NaN, and is counted") {
    test::random r(2);
    const auto clean = test::normals<float>(r, 12);
    auto rewards = clean;
    rewards[5] = NaN;
    std::vector<float> d(12), want(12);
    const rlhf::batch b{.sequences = 3, .steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto got = rlhf::ranking_loss(b, {.rewards = rewards, .d_rewards = d});
    rlhf::ranking_loss(b, {.rewards = clean, .d_rewards = want});
    CHECK(std::isnan(got.loss()));
    CHECK(got.nonfinite() == 3); // the pairs of one response
    for (std::size_t i = 0; i < 12; ++i)
        if (i < 4 || i > 7) CHECK(test::same_bits(d[i], want[i]));
}

TEMPLATE_TEST_CASE("ranking_loss: infinite rewards give the limits of bradley_terry_loss", "", float, double) {
    using T = TestType;
    constexpr T big = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    constexpr T huge = std::numeric_limits<T>::max() / 1024; // no sum overflows
    for (const std::size_t K : {5U, 40U})
        for (const std::vector<T>& some : {std::vector<T>{big, 1, 0},
                                           {1, big, 0},
                                           {0, 1, -big},
                                           {-big, 0, big},
                                           {big, big, 0},
                                           {0, nan, 1},
                                           {-big, -big, 2},
                                           {huge, -huge, 0}}) {
            CAPTURE(K, some);
            std::vector<T> rewards(K, T(0.5)), better, worse, d(K);
            std::copy(some.begin(), some.end(), rewards.begin() + 1);
            std::vector<std::int32_t> rank(K); // the last two are tied
            for (std::size_t k = 0; k < K; ++k) rank[k] = static_cast<std::int32_t>(std::min(k, K - 2));
            for (std::size_t i = 0; i < K; ++i)
                for (std::size_t j = i + 1; j < K; ++j)
                    if (rank[i] != rank[j]) better.push_back(rewards[i]), worse.push_back(rewards[j]);
            for (const double smoothing : {0.0, 0.1}) {
                const auto got = rlhf::ranking_loss<T>(
                    one_prompt(K), {.rewards = rewards, .ranks = rank, .d_rewards = d}, {.label_smoothing = smoothing});
                const auto want = rlhf::bradley_terry_loss<T>(one_prompt(better.size()),
                                                              {.chosen_rewards = better, .rejected_rewards = worse},
                                                              {.label_smoothing = smoothing});
                const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
                CHECK(got.nonfinite() == want.nonfinite());
                CHECK(got.accuracy() == want.accuracy());
                CHECK(got.comparisons() == want.comparisons());
                CHECK(std::isfinite(got.loss()) == std::isfinite(want.loss()));
                if (!std::isfinite(want.loss())) CHECK(same(got.loss(), want.loss()));
                if (some[0] != huge) CHECK(same(got.mean_margin(), want.mean_margin()));
            }
        }
}

TEST_CASE("ranking_loss: equal rewards count as wrong") {
    const std::vector<float> rewards(800, 0.5f); // full registers of prompts, and others
    for (const std::int64_t K : {2, 4, 40}) {
        const rlhf::batch b{.sequences = 800 / K, .steps = K, .mask = rlhf::all, .denominator = rlhf::counted_here};
        CHECK(rlhf::ranking_loss<float>(b, {.rewards = rewards}).accuracy() == 0);
    }
}
