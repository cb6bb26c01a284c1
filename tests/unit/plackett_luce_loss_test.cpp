// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/plackett_luce_loss.hpp"
#include "support/cases.hpp"
#include "support/formulas.hpp"

#include <rlhf/reward/bradley_terry_loss.hpp>
#include <rlhf/reward/plackett_luce_loss.hpp>

namespace {

using test::one_prompt;

std::vector<double> digest(const rlhf::plackett_luce_loss_result& r) {
    return {r.loss(), r.mean_loss(), r.own.tokens, r.own.sequences};
}

std::vector<std::int32_t> ranks(test::random& r, std::size_t n) {
    std::vector<std::int32_t> x(n);
    for (auto& e : x) e = static_cast<std::int32_t>(1 + r.below(n / 2 + 1));
    return x;
}

template <class T>
void contract_holds(bool ranked) {
    contract::problem<T> p{
        .inputs = {test::advantages<T>}, .predict_next = false, .adds = true, .lengths = {9, 0, 1, 40, 4, 2, 7, 23}};
    if (ranked) p.indices = {ranks};
    p.denominator = [](const contract::call<T>& c) {
        return rlhf::count_rankings(c.batch, c.narrow.empty() && c.wide.empty() ? rlhf::index_view() : c.index(0));
    };
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::plackett_luce_loss<T>(
                c.batch, {.rewards = c.in[0], .ranks = ranked ? c.index(0) : rlhf::index_view(), .d_rewards = c.d(0)},
                c.run);
        },
        digest);
}

/// Σₖ (log Σ_{j: rankⱼ ≥ rankₖ} e^{rⱼ} − rₖ), as it stands there.
template <class V>
V definition(const std::vector<V>& rewards, const std::vector<int>& rank) {
    using std::exp, std::log;
    V loss = 0;
    for (std::size_t k = 0; k < rewards.size(); ++k) {
        V sum = 0;
        for (std::size_t j = 0; j < rewards.size(); ++j)
            if (rank[j] >= rank[k]) sum = sum + exp(rewards[j]);
        loss = loss + log(sum) - rewards[k];
    }
    return loss;
}

/// Everything but the last rounding is in double: a maximum of exponents, sums of at most 33, two logarithms.
constexpr double roundings = 1;

template <class T>
void matches_reference() {
    test::random r(41);
    constexpr std::size_t prompts = 40, K = 33;
    const auto mask = test::mask(r, test::mask_kind::random, prompts, K);
    auto rewards = test::normals<T>(r, prompts * K, 0, 3);
    std::vector<std::int64_t> order(prompts * K); // without ties
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>((i * 7) % K);
    test::poison(r, rewards, mask);
    for (const bool ranked : {false, true}) {
        std::vector<T> d(rewards.size());
        const rlhf::index_view given = ranked ? rlhf::index_view(order) : rlhf::index_view();
        const rlhf::batch where{.sequences = prompts, .steps = K, .mask = mask, .denominator = rlhf::counted_here};
        const auto got = rlhf::plackett_luce_loss<T>(where, {.rewards = rewards, .ranks = given, .d_rewards = d});
        const auto want =
            reference::plackett_luce_loss(reference::padded(prompts, K, mask),
                                          {reference::to_real(rewards), ranked ? order : std::vector<std::int64_t>()});
        CHECK(got.own.sequences == static_cast<double>(want.prompts));
        CHECK(got.own == rlhf::count_rankings(where, given));
        CHECK(got.loss() == Approx(static_cast<double>(want.loss)).epsilon(1e-14));
        reference::array scale(rewards.size(), 0);
        for (std::size_t i = 0; i < scale.size();
             ++i) // a stage's chance is at most 1, and there are K; so is their sum in double
            scale[i] = mask[i] == 0     ? 0
                       : sizeof(T) == 4 ? std::fabs(want.d_rewards[i]) + 1e-9L / prompts
                                        : 32.0L / prompts;
        CHECK(test::worst_error(d, want.d_rewards, scale) <= roundings);
    }
}

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

} // namespace

