// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "support/cases.hpp"

#include <rlhf/recipe/preference_pairs.hpp>

namespace {

constexpr std::size_t answers = 9;

std::vector<double> digest(const rlhf::preference_loss_result& r) {
    return {r.loss(),        r.mean_loss(), r.own.tokens,           r.own.sequences,
            r.comparisons(), r.accuracy(),  r.mean_chosen_reward(), r.mean_rejected_reward(),
            r.mean_margin(), r.nonfinite()};
}
std::vector<std::int32_t> places(test::random& r, std::size_t n) { return test::targets<std::int32_t>(r, n, answers); }

template <class T>
std::vector<T> some_sums() {
    test::random r(11);
    return test::normals<T>(r, answers, 0, 3);
}

template <class T, class Objective>
void contract_holds(const Objective& objective) {
    const auto sums = some_sums<T>();
    contract::holds<T>(
        {.inputs = {test::advantages<T>, test::advantages<T>}, .indices = {places, places}, .outputs = 0},
        [&](const contract::call<T>& c) {
            return rlhf::preference_pairs<T>(
                c.batch,
                {.sums = sums, .chosen = c.index(0), .rejected = c.index(1), .margins = c.in[0], .weights = c.in[1]},
                objective);
        },
        digest);
}

rlhf::batch pairs(std::size_t n) { return {.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here}; }

} // namespace

TEMPLATE_TEST_CASE("preference_pairs: same bits however the batch is laid out", "[contract]", float, double) {
    contract_holds<TestType>(rlhf::dpo{.beta = 0.5, .label_smoothing = 0.1});
}

TEMPLATE_TEST_CASE("preference_pairs: equals preference_loss of the gathered sums, and adds gradients up", "", float,
                   double) {
    using T = TestType;
    test::random r(41);
    const std::size_t n = 700; // several blocks
    const auto sums = some_sums<T>(), margins = test::normals<T>(r, n), weights = test::normals<T>(r, n, 1, 0.5);
    auto chosen = places(r, n), rejected = places(r, n);
    const auto mask = test::flags(r, n, 0.8);
    std::vector<T> c(n), j(n), d_c(n), d_j(n), expected(answers), d(answers, T(7));
    for (std::size_t p = 0; p < n; ++p) {
        if (mask[p] == 0) chosen[p] = -5, rejected[p] = 1 << 30; // they name nothing
        if (mask[p] != 0)
            c[p] = sums[static_cast<std::size_t>(chosen[p])], j[p] = sums[static_cast<std::size_t>(rejected[p])];
    }
    const rlhf::dpo objective{.beta = 0.5, .label_smoothing = 0.1};
    for (const rlhf::denominator of : {rlhf::denominator(rlhf::counted_here), rlhf::denominator({1000, 3})}) {
        const rlhf::batch b{.steps = n, .mask = mask, .denominator = of};
        const auto want = rlhf::preference_loss<T>(b,
                                                   {.chosen = c,
                                                    .rejected = j,
                                                    .margins = margins,
                                                    .weights = weights,
                                                    .d_chosen = rlhf::write_to(d_c, 3),
                                                    .d_rejected = rlhf::write_to(d_j, 3)},
                                                   objective);
        std::fill(expected.begin(), expected.end(), T(0));
        for (std::size_t p = 0; p < n; ++p)
            if (mask[p] != 0)
                expected[static_cast<std::size_t>(chosen[p])] += d_c[p],
                    expected[static_cast<std::size_t>(rejected[p])] += d_j[p];
        const auto got = rlhf::preference_pairs<T>(b,
                                                   {.sums = sums,
                                                    .chosen = chosen,
                                                    .rejected = rejected,
                                                    .margins = margins,
                                                    .weights = weights,
                                                    .d_sums = rlhf::write_to(d, 3)},
                                                   objective);
        CHECK(test::same_bits(d, expected));
        CHECK(test::same_bits(digest(got), digest(want)));
    }
}

