// SPDX-License-Identifier: MIT

// Objectives of a policy loss, one token at a time: their slopes against dual numbers, and what they make of ±∞, ±0 and
// NaN. The clipped surrogate is in formula_policy_test.

#include "support/cases.hpp"
#include "support/formulas.hpp"
#include "support/ulp.hpp"

#include <rlhf/formula/cispo.hpp>
#include <rlhf/formula/dppo.hpp>
#include <rlhf/formula/sapo.hpp>
#include <rlhf/formula/topr.hpp>

namespace formula = rlhf::formula;
using rlhf::importance;

namespace {

using test::same, test::specials;
using number = test::dual<double>;
using seen = formula::sampled_token<double>;
constexpr double inf = std::numeric_limits<double>::infinity();

template <class T, class Options>
auto formula_of(const Options& o) {
    return formula::objective<Options>::template whole<T>(o);
}

template <class V>
formula::sampled_token<V> token(V log_prob, V old_log_prob, V advantage) {
    return {log_prob, old_log_prob, log_prob - old_log_prob, advantage};
}

/// How many tokens were stopped: of slope 0, where Â is not.
template <class Options>
int slopes_are_derivatives(const Options& o, unsigned seed) {
    const auto f = formula_of<double>(o);
    test::random r(seed);
    int stopped = 0;
    for (int i = 0; i < 2000; ++i) {
        const double old = -2.5 + r.uniform(-2.4, 2.4), lp = std::min(old + r.normal(0, 0.7), 0.0),
                     advantage = r.below(10) == 0 ? 0 : r.normal();
        CAPTURE(lp, old, advantage);
        const auto t = f(token(lp, old, advantage));
        // Where the ratio is a constant, π_old moves along.
        const auto d = f(token(number{lp, 1.0}, number{old, f.learns_by_ratio() ? 0.0 : 1.0}, number(advantage)));
        REQUIRE(same(t.loss, d.loss.value));
        REQUIRE(same(t.slope, d.loss.slope));
        REQUIRE(t.ratio == rlhf::lane::exp(lp - old));
        REQUIRE_FALSE((t.dual_clipped || (t.clipped_low && t.clipped_high)));
        stopped += t.slope == 0 && advantage != 0;
    }
    return stopped;
}

} // namespace

TEST_CASE("cispo, sapo, topr, dppo: the slope is the derivative of the loss", "[formula]") {
    CHECK(slopes_are_derivatives(rlhf::cispo{}, 1) == 0);
    CHECK(slopes_are_derivatives(rlhf::cispo{.low = 0.8, .high = 1.2}, 2) == 0);
    CHECK(slopes_are_derivatives(rlhf::cispo{.low = 0.8, .high = 1.2, .beyond = importance::mask}, 3) > 1000);
    CHECK(slopes_are_derivatives(rlhf::sapo{}, 4) == 0);
    CHECK(slopes_are_derivatives(rlhf::sapo{.tau_positive = 3, .tau_negative = 0.5}, 5) == 0);
    CHECK(slopes_are_derivatives(rlhf::topr{}, 9) == 0);
    CHECK(slopes_are_derivatives(rlhf::topr{.positive = 0, .negative = 0.5}, 10) > 500);
    for (const auto value : {rlhf::dppo_value::log_prob, rlhf::dppo_value::ratio}) {
        CHECK(slopes_are_derivatives(rlhf::dppo_tv{.range = {0.05, 0.1}, .value = value}, 6) > 100);
        CHECK(slopes_are_derivatives(rlhf::dppo_kl{.range = {0.02, 0.05}, .value = value}, 7) > 100);
        const int capped = slopes_are_derivatives(rlhf::dppo_tv{.range = 1, .cap = 1.3, .value = value}, 8);
        CHECK((value == rlhf::dppo_value::ratio ? capped > 100 : capped == 0));
    }
}

TEST_CASE("cispo: within, at and beyond its bounds", "[formula]") {
    const auto truncate = formula_of<double>(rlhf::cispo{.low = 0.5, .high = 2});
    const auto mask = formula_of<double>(rlhf::cispo{.low = 0.5, .high = 2, .beyond = importance::mask});
    for (const double advantage : {-3.0, 3.0})
        for (const double ratio : {0.25, 0.5, 1.0, 2.0, 4.0}) {
            CAPTURE(ratio, advantage);
            const double x = std::log(ratio);
            REQUIRE(rlhf::lane::exp(x) == ratio);
            const auto cut = truncate(seen{x, 0, x, advantage}), gone = mask(seen{-1, 0, x, advantage});
            CHECK(cut.slope == -std::clamp(ratio, 0.5, 2.0) * advantage);
            CHECK(cut.loss == cut.slope * x);
            CHECK(gone.slope == (ratio < 0.5 || ratio > 2 ? 0 : -ratio * advantage));
            CHECK(gone.loss == -gone.slope);
            for (const auto& t : {cut, gone}) {
                CHECK(t.clipped_low == (ratio < 0.5));
                CHECK(t.clipped_high == (ratio > 2));
            }
        }
    const auto idle = truncate(seen{2, 0, 2, 0});
    CHECK_FALSE((idle.clipped_low || idle.clipped_high));
    // REINFORCE: whatever the ratio
    CHECK(formula_of<double>(rlhf::cispo{.low = 1, .high = 1})(seen{-3, -1, -2, 0.5}).loss == 1.5);
}