TEST_CASE("plackett_luce: chances are the derivatives of its loss", "[formula]") {
    using number = test::dual<double>;
    test::random r(5);
    for (int i = 0; i < 1000; ++i) {
        std::array<double, 6> rewards;
        for (double& e : rewards) e = r.below(3) == 0 ? 1 : r.normal(0, 3); // some are equal
        rlhf::formula::choice<double> all{rewards[0], 0};
        for (const double e : rewards) all = rlhf::formula::with_response(all, e);
        double chances = 0;
        for (std::size_t j = 0; j < rewards.size(); ++j) {
            const auto seeded = [&](std::size_t k) { return number(rewards[k], k == j ? 1.0 : 0.0); };
            rlhf::formula::choice<number> d{seeded(0), 0};
            for (std::size_t k = 0; k < rewards.size(); ++k) d = rlhf::formula::with_response(d, seeded(k));
            const double chance = rlhf::formula::chance(all, rewards[j]);
            chances += chance;
            CAPTURE(i, j, chance);
            REQUIRE(test::same(chance - 1, rlhf::formula::plackett_luce(d, seeded(j)).slope));
            REQUIRE(test::same(chance, std::exp(-rlhf::formula::plackett_luce(all, rewards[j]))));
        }
        REQUIRE(test::same(chances, 1));
    }
}

TEMPLATE_TEST_CASE("plackett_luce: infinite rewards", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    for (const T same : {big, -big, T(3)}) { // two that are equal share the choice
        const auto two = rlhf::formula::with_response(rlhf::formula::choice<T>{same, T(1)}, same);
        CHECK(rlhf::formula::chance(two, same) == T(0.5));
        CHECK(rlhf::formula::plackett_luce(two, same) == std::log(T(2)));
    }
    for (const auto& [first, second] : {std::pair{big, T(1)}, {T(1), big}, {T(1), -big}, {-big, T(1)}}) {
        const auto two = rlhf::formula::with_response(rlhf::formula::choice<T>{first, T(1)}, second);
        CHECK(rlhf::formula::chance(two, std::max(first, second)) == 1);
        CHECK(rlhf::formula::chance(two, std::min(first, second)) == 0);
        CHECK(rlhf::formula::plackett_luce(two, std::min(first, second)) == big);
    }
    const auto unknown = rlhf::formula::with_response(rlhf::formula::choice<T>{T(1), T(1)}, T(big - big));
    CHECK(std::isnan(rlhf::formula::plackett_luce(unknown, T(1))));
}

TEMPLATE_TEST_CASE("plackett_luce_loss: same bits however the batch is laid out", "[contract]", float, double) {
    contract_holds<TestType>(true);
    contract_holds<TestType>(false);
}

TEMPLATE_TEST_CASE("plackett_luce_loss: value and gradient equal the reference", "", float, double) {
    matches_reference<TestType>();
}

TEST_CASE("plackett_luce_loss: ties follow the definition, and the slope is the derivative") {
    using number = test::dual<double>;
    test::random r(8);
    for (int round = 0; round < 200; ++round) {
        const std::size_t K = 2 + r.below(8);
        const auto rewards = test::normals<double>(r, K, 0, 2);
        std::vector<int> rank(K);
        for (auto& e : rank) e = static_cast<int>(r.below(4));
        if (std::all_of(rank.begin(), rank.end(), [&](int k) { return k == rank[0]; })) continue;
        std::vector<double> d(K);
        const auto got =
            rlhf::plackett_luce_loss<double>(one_prompt(K), {.rewards = rewards, .ranks = rank, .d_rewards = d});
        CHECK(got.loss() == Approx(definition(rewards, rank)).epsilon(1e-13));
        CHECK(got.own == rlhf::counts{static_cast<double>(K), 1});
        for (std::size_t k = 0; k < K; ++k) {
            std::vector<number> x(rewards.begin(), rewards.end());
            x[k].slope = 1;
            CHECK(d[k] == Approx(definition(x, rank).slope).epsilon(1e-13).margin(1e-14));
        }
    }
}

