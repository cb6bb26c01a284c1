// SPDX-License-Identifier: MIT

// Objectives over pairs of answers, one pair at a time: their slopes against dual numbers, and what they make of ±∞, ±0
// and NaN.

#include "support/cases.hpp"
#include "support/formulas.hpp"
#include "support/ulp.hpp"

#include <rlhf/preference/preference_loss.hpp>

namespace {

using test::same, test::specials;
using number = test::dual<double>;
namespace formula = rlhf::formula;

template <class T, class Options>
auto formula_of(const Options& o) {
    return formula::objective<Options>::template whole<T>(o);
}
template <class T>
formula::comparison_term<T> term(const auto& objective, T chosen, T rejected, T margin = T(0)) {
    return objective(formula::preferred_pair<T>{chosen, rejected, margin});
}

template <class Options>
void slopes_are_derivatives(const Options& o, double deviation) {
    test::random r(5);
    const auto f = formula_of<double>(o);
    for (int i = 0; i < 1000; ++i) {
        double c = r.normal(0, deviation), j = r.normal(0, deviation);
        if (std::is_same_v<Options, rlhf::orpo>)
            c = -0.01 - std::fabs(c), j = -0.01 - std::fabs(j); // log-probabilities
        const double margin = r.below(2) ? 0 : r.normal();
        CAPTURE(c, j, margin);
        const auto t = term(f, c, j, margin);
        const auto by_c = term<number>(f, {c, 1.0}, j, margin), by_j = term<number>(f, c, {j, 1.0}, margin);
        REQUIRE(std::fabs(by_c.loss.value - t.loss) <= 1e-14 * (1 + std::fabs(t.loss))); // duals have std::exp
        REQUIRE(same(t.d_chosen, by_c.loss.slope));
        REQUIRE(same(t.d_rejected, by_j.loss.slope));
    }
}

} // namespace

TEST_CASE("preferences: slopes are the derivatives of losses", "[formula]") {
    for (const double beta : {0.1, 1.0, 4.0}) {
        for (const double e : {0.0, 0.1, 0.5}) slopes_are_derivatives(rlhf::dpo{beta, e}, 3 / beta);
        for (const double e : {0.0, 0.1, 0.4}) slopes_are_derivatives(rlhf::robust_dpo{beta, e}, 3 / beta);
        slopes_are_derivatives(rlhf::simpo{beta, 0.7}, 3 / beta);
        slopes_are_derivatives(rlhf::ipo{beta}, 3 / beta);
        slopes_are_derivatives(rlhf::slic_hinge{beta}, 3 / beta);
        for (const double e : {0.001, 0.5}) slopes_are_derivatives(rlhf::exo{beta, e}, 3 / beta);
        for (const double tau : {0.05, 0.5, 1.0}) slopes_are_derivatives(rlhf::discopop{beta, tau}, 3 / beta);
        slopes_are_derivatives(rlhf::apo_zero{beta}, 3 / beta);
        slopes_are_derivatives(rlhf::apo_down{beta}, 3 / beta);
        slopes_are_derivatives(rlhf::sppo{beta}, 3 / beta);
        slopes_are_derivatives(rlhf::nca{beta}, 3 / beta);
        slopes_are_derivatives(rlhf::orpo{beta}, 3);
        slopes_are_derivatives(rlhf::bco{beta, 0.7}, 3 / beta);
    }
}

TEMPLATE_TEST_CASE("dpo, robust_dpo, simpo: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    const auto check = [&](const auto& objective, T beta, T smoothing, T gamma) {
        test::for_pairs(specials<T>(), [&](T chosen, T rejected) {
            for (const T margin : {T(0), T(1), big, -big, std::numeric_limits<T>::quiet_NaN()}) {
                CAPTURE(chosen, rejected, margin, beta, smoothing, gamma);
                const auto t = term(formula_of<T>(objective), chosen, rejected, margin);
                const T m = beta * (chosen - rejected) - margin - gamma;
                CHECK(std::isnan(t.loss) == std::isnan(m));
                CHECK(std::isnan(t.d_chosen) == std::isnan(m));
                if (m == big)
                    CHECK((t.loss == (smoothing == 0 ? 0 : smoothing * big) && t.d_chosen == beta * smoothing));
                if (m == -big) CHECK((t.loss == big && t.d_chosen == beta * (smoothing - 1)));
                if (std::isfinite(m)) CHECK(t.loss == Approx(std::log1p(std::exp(-m)) + smoothing * m).epsilon(1e-6));
                CHECK((std::isnan(m) || t.d_rejected == -t.d_chosen));
            }
        });
    };
    check(rlhf::dpo{.beta = 0.5}, T(0.5), T(0), T(0));
    check(rlhf::dpo{.beta = 0.5, .label_smoothing = 0.25}, T(0.5), T(0.25), T(0));
    check(rlhf::robust_dpo{.beta = 0.5, .label_smoothing = 0.25}, T(0.5), T(-0.5), T(0));
    check(rlhf::simpo{.beta = 2, .gamma = 0.5}, T(2), T(0), T(0.5));
    // Far pairs keep their digits, and nothing overflows.
    const auto f = formula_of<T>(rlhf::dpo{.beta = 1});
    CHECK(term(f, T(60), T(0)).loss == Approx(std::exp(-60.0)).epsilon(1e-6));
    CHECK(term(f, T(60), T(0)).d_chosen == Approx(-std::exp(-60.0)).epsilon(1e-6));
    CHECK(term(f, T(0), T(1e30F)).loss == T(1e30F));
    CHECK(term(f, T(0), T(1e30F)).d_rejected == 1);
}