TEST_CASE("preference_pairs: K ranked answers, each in many pairs") {
    // Three answers, best first, and one that has no pair.
    const std::vector<double> sums{1, 0.5, -1, 9};
    const std::vector<std::int64_t> chosen{0, 0, 1}, rejected{1, 2, 2};
    std::vector<double> d(4, 7), added(4, 7), spread(8, 7);
    const auto r = rlhf::preference_pairs<double>(
        pairs(3), {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d}, rlhf::ipo{.beta = 0.5});
    // Δ − 1 = −½, 1, ½; slopes 2 (Δ − 1) / 3
    CHECK(r.loss() == Approx((0.25 + 1 + 0.25) / 3));
    CHECK(r.accuracy() == 1);
    CHECK(d[0] == Approx((-1.0 + 2.0) / 3));
    CHECK(d[1] == Approx((1.0 + 1.0) / 3));
    CHECK(d[2] == Approx((-2.0 - 1.0) / 3));
    CHECK(test::same_bits(d[3], 0.0));
    rlhf::preference_pairs<double>(
        pairs(3), {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = rlhf::add_to(added, 2)},
        rlhf::ipo{.beta = 0.5});
    for (std::size_t i = 0; i < 4; ++i) CHECK(added[i] == Approx(7 + 2 * d[i]));
    CHECK(added[3] == 7);
    const rlhf::view column(spread.data(), {.sequences = 4, .steps = 1, .stride = 2}); // sums with a stride
    rlhf::preference_pairs<double>(pairs(3), {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = column},
                                   rlhf::ipo{.beta = 0.5});
    for (std::size_t i = 0; i < 4; ++i) CHECK((spread[2 * i] == d[i] && spread[2 * i + 1] == 7));
    const std::vector<double> apart{1, NAN, 0.5, NAN, -1, NAN, 9};
    rlhf::preference_pairs<double>(pairs(3),
                                   {.sums = rlhf::view(apart.data(), {.sequences = 4, .steps = 1, .stride = 2}),
                                    .chosen = chosen,
                                    .rejected = rejected,
                                    .d_sums = added},
                                   rlhf::ipo{.beta = 0.5});
    CHECK(added == d);
}

TEST_CASE("preference_pairs: wrong arguments throw, and nothing is written") {
    const std::vector<float> sums{1, 2, 3}, two{1, 2};
    const std::vector<std::int32_t> chosen{0, 2}, rejected{1, 1}, below{0, -1}, above{3, 0};
    const std::string f = "rlhf::preference_pairs: ";
    const auto said = [&](rlhf::preference_pairs_arrays<float> a, const auto& objective) {
        std::vector<float> d(3, 7.f);
        if (a.d_sums.to.absent()) a.d_sums.to = d;
        const auto words = test::refusal([&] { rlhf::preference_pairs(pairs(2), a, objective); });
        CHECK(d == std::vector<float>(3, 7.f));
        return words;
    };
    const rlhf::dpo dpo;
    CHECK(said({.sums = sums, .chosen = below, .rejected = rejected}, dpo) ==
          f + "chosen of pair 1 is -1, which is outside the 3 sequences");
    CHECK(said({.sums = sums, .chosen = chosen, .rejected = above}, dpo) ==
          f + "rejected of pair 0 is 3, which is outside the 3 sequences");
    CHECK(said({.sums = sums, .chosen = chosen, .rejected = {}}, dpo) == f + "rejected is missing");
    CHECK(said({.sums = sums, .chosen = {}, .rejected = chosen}, dpo) == f + "chosen is missing");
    const std::vector<std::int32_t> three{0, 1, 2};
    CHECK(said({.sums = sums, .chosen = three, .rejected = rejected}, dpo) == f + "chosen has 3 elements, expected 2");
    CHECK(said({.sums = sums, .chosen = chosen, .rejected = rejected, .weights = sums}, dpo) ==
          f + "weights has 3 elements, expected 2");
    CHECK(said({.sums = sums, .chosen = chosen, .rejected = rejected, .margins = two}, rlhf::ipo{}) ==
          f + "margins are given, but this objective has none");
    CHECK(said({.sums = sums, .chosen = chosen, .rejected = rejected}, rlhf::dpo{.beta = 0}) ==
          f + "beta is 0, expected [1e-06, 1e+06]");
    CHECK(said({.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = {{}, INFINITY, false}}, dpo) ==
          f + "d_sums is inf, expected a finite number");
    std::vector<float> shared(3, 7.f), four(4);
    CHECK(said({.sums = shared, .chosen = chosen, .rejected = rejected, .d_sums = shared}, dpo) ==
          f + "d_sums overlaps sums");
    CHECK(said({.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = four}, dpo) ==
          f + "d_sums has 4 elements, expected 3 (one per sum)");
    CHECK(shared == std::vector<float>(3, 7.f));
}
