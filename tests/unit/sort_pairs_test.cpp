// SPDX-License-Identifier: MIT
#include "support/cases.hpp"

#include <rlhf/recipe/preference_pairs.hpp>
#include <rlhf/recipe/sort_pairs.hpp>

#include <algorithm>

TEMPLATE_TEST_CASE("sort_pairs: each side rises, and every place stays on its side", "", std::int32_t, std::int64_t) {
    test::random r(3);
    const std::size_t n = 200;
    const auto sums = test::normals<float>(r, 2 * n, 0, 3);
    std::vector<TestType> chosen(n), rejected(n);
    for (std::size_t p = 0; p < n; ++p) chosen[p] = TestType(p), rejected[p] = TestType(n + p);
    auto before = chosen;
    rlhf::sort_pairs<float>(sums, std::span(chosen), std::span(rejected));
    for (const auto* side : {&chosen, &rejected})
        for (std::size_t p = 1; p < n; ++p) REQUIRE(sums[std::size_t((*side)[p - 1])] <= sums[std::size_t((*side)[p])]);
    std::sort(chosen.begin(), chosen.end());
    CHECK(chosen == before);
}

TEST_CASE("sort_pairs: equal sums keep the order of places, and NaN is last") {
    const double none = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    const std::vector<double> sums{2, none, 1, 2, 1, -inf, none, inf, 0.0, -0.0};
    std::vector<std::int32_t> all{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, other{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    rlhf::sort_pairs<double>(sums, std::span(all), std::span(other));
    const std::vector<std::int32_t> sorted{5, 8, 9, 2, 4, 0, 3, 7, 1, 6};
    CHECK((all == sorted && other == sorted));
    const rlhf::view apart(sums.data(), {.sequences = 5, .steps = 1, .stride = 2}); // 2, 1, 1, none, 0
    std::vector<std::int32_t> few{0, 1, 2}, last{3, 4, 0};
    rlhf::sort_pairs<double>(apart, std::span(few), std::span(last));
    CHECK((few == std::vector<std::int32_t>{1, 2, 0} && last == std::vector<std::int32_t>{4, 0, 3}));
}

TEST_CASE("sort_pairs: slopes go to the answers that had the ranks, in parts as in one") {
    const std::vector<double> sums{3, 1, 2, /**/ 0, 5, 1};
    std::vector<std::int32_t> chosen{0, 1, 2}, rejected{3, 4, 5};
    rlhf::sort_pairs<double>(sums, std::span(chosen), std::span(rejected));
    std::vector<double> d(6), part(6), joined(6, 0.0); // pairs of ranks: 1 − 0, 2 − 1, 3 − 5
    const auto run = [&](std::size_t first, std::size_t n, std::vector<double>& to) {
        rlhf::preference_pairs<double>({.steps = n, .mask = rlhf::all, .denominator = rlhf::counts{3, 1}},
                                       {.sums = sums,
                                        .chosen = std::span(chosen).subspan(first, n),
                                        .rejected = std::span(rejected).subspan(first, n),
                                        .d_sums = to},
                                       rlhf::ipo{.beta = 0.5});
    };
    run(0, 3, d);
    const std::vector<double> want{-6.0 / 3, 0, 0, 0, 6.0 / 3, 0}; // 2 (Δ − 1) / 3
    CHECK(d == want);
    for (std::size_t p = 0; p < 3; ++p) {
        run(p, 1, part);
        for (std::size_t i = 0; i < 6; ++i) joined[i] += part[i];
    }
    CHECK(joined == d);
}

TEST_CASE("sort_pairs: wrong arguments throw, and nothing is sorted") {
    const std::vector<float> sums{3, 2, 1};
    std::vector<std::int32_t> right{0, 1, 2}, high{0, 3, 1}, low{-1, 0, 1}, two{1, 0};
    const auto said = [&](std::vector<std::int32_t>& c, std::vector<std::int32_t>& j) {
        const auto words = test::refusal([&] { rlhf::sort_pairs<float>(sums, std::span(c), std::span(j)); });
        CHECK(right == std::vector<std::int32_t>{0, 1, 2});
        return words;
    };
    const std::string f = "rlhf::sort_pairs: ";
    CHECK(said(right, two) == f + "rejected has 2 elements, expected 3");
    CHECK(said(right, high) == f + "rejected of pair 1 is 3, which is outside the 3 sequences");
    CHECK(said(low, right) == f + "chosen of pair 0 is -1, which is outside the 3 sequences");
    std::vector<std::int32_t> none;
    rlhf::sort_pairs<float>({}, std::span(none), std::span(none));
}
