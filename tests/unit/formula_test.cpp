// SPDX-License-Identifier: MIT

// Formulas, one token at a time: their slopes against dual numbers, and what they make of ±∞, ±0 and NaN.

#include "support/cases.hpp"
#include "support/dual.hpp"

#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/formula/clipped_surrogate.hpp>
#include <rlhf/formula/cross_entropy.hpp>
#include <rlhf/formula/kl.hpp>
#include <rlhf/formula/plackett_luce.hpp>
#include <rlhf/formula/policy_token.hpp>
#include <rlhf/formula/value_loss.hpp>

#include <array>

using rlhf::kl_estimator;
using rlhf::formula::clipped_surrogate, rlhf::formula::dual_clipped_surrogate, rlhf::formula::policy_parts;

namespace {

using number = test::dual<double>;
constexpr double inf = std::numeric_limits<double>::infinity();

/// Both run through the same operations in double.
bool same(double slope, double differentiated) {
    return std::fabs(slope - differentiated) <= 1e-14 * (1 + std::fabs(slope));
}
bool same_or_nan(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <class T>
std::array<T, 9> specials() {
    const T big = std::numeric_limits<T>::infinity();
    return {T(0), -T(0), T(1), T(-1), T(0.5), T(-0.5), big, -big, std::numeric_limits<T>::quiet_NaN()};
}

} // namespace

TEST_CASE("clipped_surrogate: its slope is the derivative of its loss", "[formula]") {
    test::random r(1);
    struct limits {
        double lower, upper, dual;
    };
    const std::array bounds{limits{0.8, 1.28, inf}, limits{0.8, 1.2, 3}, limits{0, inf, inf}};
    int cut = 0, free = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto& b = bounds[r.below(3)];
        const double x = r.normal(0, 0.7), advantage = r.below(10) == 0 ? 0 : r.normal();
        CAPTURE(x, advantage, b.upper);
        const clipped_surrogate<double> objective{b.lower, b.upper};
        const auto plain = objective(x, advantage);
        const auto d = objective(number{x, 1.0}, number(advantage));
        REQUIRE(d.loss.value == plain.loss);
        REQUIRE(same(plain.slope, d.loss.slope));
        REQUIRE_FALSE(plain.dual_clipped);
        const dual_clipped_surrogate<double> dual{objective, b.dual};
        const auto limited = dual(x, advantage);
        const auto d_limited = dual(number{x, 1.0}, number(advantage));
        REQUIRE(d_limited.loss.value == limited.loss);
        REQUIRE(same(limited.slope, d_limited.loss.slope));
        REQUIRE(plain.ratio == std::exp(x));
        REQUIRE(plain.clipped_high == (advantage > 0 && plain.ratio > b.upper));
        REQUIRE(plain.clipped_low == (advantage < 0 && plain.ratio < b.lower));
        REQUIRE(limited.dual_clipped == (advantage < 0 && plain.ratio > b.dual));
        (limited.slope == 0 && advantage != 0 ? cut : free) += 1;
    }
    CHECK(cut > 300);
    CHECK(free > 300);
}

TEST_CASE("policy_rule: what it writes is the derivative of its loss", "[formula]") {
    test::random r(7);
    using objective = dual_clipped_surrogate<double>;
    int limited = 0, masked = 0;
    for (int i = 0; i < 3000; ++i) {
        const rlhf::formula::policy_rule<double, objective, policy_parts::all> rule{
            .objective = {{0.8, 1.28}, 3},
            .log_ratio_limit = r.below(2) ? 0.7 : inf,
            .importance = {1.3, r.below(2) ? 1.3 : 0},
            .kl_coef = r.below(2) ? 0.1 : 0,
            .kl_limit = r.below(2) ? 0.3 : inf,
            .kl_value = kl_estimator::k3,
            .kl_slope = kl_estimator::k3,
            .ref = r.below(2) != 0,
            .behavior = r.below(2) != 0};
        const double lp = r.normal(-1, 0.5), old = r.normal(lp, 0.6), advantage = r.normal(), ref = r.normal(lp, 0.6),
                     weight = r.normal(), behavior = r.normal(old, 0.4);
        CAPTURE(i, lp, old, advantage, ref, weight, behavior, rule.ref, rule.behavior);
        const auto t = rule(lp, old, advantage, ref, weight, behavior);
        const auto d =
            rule(number{lp, 1.0}, number(old), number(advantage), number(ref), number(weight), number(behavior));
        REQUIRE(same(t.statistics.loss, d.statistics.loss.value)); // to the rounding of contracted products
        REQUIRE(same(t.writes[0], d.statistics.loss.slope));
        limited += std::fabs(lp - old) > rule.log_ratio_limit;
        masked += rule.behavior && rule.importance.beyond == 0 && old - behavior > std::log(1.3);
    }
    CHECK(limited > 100);
    CHECK(masked > 100);
}