TEST_CASE("plackett_luce_loss: 40-digit and PyTorch's numbers", "[goldens]") {
    const std::vector<double> rewards{1.2, .3, .3, -.9},
        want{-.48336319648841658, -.35539417368175979, .41313060981725785, .42562676035291854};
    std::vector<double> d(4);
    CHECK(rlhf::plackett_luce_loss<double>(one_prompt(4), {.rewards = rewards, .d_rewards = d}).loss() ==
          Approx(1.757125837156678954).epsilon(1e-15));
    for (std::size_t i = 0; i < 4; ++i) CHECK(d[i] == Approx(want[i]).epsilon(1e-15));
    const std::vector<double> turned{.3, -.9, 1.2, .3};
    const std::vector<std::int64_t> ranks{2, 4, 1, 3};
    CHECK(rlhf::plackett_luce_loss<double>(one_prompt(4), {.rewards = turned, .ranks = ranks}).loss() ==
          Approx(1.757125837156678954).epsilon(1e-15));

    const auto cases = test::read_goldens("torch.txt");
    const auto& g = cases.at("plackett_luce");
    std::vector<double> dr(18);
    const auto r = rlhf::plackett_luce_loss<double>(
        {.sequences = 3, .steps = 6, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.rewards = g["rewards"], .d_rewards = dr});
    CHECK(r.loss() == Approx(g.number("loss")).epsilon(1e-14));
    for (std::size_t i = 0; i < dr.size(); ++i) CHECK(dr[i] == Approx(g["d_rewards"][i]).epsilon(1e-13));
}

TEST_CASE("plackett_luce_loss: of two responses it is bradley_terry_loss") {
    test::random r(3);
    const auto rewards = test::normals<double>(r, 20, 0, 20);
    std::vector<double> chosen, rejected, d(20), dc(10), dw(10);
    for (std::size_t i = 0; i < 20; i += 2) chosen.push_back(rewards[i]), rejected.push_back(rewards[i + 1]);
    const auto ranked = rlhf::plackett_luce_loss<double>(
        {.sequences = 10, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.rewards = rewards, .d_rewards = d});
    const auto pairs = rlhf::bradley_terry_loss<double>(
        one_prompt(10),
        {.chosen_rewards = chosen, .rejected_rewards = rejected, .d_chosen_rewards = dc, .d_rejected_rewards = dw});
    CHECK(ranked.loss() == Approx(pairs.loss()).epsilon(1e-14));
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(d[2 * i] == Approx(dc[i]).epsilon(1e-13).margin(1e-16));
        CHECK(d[2 * i + 1] == Approx(dw[i]).epsilon(1e-13).margin(1e-16));
    }
}