TEMPLATE_TEST_CASE("ipo: special arguments", "[formula]", float, double) {
    using T = TestType;
    const auto f = formula_of<T>(rlhf::ipo{.beta = 0.5}); // pulls to 1
    test::for_pairs(specials<T>(), [&](T chosen, T rejected) {
        CAPTURE(chosen, rejected);
        const auto t = term(f, chosen, rejected);
        const T d = chosen - rejected - 1;
        CHECK(std::isnan(t.loss) == std::isnan(d));
        CHECK(std::isnan(t.d_chosen) == std::isnan(d));
        if (!std::isnan(d)) CHECK((t.loss == d * d && t.d_chosen == 2 * d && t.d_rejected == -2 * d));
    });
    CHECK(term(f, T(1), T(0)).loss == 0);
}

TEMPLATE_TEST_CASE("slic_hinge: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    const auto f = formula_of<T>(rlhf::slic_hinge{.beta = 0.5});
    test::for_pairs(specials<T>(), [&](T chosen, T rejected) {
        for (const T margin : {T(0), T(1), big, -big, std::numeric_limits<T>::quiet_NaN()}) {
            CAPTURE(chosen, rejected, margin);
            const auto t = term(f, chosen, rejected, margin);
            const T m = T(0.5) * (chosen - rejected) - margin;
            CHECK(std::isnan(t.loss) == std::isnan(m));
            CHECK(std::isnan(t.d_chosen) == std::isnan(m));
            if (m < 1) CHECK((t.loss == 1 - m && t.d_chosen == T(-0.5) && t.d_rejected == T(0.5)));
            if (m >= 1) CHECK((t.loss == 0 && t.d_chosen == 0 && t.d_rejected == 0));
        }
    });
    CHECK(term(f, T(2), T(0)).d_chosen == 0); // at the bound
}

TEMPLATE_TEST_CASE("apo_zero, apo_down, sppo, nca, bco: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity(), NaN = std::numeric_limits<T>::quiet_NaN();
    const auto sigma = [](T x) { return 1 / (1 + std::exp(-x)); };
    const auto bend = [](T x) {
        return std::exp(-std::abs(x)) / ((1 + std::exp(-std::abs(x))) * (1 + std::exp(-std::abs(x))));
    };
    const auto plus = [&](T x) { return x == big ? x : std::log1p(std::exp(x)); };
    const auto near = [](T got, T want) {
        return (std::isnan(got) && std::isnan(want)) || got == want ||
               std::abs(got - want) <= 8 * std::numeric_limits<T>::epsilon() * (1 + std::abs(want));
    };
    const auto check = [&](const auto& objective, T c, T j, T loss, T d_c, T d_j) {
        const auto t = term(formula_of<T>(objective), c, j);
        CAPTURE(typeid(objective).name(), c, j, t.loss, loss, t.d_chosen, d_c, t.d_rejected, d_j);
        CHECK(near(t.loss, loss));
        CHECK(near(t.d_chosen, d_c));
        CHECK(near(t.d_rejected, d_j));
    };
    test::for_pairs(specials<T>(), [&](T c, T j) {
        const T b = T(0.5), C = b * c, J = b * j, D = b * (c - j), s = T(0.25);
        check(rlhf::apo_zero{.beta = 0.5}, c, j, sigma(-C) + sigma(J), -b * bend(C), b * bend(J));
        check(rlhf::apo_down{.beta = 0.5}, c, j, sigma(C) + sigma(-D), b * bend(C) - b * bend(D), b * bend(D));
        check(rlhf::sppo{.beta = 0.5}, c, j, (c - 1) * (c - 1) + (j + 1) * (j + 1), 2 * (c - 1), 2 * (j + 1));
        check(rlhf::nca{.beta = 0.5}, c, j, plus(-C) + plus(C) / 2 + plus(J) / 2, b * (sigma(C) / 2 - sigma(-C)),
              b * sigma(J) / 2);
        check(rlhf::bco{.beta = 0.5, .shift = 0.25}, c, j, plus(s - C) + plus(J - s), -b * sigma(s - C),
              b * sigma(J - s));
    });
    // Far out, slopes keep their digits.
    const T tail = std::exp(T(-30));
    for (const T far : {T(30), T(-30)}) {
        CHECK(term(formula_of<T>(rlhf::apo_zero{.beta = 1}), far, T(0)).d_chosen == Approx(-tail).epsilon(1e-6));
        CHECK(term(formula_of<T>(rlhf::apo_down{.beta = 1}), T(0), far).d_rejected == Approx(tail).epsilon(1e-6));
    }
    CHECK(term(formula_of<T>(rlhf::apo_zero{.beta = 1}), T(30), T(-40)).loss == Approx(tail).epsilon(1e-4));
    CHECK(std::isnan(term(formula_of<T>(rlhf::apo_down{}), NaN, T(0)).d_rejected));
}