TEST_CASE("clipped_surrogate: at a bound the ratio is not cut", "[formula]") {
    for (const double x : {-0.3, 0.3}) {
        const double ratio = std::exp(x);
        for (const double advantage : {-2.0, 2.0}) {
            const auto t = dual_clipped_surrogate<double>{{ratio, ratio}, ratio}(x, advantage);
            CHECK(t.slope == -ratio * advantage);
            CHECK_FALSE((t.clipped_low || t.clipped_high || t.dual_clipped));
        }
    }
}

TEMPLATE_TEST_CASE("clipped_surrogate: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    test::for_pairs(specials<T>(), [&](T x, T advantage) {
        for (const T dual : {T(3), big}) {
            CAPTURE(x, advantage, dual);
            const auto t = dual_clipped_surrogate<T>{{T(0.8), T(1.2)}, dual}(x, advantage);
            const T ratio = std::exp(x);
            T used = ratio; // the definition, where it has a limit
            if (advantage >= 0) used = ratio > T(1.2) ? T(1.2) : ratio;
            if (advantage <= 0) used = ratio < T(0.8) ? T(0.8) : used;
            if (advantage < 0) used = ratio > dual ? dual : used;
            const bool no_limit = used == 0 && std::isinf(advantage);
            const bool any_nan = std::isnan(x) || std::isnan(advantage) || no_limit;
            CHECK(std::isnan(t.loss) == any_nan);
            if (!any_nan) CHECK(t.loss == -used * advantage);
            CHECK((any_nan ? std::isnan(t.slope) : t.slope == (used == ratio ? t.loss : T(0))));
        }
    });
}

TEMPLATE_TEST_CASE("kl: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    const auto of = [](T d, kl_estimator e, T limit) { return rlhf::formula::kl(d, e, e, limit); };
    for (const T d : specials<T>()) {
        CAPTURE(d);
        const auto k1 = of(d, kl_estimator::k1, big), k2 = of(d, kl_estimator::k2, big),
                   k3 = of(d, kl_estimator::k3, big);
        CHECK(same_or_nan(double(k1.value), double(d)));
        CHECK(same_or_nan(double(k2.value), double(T(0.5) * d * d)));
        CHECK(same_or_nan(double(k3.value), double(std::isinf(d) ? big : std::expm1(-d) + d)));
        CHECK(k1.slope == 1);
        CHECK(same_or_nan(double(k2.slope), double(d)));
        CHECK(same_or_nan(double(k3.slope), double(-std::expm1(-d))));
        if (std::isnan(d)) continue;
        for (const auto e :
             {kl_estimator::k1, kl_estimator::k2, kl_estimator::k3}) { // limited: finite, without slope beyond
            const auto k = of(d, e, T(2));
            CHECK(std::abs(k.value) <= 2);
            CHECK((!std::isinf(d) || k.slope == 0));
        }
    }
    CHECK(of(T(2), kl_estimator::k1, T(2)).slope == 1);
    // Where e⁻ᵈ overflows T and where it nearly does.
    const T last = std::log(std::numeric_limits<T>::max());
    CHECK(of(-last * T(1.01), kl_estimator::k3, big).value == big);
    CHECK(of(-last * T(0.999), kl_estimator::k3, big).value < big);
    for (const T d : {T(-1), T(1), T(-40), T(40)}) // k1's value with k2's slope
        CHECK(rlhf::formula::kl(d, kl_estimator::k1, kl_estimator::k2, big).slope == d);
}

