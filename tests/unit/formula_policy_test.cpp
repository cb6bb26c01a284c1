// SPDX-License-Identifier: MIT

// Formulas of a policy, one token at a time: their slopes against dual numbers, and what they make of ±∞, ±0 and NaN.

#include "support/cases.hpp"
#include "support/formulas.hpp"
#include "support/ulp.hpp"

#include <rlhf/formula/clipped_surrogate.hpp>
#include <rlhf/formula/kl.hpp>
#include <rlhf/formula/policy_token.hpp>

using rlhf::kl_estimator;
using rlhf::formula::clipped_surrogate, rlhf::formula::dual_clipped_surrogate, rlhf::formula::policy_parts;

namespace {

using test::same, test::same_or_nan, test::specials;
using number = test::dual<double>;
constexpr double inf = std::numeric_limits<double>::infinity();

/// A token of π_old = 1.
template <class V>
rlhf::formula::sampled_token<V> token(V log_ratio, V advantage) {
    return {log_ratio, V(0), log_ratio, advantage};
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
        const auto plain = objective(token(x, advantage));
        const auto d = objective(token(number{x, 1.0}, number(advantage)));
        REQUIRE(test::ulp_distance(d.loss.value, plain.loss) <= 2); // the exponential of duals is std::exp
        REQUIRE(test::ulp_distance(plain.slope, d.loss.slope) <= 2);
        REQUIRE_FALSE(plain.dual_clipped);
        const dual_clipped_surrogate<double> dual{objective, b.dual};
        const auto limited = dual(token(x, advantage));
        const auto d_limited = dual(token(number{x, 1.0}, number(advantage)));
        REQUIRE(test::ulp_distance(d_limited.loss.value, limited.loss) <= 2);
        REQUIRE(test::ulp_distance(limited.slope, d_limited.loss.slope) <= 2);
        REQUIRE(plain.ratio == rlhf::lane::exp(x));
        REQUIRE(plain.clipped_high == (advantage > 0 && plain.ratio > b.upper));
        REQUIRE(plain.clipped_low == (advantage < 0 && plain.ratio < b.lower));
        REQUIRE(limited.dual_clipped == (advantage < 0 && plain.ratio > b.dual));
        (limited.slope == 0 && advantage != 0 ? cut : free) += 1;
    }
    CHECK(cut > 300);
    CHECK(free > 300);
}

TEST_CASE("policy_rule: the written gradient is the derivative of the loss", "[formula]") {
    test::random r(7);
    using objective = dual_clipped_surrogate<double>;
    int limited = 0, masked = 0;
    for (int i = 0; i < 3000; ++i) {
        const bool mask = r.below(2) != 0;
        const rlhf::formula::policy_rule<double, objective, policy_parts::all> rule{
            .objective = {{0.8, 1.28}, 3},
            .log_ratio_limit = r.below(2) ? 0.7 : inf,
            .importance = {0.8, 1.3, mask ? 0.0 : 0.8, mask ? 0.0 : 1.3},
            .kl_coef = r.below(2) ? 0.1 : 0,
            .kl_limit = r.below(2) ? 0.3 : inf,
            .kl_value = kl_estimator::k3,
            .kl_slope = kl_estimator::k3,
            .kl_weight = rlhf::kl_weight::one,
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
        masked += rule.behavior && mask && (old - behavior > std::log(1.3) || old - behavior < std::log(0.8));
    }
    CHECK(limited > 100);
    CHECK(masked > 100);
}

TEST_CASE("clipped_surrogate: at a bound the ratio is not cut", "[formula]") {
    for (const double x : {-0.3, 0.3}) {
        const double ratio = std::exp(x);
        for (const double advantage : {-2.0, 2.0}) {
            const auto t = dual_clipped_surrogate<double>{{ratio, ratio}, ratio}(token(x, advantage));
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
            const auto t = dual_clipped_surrogate<T>{{T(0.8), T(1.2)}, dual}(token(x, advantage));
            const T ratio = rlhf::lane::exp(x);
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
                   k3 = of(d, kl_estimator::k3, big), size = of(d, kl_estimator::abs, big);
        CHECK(same_or_nan(double(k1.value), double(d)));
        CHECK(same_or_nan(double(k2.value), double(T(0.5) * d * d)));
        const long double x = d, exact = std::isinf(d) ? big : std::expm1(-x) + x;
        CHECK((std::isnan(d) ? std::isnan(k3.value) : test::ulp_error(k3.value, exact) <= 4));
        CHECK(same_or_nan(double(size.value), double(std::abs(d))));
        CHECK(k1.slope == 1);
        CHECK(same_or_nan(double(k2.slope), double(d)));
        CHECK((std::isnan(d) ? std::isnan(k3.slope) : test::ulp_error(k3.slope, -std::expm1(-x)) <= 4));
        CHECK(same_or_nan(double(size.slope), std::isnan(d) ? double(d) : d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0));
        if (std::isnan(d)) continue;
        for (const auto e : {kl_estimator::k1, kl_estimator::k2, kl_estimator::k3, kl_estimator::abs}) {
            // limited: finite, without slope beyond
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