TEST_CASE("plackett_luce_loss: prompts without a comparison add nothing and are not counted") {
    const std::vector<std::int32_t> offsets{0, 1, 5, 5, 8}, rank{1, 1, 2, 3, 4, 2, 2, 2};
    const std::vector<double> rewards{9, 1.2, .3, .3, -.9, 1, 2, 3};
    std::vector<double> d(8, 7.0);
    const auto r =
        rlhf::plackett_luce_loss<double>({.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                         {.rewards = rewards, .ranks = rank, .d_rewards = d});
    CHECK(r.loss() == Approx(1.757125837156678954).epsilon(1e-15));
    CHECK(r.own == rlhf::counts{4, 1});
    for (const std::size_t i : {0U, 5U, 6U, 7U}) CHECK(test::same_bits(d[i], 0.0));
    const std::vector<std::uint8_t> none(8, 0);
    for (const double v :
         digest(rlhf::plackett_luce_loss<double>({.offsets = offsets, .mask = none, .denominator = rlhf::counted_here},
                                                 {.rewards = rewards, .d_rewards = d})))
        CHECK(v == 0);
    CHECK(test::same_bits(d, std::vector<double>(8, 0.0)));
    for (const double v : digest(rlhf::plackett_luce_loss(
             {.sequences = 3, .mask = rlhf::all, .denominator = rlhf::counted_here}, {.rewards = std::span<float>()})))
        CHECK(v == 0);
}

TEST_CASE("plackett_luce_loss: far and infinite rewards give limits, NaN its own prompt") {
    std::vector<double> d(3);
    const auto run = [&](const std::vector<double>& rewards) {
        return rlhf::plackett_luce_loss<double>(one_prompt(3), {.rewards = rewards, .d_rewards = d}).loss();
    };
    CHECK(run({1e300, 0, -1e300}) == 0);
    CHECK(run({0, 1e40, -1e300}) == 1e40); // losses of 2¹⁶⁰ and more are infinite
    CHECK(run({800, 0, -800}) == 0);
    CHECK(run({-800, 0, 800}) == 2400);
    CHECK(d == std::vector<double>{-1, -1, 2});
    CHECK(run({inf, 1, 1}) == Approx(std::log(2)));
    CHECK((d[0] == 0 && d[1] == Approx(-.5) && d[2] == Approx(.5)));
    CHECK(run({1, 1, -inf}) == Approx(std::log(2)));
    CHECK((d[2] == 0 && d[1] == Approx(.5)));
    CHECK(run({-inf, 1, 1}) == inf);
    CHECK(run({1, 1, inf}) == inf);
    CHECK((d[0] == -1 && d[1] == -1 && d[2] == 2));
    CHECK(std::isnan(run({1, NaN, 2})));
    const std::vector<double> two_prompts{1, NaN, 2, 3};
    std::vector<double> each(4);
    rlhf::plackett_luce_loss<double>({.sequences = 2, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                     {.rewards = two_prompts, .d_rewards = each});
    CHECK((std::isnan(each[0]) && std::isnan(each[1]) && std::isfinite(each[2]) && std::isfinite(each[3])));
}

TEST_CASE("plackett_luce_loss: wrong arguments throw, and nothing is written") {
    const std::vector<float> rewards{1, 2, 3, 4, 5, 6}, two{1, 2}, many(1025);
    const std::vector<int> five(5);
    const auto said = [&](rlhf::batch b, rlhf::plackett_luce_loss_arrays<float> a) {
        std::vector<float> out(6, 7.f);
        a.d_rewards = out;
        const auto words = test::refusal([&] { rlhf::plackett_luce_loss(b, a); });
        CHECK(out == std::vector<float>(6, 7.f));
        return words;
    };
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::batch shifted = b, over = b;
    shifted.predict_next = true, over.denominator = rlhf::counts{100, 1};
    const std::string f = "rlhf::plackett_luce_loss: ";
    CHECK(said(b, {.rewards = two}) == f + "rewards has 2 elements, expected 6");
    CHECK(said(b, {.rewards = rewards, .ranks = five}) ==
          f + "ranks has 5 elements, expected 6 in the shape of the batch");
    CHECK(said(shifted, {.rewards = rewards}) ==
          f + "batch.predict_next is true, but the steps of a ranking are responses");
    CHECK(said(over, {.rewards = rewards}) ==
          f + "the batch counts 2 sequences, more than its denominator 1; a part cannot exceed the whole");
    std::vector<float> in_place(rewards);
    CHECK(test::refusal([&] { rlhf::plackett_luce_loss(b, {.rewards = in_place, .d_rewards = in_place}); }) ==
          f + "d_rewards overlaps rewards");
    CHECK(test::refusal([&] { rlhf::plackett_luce_loss(one_prompt(1025), {.rewards = many}); }) ==
          f + "a prompt has 1025 responses, expected at most 1024");
}

TEST_CASE("plackett_luce_loss: a prompt of one response is not counted") {
    const std::vector<std::uint8_t> mask{1, 1, 1, 0, 1, 0};
    const std::vector<float> rewards{3, 1, 2, 9, 5, 9}, alone{3, 1, 2};
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = mask, .denominator = rlhf::counted_here};
    CHECK(rlhf::count_rankings(b) == rlhf::counts{3, 1});
    const rlhf::batch one{.sequences = 1, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    CHECK(rlhf::plackett_luce_loss<float>(b, {.rewards = rewards}).loss() ==
          rlhf::plackett_luce_loss<float>(one, {.rewards = alone}).loss());
}