TEST_CASE("bradley_terry: its slopes are the derivatives of its loss", "[formula]") {
    test::random r(2);
    for (int i = 0; i < 3000; ++i) {
        const double c = r.normal(0, 3), w = r.normal(0, 3), margin = r.below(2) ? 0 : r.normal();
        const double smoothing = r.below(2) ? 0 : r.uniform(0, 0.5), center = r.below(2) ? 0 : r.uniform(0, 0.1);
        CAPTURE(c, w, margin, smoothing, center);
        const auto t = rlhf::formula::bradley_terry(c, w, margin, smoothing, center);
        const auto by_c = rlhf::formula::bradley_terry<number>({c, 1.0}, w, margin, smoothing, center);
        const auto by_w = rlhf::formula::bradley_terry<number>(c, {w, 1.0}, margin, smoothing, center);
        REQUIRE(by_c.loss.value == t.loss);
        REQUIRE(same(t.d_chosen, by_c.loss.slope));
        REQUIRE(same(t.d_rejected, by_w.loss.slope));
    }
}

TEMPLATE_TEST_CASE("bradley_terry: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    const auto expected = [](T m, T smoothing) { // limits, not products
        if (m == std::numeric_limits<T>::infinity()) return smoothing > 0 ? m : T(0);
        if (m == -std::numeric_limits<T>::infinity()) return -m;
        return std::log1p(std::exp(-std::abs(m))) + (m < 0 ? -m : T(0)) + smoothing * m;
    };
    test::for_pairs(specials<T>(), [&](T chosen, T rejected) {
        for (const T margin : {T(0), T(1), big, -big, std::numeric_limits<T>::quiet_NaN()})
            for (const T smoothing : {T(0), T(0.125)})
                for (const T center : {T(0), T(0.25)}) {
                    CAPTURE(chosen, rejected, margin, smoothing, center);
                    const auto t = rlhf::formula::bradley_terry(chosen, rejected, margin, smoothing, center);
                    const T m = chosen - rejected - margin, sum = chosen + rejected;
                    T loss = std::isnan(m) ? m : expected(m, smoothing);
                    if (center > 0) loss += center * sum * sum;
                    CHECK(std::isnan(t.loss) == std::isnan(loss));
                    if (std::isfinite(loss))
                        CHECK(std::abs(t.loss - loss) <= 4 * std::numeric_limits<T>::epsilon() * (1 + std::abs(m)));
                    if (std::isinf(loss)) CHECK(t.loss == loss);
                    CHECK(std::isnan(t.d_chosen) == std::isnan(loss));
                    CHECK(std::isnan(t.d_rejected) == std::isnan(loss));
                    if (center == 0 && m == big) CHECK((t.d_chosen == smoothing && t.d_rejected == -smoothing));
                    if (center == 0 && m == -big) CHECK((t.d_chosen == smoothing - 1 && t.d_rejected == 1 - smoothing));
                }
    });
}

TEST_CASE("cross_entropy: its slopes are the derivatives of its loss", "[formula]") {
    test::random r(4);
    for (int i = 0; i < 3000; ++i) {
        const double log_prob = -r.uniform(0, 9), mean = -r.uniform(3, 12), lse = r.normal(0, 5);
        const double smoothing = r.below(2) ? 0 : r.uniform(0, 1), z_loss = r.below(2) ? 0 : r.uniform(0, 0.1);
        CAPTURE(log_prob, mean, lse, smoothing, z_loss);
        const auto t = rlhf::formula::cross_entropy(log_prob, mean, lse, smoothing, z_loss);
        const auto slope = [&](number p, number m, number l) {
            const auto d = rlhf::formula::cross_entropy<number>(p, m, l, smoothing, z_loss);
            REQUIRE(same(t.loss, d.loss.value));
            return d.loss.slope;
        };
        REQUIRE(t.nll == -log_prob);
        REQUIRE(same(t.by_log_prob, slope({log_prob, 1.0}, mean, lse)));
        REQUIRE(same(t.by_mean_log_prob, slope(log_prob, {mean, 1.0}, lse)));
        REQUIRE(same(t.by_log_sum_exp, slope(log_prob, mean, {lse, 1.0})));
    }
}