TEST_CASE("sapo: at ρ = 1, and far from it", "[formula]") {
    const auto f = formula_of<double>(rlhf::sapo{.tau_positive = 2, .tau_negative = 4});
    for (const double advantage : {-3.0, 3.0}) {
        const auto t = f(seen{-1, -1, 0, advantage});
        CHECK(t.slope == -advantage);
        CHECK(t.loss == -2 * advantage / (advantage > 0 ? 2 : 4));
    }
    CHECK(f(seen{0, -9, 9, 3}).loss == -6); // the gate is 1, and closed
    CHECK(std::fabs(f(seen{0, -9, 9, 3}).slope) < 1e-300);
    const auto small = f(seen{-800, 0, -800, -3}); // ρ = 0
    CHECK(small.loss == Approx(3 / (1 + std::exp(4.0))).epsilon(1e-14));
    CHECK(small.slope == 0);
}

TEST_CASE("topr: a good token has no ratio, a bad token a ratio of at most 1", "[formula]") {
    const auto f = formula_of<double>(rlhf::topr{.positive = 3, .negative = 5});
    for (const double ratio : {0.25, 0.5, 1.0, 2.0, 4.0}) {
        CAPTURE(ratio);
        const double x = std::log(ratio);
        const auto good = f(seen{-2, 0, x, 0.5}), bad = f(seen{-2, 0, x, -0.5}), idle = f(seen{-inf, 0, x, 0});
        CHECK((good.slope == -1.5 && good.loss == 3));
        CHECK((bad.slope == 2.5 * std::min(ratio, 1.0) && bad.loss == -2 * bad.slope));
        CHECK((idle.slope == 0 && idle.loss == 0));
        CHECK(bad.clipped_high == (ratio > 1));
        CHECK_FALSE((bad.clipped_low || good.clipped_low || good.clipped_high || idle.clipped_high));
    }
}

TEST_CASE("dppo: which tokens are stopped", "[formula]") {
    const double old = std::log(0.5);
    const auto tv = formula_of<double>(rlhf::dppo_tv{.range = {0.1, 0.2}});
    const auto kl = formula_of<double>(rlhf::dppo_kl{.range = {0.01, 0.03}});
    for (const double now : {0.05, 0.39, 0.41, 0.5, 0.59, 0.69, 0.71, 0.95})
        for (const double advantage : {-1.0, 0.0, 1.0}) {
            CAPTURE(now, advantage);
            const auto t = token(std::log(now), old, advantage);
            const auto a = tv(t), b = kl(t);
            CHECK(a.clipped_low == (advantage < 0 && now < 0.4));
            CHECK(a.clipped_high == (advantage > 0 && now > 0.7));
            const double divergence = 0.5 * std::log(0.25 / now / (1 - now));
            CHECK(b.clipped_low == (advantage < 0 && now < 0.5 && divergence > 0.01));
            CHECK(b.clipped_high == (advantage > 0 && now > 0.5 && divergence > 0.03));
            for (const auto& s : {a, b}) {
                const bool stopped = s.clipped_low || s.clipped_high;
                const double slope = stopped ? 0 : -now / 0.5 * advantage;
                CHECK(s.slope == Approx(slope).margin(1e-15));
                CHECK(s.loss == Approx(slope * std::log(now)).margin(1e-15));
            }
        }
    // At π = 1 the divergence is (1 − π_old) log((1 − π_old) / ε) − π_old log(1 / π_old) = 0.128, and 0 where π_old is
    // 1 as well,
    CHECK_FALSE(formula_of<double>(rlhf::dppo_kl{.range = 0.14})(token(0.0, std::log(0.99), 1.0)).clipped_high);
    CHECK(formula_of<double>(rlhf::dppo_kl{.range = 0.12})(token(0.0, std::log(0.99), 1.0)).clipped_high);
    CHECK_FALSE(formula_of<double>(rlhf::dppo_kl{.range = 0})(token(0.0, 0.0, 1.0)).clipped_high);
    // nor where log π is rounded up
    CHECK_FALSE(formula_of<double>(rlhf::dppo_kl{.range = 0.14})(token(0.02, std::log(0.99), 1.0)).clipped_high);
    CHECK(kl(token(-0.02, 0.0, -1.0)).clipped_low); // D = −log π where π_old = 1
    CHECK_FALSE(kl(token(-0.005, 0.0, -1.0)).clipped_low);
    // π is what it is, whatever log_ratio_limit made of ρ, and where ρ is no finite float.
    CHECK((tv(seen{-0.5, -23, 1, 1}).clipped_high && kl(seen{-0.5, -23, 1, 1}).clipped_high));
    CHECK((tv(seen{-0.4, -0.5, 0.01, 1}).slope != 0 && kl(seen{-3, old, -0.001, -1}).clipped_low));
    CHECK(formula_of<float>(rlhf::dppo_tv{.cap = 3})(token(-0.5F, -120.0F, 1.0F)).clipped_high);
}