TEMPLATE_TEST_CASE("exo, discopop: limits of far pairs, not products", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    const auto exo = formula_of<T>(rlhf::exo{.beta = 1, .label_smoothing = 0.125});
    const auto disco = formula_of<T>(rlhf::discopop{.beta = 1, .tau = 0.5});
    for (const T far : {T(200), T(1e30F), big}) {
        CHECK(term(exo, far, T(0)).loss == Approx(-std::log(0.875)));
        CHECK(term(exo, -far, T(0)).loss == Approx(-std::log(0.125)));
        for (const T m : {far, -far}) CHECK(std::abs(term(exo, m, T(0)).d_chosen) <= T(1e-37F));
        CHECK(term(disco, far, T(0)).loss <= T(1e-37F));
        CHECK(term(disco, -far, T(0)).loss == far);
        CHECK(std::abs(term(disco, far, T(0)).d_chosen) <= T(1e-37F));
        CHECK(term(disco, -far, T(0)).d_chosen == -1);
    }
    test::for_pairs(specials<T>(), [&](T c, T j) {
        CHECK(std::isnan(term(exo, c, j).loss) == std::isnan(c - j));
        CHECK(std::isnan(term(exo, c, j).d_chosen) == std::isnan(c - j));
        CHECK(std::isnan(term(disco, c, j).loss) == std::isnan(c - j));
        CHECK(std::isnan(term(disco, c, j).d_rejected) == std::isnan(c - j));
    });
    // exo is least, 0, where σ(m) = 1 − ε; discopop is (log 2 + 1) / 2 where the policy is the reference.
    const T least = std::log(T(7));
    CHECK(std::abs(term(exo, least, T(0)).loss) <= 2 * std::numeric_limits<T>::epsilon());
    CHECK(std::abs(term(exo, least, T(0)).d_chosen) <= 2 * std::numeric_limits<T>::epsilon());
    CHECK(term(disco, T(0), T(0)).loss == Approx((std::log(2.0) + 1) / 2));
    const auto widest = formula_of<T>(rlhf::discopop{.beta = 1, .tau = 1});
    CHECK(term(widest, T(-100), T(0)).loss == T(101)); // e⁻ᵐ times σ(m) is 1
    CHECK(term(widest, -big, T(0)).loss == big);
    CHECK(term(widest, -big, T(0)).d_chosen == -1);
}

TEMPLATE_TEST_CASE("orpo: certain and impossible answers", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity(), half = std::log(T(0.5));
    const auto f = formula_of<T>(rlhf::orpo{.beta = 0.5});
    CHECK(term(f, half, half).loss == Approx(0.5 * std::log(2.0)));
    CHECK(term(f, half, half).d_chosen == Approx(-0.5));
    const auto certain = term(f, T(0), half); // the odds of ½ are 1
    CHECK(certain.loss == 0);
    CHECK(certain.d_chosen == Approx(-0.5));
    CHECK(certain.d_rejected == 0);
    CHECK(term(f, half, T(0)).loss == big);
    CHECK(term(f, half, T(0)).d_chosen == Approx(-1));
    CHECK(term(f, half, T(0)).d_rejected == big);
    const auto impossible = term(f, -big, half);
    CHECK((impossible.loss == big && impossible.d_chosen == T(-0.5) && impossible.d_rejected == Approx(1)));
    const auto easy = term(f, half, -big);
    CHECK((easy.loss == 0 && easy.d_chosen == 0 && easy.d_rejected == 0));
    for (const T both : {T(0), -big}) CHECK(std::isnan(term(f, both, both).loss));
    CHECK(std::isnan(term(f, T(0.5), half).loss));
    CHECK(std::isnan(term(f, half, T(0.5)).d_rejected));
    // Averages so low that their odds are 0 in T keep the difference.
    CHECK(term(f, T(-1000), T(-1010)).loss == Approx(0.5 * std::exp(-10.0)).epsilon(1e-3));
    CHECK(term(f, T(-1000), T(-990)).loss == Approx(5).epsilon(1e-4));
}