TEMPLATE_TEST_CASE("cross_entropy: a term whose factor is 0 is left out", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    for (const T other : {big, -big, std::numeric_limits<T>::quiet_NaN()}) {
        const auto plain = rlhf::formula::cross_entropy(T(-2), other, other, T(0), T(0));
        CHECK((plain.loss == 2 && plain.by_log_prob == -1 && plain.by_mean_log_prob == 0 && plain.by_log_sum_exp == 0));
        CHECK_FALSE(std::isfinite(rlhf::formula::cross_entropy(T(-2), other, T(1), T(0.1), T(0)).loss));
        CHECK_FALSE(std::isfinite(rlhf::formula::cross_entropy(T(-2), T(-3), other, T(0), T(0.1)).loss));
    }
    CHECK(rlhf::formula::cross_entropy(-big, T(-3), T(1), T(0.1), T(0)).loss == big);
}

TEST_CASE("plackett_luce: chances are the derivatives of its loss", "[formula]") {
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
            REQUIRE(same(chance - 1, rlhf::formula::plackett_luce(d, seeded(j)).slope));
            REQUIRE(same(chance, std::exp(-rlhf::formula::plackett_luce(all, rewards[j]))));
        }
        REQUIRE(same(chances, 1));
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

TEST_CASE("value_loss: its slope is the derivative of its loss", "[formula]") {
    test::random r(3);
    int held = 0, linear = 0;
    for (int i = 0; i < 4000; ++i) {
        const double v = r.normal(), old = r.normal(v, 0.5), target = r.normal(), range = r.below(4) ? 0.2 : inf;
        const double delta = r.below(2) ? inf : 0.7;
        CAPTURE(v, old, target, range, delta);
        const rlhf::formula::huber<double> h{delta};
        const auto t = rlhf::formula::value_loss(v, old, target, range, h);
        const auto d = rlhf::formula::value_loss<number>({v, 1.0}, old, target, range, h);
        REQUIRE(d.loss.value == t.loss);
        REQUIRE(same(t.slope, d.loss.slope));
        held += t.clipped, linear += std::fabs(t.slope) == 0.7;
    }
    CHECK(held > 300);
    CHECK(linear > 300);
}

TEST_CASE("huber: at ±delta value and slope are continuous", "[formula]") {
    for (const double delta : {0.5, 1.0, 4.0})
        for (const double sign : {-1.0, 1.0}) {
            const rlhf::formula::huber<double> h{delta};
            const auto inside = h(sign * delta), outside = h(sign * delta * (1 + 1e-15));
            CHECK(inside.loss == 0.5 * delta * delta);
            CHECK(inside.slope == sign * delta);
            CHECK(outside.slope == inside.slope);
            CHECK(outside.loss == Approx(inside.loss).epsilon(1e-14));
        }
}

TEMPLATE_TEST_CASE("value_loss: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    test::for_pairs(specials<T>(), [&](T v, T old) {
        for (const T target : specials<T>())
            for (const T delta : {T(0.7), big}) {
                CAPTURE(v, old, target, delta);
                const auto t = rlhf::formula::value_loss(v, old, target, T(0.2), rlhf::formula::huber<T>{delta});
                if (delta == big) { // the same without it
                    const auto u = rlhf::formula::value_loss(v, old, target, T(0.2), rlhf::formula::half_square());
                    CHECK((same_or_nan(u.loss, t.loss) && same_or_nan(u.slope, t.slope) && u.clipped == t.clipped));
                }
                const bool any_nan = std::isnan(v) || std::isnan(old) || std::isnan(target);
                const bool apart = std::isfinite(v - target) && std::isfinite(v - old);
                if (any_nan) CHECK((std::isnan(t.loss) && std::isnan(t.slope)));
                if (!any_nan && apart && std::isfinite(v)) CHECK((std::isfinite(t.loss) && std::isfinite(t.slope)));
                if (!any_nan && std::isinf(v) != std::isinf(target) && !(std::isinf(v) && v == old)) {
                    CHECK(t.loss == big);
                    if (std::isinf(v)) CHECK(t.slope == (delta < big ? (v > 0 ? delta : -delta) : v));
                }
            }
    });
}
