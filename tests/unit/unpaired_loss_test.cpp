// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/unpaired_loss.hpp"
#include "support/cases.hpp"
#include "support/formulas.hpp"
#include "support/rows.hpp"

#include <rlhf/formula/apo.hpp>
#include <rlhf/preference/unpaired_loss.hpp>

namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();
const rlhf::kto kahneman{.beta = 0.25, .reference_point = 1.5, .desirable_weight = 1.25, .undesirable_weight = 0.75};
const rlhf::bco classifier{.beta = 0.25, .shift = 0.5};

std::vector<double> digest(const rlhf::unpaired_loss_result& r) {
    return {r.loss(),      r.mean_loss(),   r.own.tokens,
            r.answers(),   r.desirable(),   r.mean_desirable_reward(),
            r.nonfinite(), r.mean_margin(), r.mean_undesirable_reward()};
}

template <class T, class Objective>
void contract_holds(const Objective& objective) {
    contract::holds<T>(
        {.inputs = {test::log_probs<T>, test::advantages<T>, test::advantages<T>}, .outputs = 1, .adds = true},
        [&](const contract::call<T>& c) {
            const test::flags_like desirable(c.in[2], 0.1);
            return rlhf::unpaired_loss<T>(
                c.batch,
                {.log_ratios = c.in[0], .desirable = desirable.view(), .weights = c.in[1], .d_log_ratios = c.d(0)},
                objective);
        },
        digest);
}

template <class T, class Objective>
void matches_reference(const Objective& objective, const reference::unpaired& formula, bool weighted) {
    test::random r(29);
    const auto where = test::mixed_rectangle(r);
    const std::size_t n = where.size();
    auto log_ratios = test::normals<T>(r, n, -1, 6), weights = test::normals<T>(r, n, 1, 0.5);
    const auto desirable = test::flags(r, n, 0.3);
    for (auto* x : {&log_ratios, &weights}) test::poison(r, *x, where.mask);
    std::vector<T> d(n);
    rlhf::unpaired_loss_arrays<T> a{.log_ratios = log_ratios, .desirable = desirable, .d_log_ratios = d};
    if (weighted) a.weights = weights;
    const auto got = rlhf::unpaired_loss<T>(where.batch(), a, objective);
    const auto b = where.reference();
    const auto want = reference::unpaired_loss(
        b, {reference::to_real(log_ratios), desirable, weighted ? reference::to_real(weights) : reference::array()},
        formula, objective.beta);
    const auto share = reference::shares(b, reference::aggregation::token_mean);
    reference::array scale(n, 0);
    long double loss = 0, good = 0, bad = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (where.mask[i] == 0) continue;
        const long double size = 2 + std::fabs((long double)(log_ratios[i]));
        scale[i] = share[i] * size * (weighted ? std::fabs((long double)(weights[i])) : 1);
        loss += scale[i], (desirable[i] != 0 ? good : bad) += size * objective.beta;
    }
    const auto all = static_cast<double>(reference::count(b).tokens), counted = static_cast<double>(want.desirable);
    constexpr double roundings = 12; // of u, exp, a quotient, and products with β, λ and the weight
    CHECK(test::worst_error(d, want.d_log_ratios, scale) <= roundings);
    CHECK(test::error<T>(got.loss(), want.loss, loss) <= roundings + test::summing<T>);
    CHECK((got.answers() == all && got.desirable() == counted && got.nonfinite() == 0));
    CHECK(test::error<T>(got.mean_desirable_reward(), want.mean_desirable_reward, good / counted) <=
          1 + test::summing<T>);
    CHECK(test::error<T>(got.mean_undesirable_reward(), want.mean_undesirable_reward, bad / (all - counted)) <=
          1 + test::summing<T>);
    CHECK(got.mean_margin() == got.mean_desirable_reward() - got.mean_undesirable_reward());
}

rlhf::batch answers(std::size_t n) { return {.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here}; }

template <class T, class Options>
rlhf::formula::answer_term<T> term(const Options& o, T log_ratio, bool desirable) {
    using real = std::conditional_t<std::is_same_v<T, float>, float, double>;
    return rlhf::formula::objective<Options>::template whole<real>(o)(
        rlhf::formula::judged_answer<T>{log_ratio, T(desirable ? 1 : 0)});
}

} // namespace

TEMPLATE_TEST_CASE("unpaired_loss: same bits however the batch is laid out", "[contract]", float, double) {
    contract_holds<TestType>(kahneman);
    contract_holds<TestType>(classifier);
}