TEST_CASE("dppo: the cap", "[formula]") {
    for (const double advantage : {-2.0, 2.0}) {
        const auto by_log_prob = formula_of<double>(rlhf::dppo_tv{.range = 1, .cap = 3})(seen{-1, -3, 2, advantage});
        CHECK((by_log_prob.slope == -3 * advantage && by_log_prob.loss == 3 * advantage));
        const auto by_ratio = formula_of<double>(
            rlhf::dppo_kl{.range = inf, .cap = 3, .value = rlhf::dppo_value::ratio})(seen{-1, -3, 2, advantage});
        CHECK((by_ratio.slope == 0 && by_ratio.loss == -3 * advantage));
        CHECK_FALSE((by_ratio.clipped_low || by_ratio.clipped_high || by_ratio.dual_clipped));
    }
}

TEMPLATE_TEST_CASE("cispo, sapo, topr, dppo: special arguments", "[formula]", float, double) {
    using T = TestType;
    const auto every = [&](const auto& o, auto&& check) {
        const auto f = formula_of<T>(o);
        for (const T lp : specials<T>())
            test::for_pairs(specials<T>(), [&](T old, T advantage) {
                CAPTURE(lp, old, advantage);
                const auto t = f(token<T>(lp, old, advantage));
                const bool any_nan = std::isnan(lp - old) || std::isnan(advantage);
                if (any_nan)
                    CHECK((std::isnan(t.loss) && std::isnan(t.slope)));
                else
                    check(t, lp, old, advantage);
            });
    };
    every(rlhf::cispo{}, [](const auto& t, T lp, T, T advantage) {
        if (advantage == 0 || t.ratio == 0) // a bounded factor
            CHECK((std::isinf(advantage) || (t.loss == 0 && t.slope == 0)));
        else
            CHECK((t.slope == -std::min(t.ratio, T(5)) * advantage && (t.loss == t.slope * lp || lp == 0)));
    });
    every(rlhf::cispo{.low = 0.5, .high = 2, .beyond = importance::mask}, [](const auto& t, T, T, T advantage) {
        if (t.ratio < T(0.5) || t.ratio > 2) CHECK((std::isinf(advantage) || (t.loss == 0 && t.slope == 0)));
    });
    every(rlhf::sapo{}, [](const auto& t, T, T, T advantage) {
        if (std::isinf(advantage)) return; // times a gate that may be 0
        CHECK((std::isfinite(t.loss) && std::isfinite(t.slope)));
        if (t.ratio == 0 || std::isinf(t.ratio)) CHECK(t.slope == 0);
    });
    every(rlhf::topr{}, [](const auto& t, T, T, T advantage) {
        const T bound = advantage > 0 ? T(1) : std::min(t.ratio, T(1));
        if (bound != 0 || std::isfinite(advantage)) CHECK(t.slope == -bound * advantage);
        if (t.slope == 0) CHECK(t.loss == 0);
    });
    const auto stopped_is_0 = [](const auto& t, T, T, T) {
        if (t.clipped_low || t.clipped_high) CHECK((t.loss == 0 && t.slope == 0));
    };
    every(rlhf::dppo_tv{}, stopped_is_0), every(rlhf::dppo_kl{}, stopped_is_0);
    // A token that π rules out: stopped, and no NaN.
    const T never = -T(inf);
    CHECK(formula_of<T>(rlhf::dppo_tv{})(token<T>(never, T(-0.5), T(-1))).clipped_low);
    CHECK(formula_of<T>(rlhf::dppo_kl{})(token<T>(never, T(-0.5), T(-1))).clipped_low);
    CHECK(formula_of<T>(rlhf::dppo_tv{})(token<T>(never, T(-0.5), T(1))).loss == 0);
    CHECK(formula_of<T>(rlhf::dppo_kl{})(token<T>(never, T(-0.5), T(1))).loss == 0);
    // A token that π_old ruled out: D = −log(1 − π + ε), and no NaN.
    CHECK(formula_of<T>(rlhf::dppo_kl{.range = 0.4, .cap = 3})(token<T>(T(-1), never, T(1))).clipped_high);
    CHECK(formula_of<T>(rlhf::dppo_kl{.range = 0.5, .cap = 3})(token<T>(T(-1), never, T(1))).slope == -3);
}