TEMPLATE_TEST_CASE("unpaired_loss: value, gradient and statistics equal the reference", "", float, double) {
    for (const bool weighted : {false, true}) {
        matches_reference<TestType>(kahneman, reference::kto(.25L, 1.5L, 1.25L, .75L), weighted);
        matches_reference<TestType>(rlhf::kto{}, reference::kto(.1L, 0, 1, 1), weighted);
        matches_reference<TestType>(classifier, reference::unpaired_bco(.25L, .5L), weighted);
    }
}

TEST_CASE("unpaired_loss: a pair under bco is its two answers, and apo_zero is kto at z₀ = 0", "[formula]") {
    const auto sum = [](const auto& of_pair, const auto& of_answers, double c, double j) {
        using options = std::remove_cvref_t<decltype(of_pair)>;
        const auto whole = rlhf::formula::objective<options>::template whole<double>(of_pair);
        const auto pair = whole(rlhf::formula::preferred_pair<double>{c, j, 0});
        const auto good = term(of_answers, c, true), bad = term(of_answers, j, false);
        CHECK(pair.loss == good.loss + bad.loss);
        CHECK((pair.d_chosen == good.slope && pair.d_rejected == bad.slope));
    };
    test::random r(3);
    for (int i = 0; i < 100; ++i) {
        const double c = r.normal(0, 20), j = r.normal(0, 20);
        sum(classifier, classifier, c, j);
        sum(rlhf::apo_zero{.beta = 0.25}, rlhf::kto{.beta = 0.25}, c, j);
    }
}

TEST_CASE("unpaired_loss: slopes are the derivatives of losses", "[formula]") {
    using number = test::dual<double>;
    test::random r(5);
    const auto check = [&](const auto& options) {
        for (int i = 0; i < 500; ++i) {
            const double x = r.normal(0, 10);
            for (const bool good : {false, true}) {
                const auto t = term(options, x, good);
                const auto moved = term<number>(options, {x, 1.0}, good);
                REQUIRE(std::fabs(moved.loss.value - t.loss) <= 1e-14 * (1 + std::fabs(t.loss))); // it has std::exp
                REQUIRE(test::same(t.slope, moved.loss.slope));
            }
        }
    };
    for (const double beta : {0.1, 1.0, 4.0})
        check(rlhf::kto{beta, 0.7, 1.5, 0.5}), check(rlhf::bco{.beta = beta, .shift = -0.7});
}

TEMPLATE_TEST_CASE("unpaired_loss: infinite log ratios have limits, NaN its own answer", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    for (const T far : {T(1e30F), big}) {
        CHECK((term(kahneman, far, true).loss == 0 && term(kahneman, -far, false).loss == 0));
        CHECK((term(kahneman, -far, true).loss == T(1.25) && term(kahneman, far, false).loss == T(0.75)));
        for (const bool good : {false, true})
            for (const T r : {far, -far}) CHECK(term(kahneman, r, good).slope == 0);
        CHECK((term(classifier, far, true).loss == 0 && term(classifier, far, true).slope == 0));
        CHECK((term(classifier, -far, true).loss >= T(1e29F) && term(classifier, -far, true).slope == T(-0.25)));
        CHECK((term(classifier, far, false).loss >= T(1e29F) && term(classifier, far, false).slope == T(0.25)));
    }
    const T none = std::numeric_limits<T>::quiet_NaN();
    for (const bool good : {false, true}) {
        CHECK((std::isnan(term(kahneman, none, good).loss) && std::isnan(term(kahneman, none, good).slope)));
        CHECK((std::isnan(term(classifier, none, good).loss) && std::isnan(term(classifier, none, good).slope)));
    }
    CHECK(term(rlhf::kto{.beta = 1}, T(40), true).loss == Approx(std::exp(-40.0)).epsilon(1e-6)); // digits of a tail
    CHECK(term(rlhf::kto{.beta = 1}, T(-40), false).slope == Approx(std::exp(-40.0)).epsilon(1e-6));
}

TEST_CASE("unpaired_loss: zeros of either sign, and which answers count as nonfinite") {
    const std::vector<float> r{0.f, -0.f, inf, NaN, -inf, NaN};
    const std::vector<std::uint8_t> good{1, 2, 0, 1, 1, 0}; // any byte but 0 is good
    std::vector<float> d(6);
    const auto k =
        rlhf::unpaired_loss(answers(6), {.log_ratios = r, .desirable = good, .d_log_ratios = d}, rlhf::kto{});
    CHECK((k.desirable() == 4 && k.nonfinite() == 2 && d[0] == d[1] && d[0] == Approx(-0.1 / 4 / 6)));
    const auto b = rlhf::unpaired_loss(answers(6), {.log_ratios = r, .desirable = good}, rlhf::bco{});
    CHECK(b.nonfinite() == 4);
}

TEST_CASE("unpaired_loss: gradients may be scaled, added and masked") {
    const std::vector<double> r{1, -2, NaN, 3};
    const std::vector<std::uint8_t> good{1, 0, 1, 0}, mask{0, 1, 0, 1};
    std::vector<double> once(4, 7), more(4, 7);
    const rlhf::batch b{.steps = 4, .mask = mask, .denominator = rlhf::counts{4, 1}};
    rlhf::unpaired_loss<double>(b, {.log_ratios = r, .desirable = good, .d_log_ratios = once}, rlhf::kto{});
    rlhf::unpaired_loss<double>(b, {.log_ratios = r, .desirable = good, .d_log_ratios = rlhf::add_to(more, -2)},
                                rlhf::kto{});
    CHECK((test::same_bits(once[0], 0.0) && test::same_bits(once[2], 0.0) && more[0] == 7 && more[2] == 7));
    for (const std::size_t i : {1U, 3U}) CHECK((once[i] > 0 && more[i] == Approx(7 - 2 * once[i]).epsilon(1e-15)));
}

TEST_CASE("unpaired_loss: wrong arguments throw, and nothing is written") {
    const std::vector<float> r{1, 2, 3}, two{1, 2};
    const std::vector<std::uint8_t> good{1, 0, 1}, few{1, 0};
    const auto said = [&](rlhf::unpaired_loss_arrays<float> a, const auto& objective,
                          rlhf::denominator of = rlhf::counted_here) {
        std::vector<float> d(3, 7.f);
        if (a.d_log_ratios.to.absent()) a.d_log_ratios = d;
        rlhf::batch b = answers(3);
        b.denominator = of;
        const auto words = test::refusal([&] { rlhf::unpaired_loss(b, a, objective); });
        CHECK(d == std::vector<float>(3, 7.f));
        return words;
    };
    const std::string f = "rlhf::unpaired_loss: ";
    const rlhf::kto kto;
    const rlhf::unpaired_loss_arrays<float> right{.log_ratios = r, .desirable = good};
    CHECK(said({.log_ratios = two, .desirable = good}, kto) == f + "log_ratios has 2 elements, expected 3");
    CHECK(said({.log_ratios = r, .desirable = few}, kto) == f + "desirable has 2 elements, expected 3");
    CHECK(said({.log_ratios = r, .desirable = {}}, kto) == f + "desirable is missing");
    CHECK(said({.log_ratios = r, .desirable = good, .weights = two}, kto) == f + "weights has 2 elements, expected 3");
    for (const double beta : {0.0, -1.0, double(NaN), double(inf)}) {
        CHECK(said(right, rlhf::kto{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::bco{.beta = beta}).starts_with(f + "beta is "));
    }
    CHECK(said(right, rlhf::kto{.reference_point = -0.5}) == f + "reference_point is -0.5, expected [0, 1e+06]");
    CHECK(said(right, rlhf::kto{.reference_point = NaN}) == f + "reference_point is nan, expected [0, 1e+06]");
    CHECK(said(right, rlhf::kto{.desirable_weight = -1}) == f + "desirable_weight is -1, expected [0, 1e+06]");
    CHECK(said(right, rlhf::kto{.undesirable_weight = -1}) == f + "undesirable_weight is -1, expected [0, 1e+06]");
    CHECK(said(right, kto, rlhf::counts{2, 1}) ==
          f + "the batch counts 3 tokens, more than its denominator 2; a part cannot exceed the whole");
    std::vector<float> in_place{1, 2, 3};
    CHECK(said({.log_ratios = in_place, .desirable = good, .d_log_ratios = in_place}, kto) ==
          f + "d_log_ratios overlaps log_ratios");
    CHECK(said({.log_ratios = r, .desirable = good, .d_log_ratios = rlhf::write_to(in_place, NaN)}, kto)
              .starts_with(f + "d_log_ratios"));
}

TEST_CASE("unpaired_loss: answers of one kind alone, and none") {
    const std::vector<float> r{1, 2, 3};
    const std::vector<std::uint8_t> good(3, 1), bad(3, 0);
    const auto of = [&](const auto& desirable, rlhf::mask_view mask) {
        return rlhf::unpaired_loss({.steps = 3, .mask = mask, .denominator = rlhf::counted_here},
                                   {.log_ratios = r, .desirable = desirable}, rlhf::kto{.beta = 0.5});
    };
    CHECK((of(good, rlhf::all).mean_desirable_reward() == 1 && of(good, rlhf::all).mean_undesirable_reward() == 0));
    CHECK((of(bad, rlhf::all).mean_desirable_reward() == 0 && of(bad, rlhf::all).mean_undesirable_reward() == 1));
    for (const double x : digest(of(good, bad))) CHECK(x == 0);
}
