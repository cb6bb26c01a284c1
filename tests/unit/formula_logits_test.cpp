// SPDX-License-Identifier: MIT

// Formulas of a row of logits: their slopes against dual numbers, what is left out, and digits of small arguments.

#include "support/formulas.hpp"

#include <rlhf/formula/cross_entropy.hpp>
#include <rlhf/formula/divergence.hpp>

namespace {

using test::same;
using number = test::dual<double>;
constexpr double inf = std::numeric_limits<double>::infinity();

} // namespace

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

TEMPLATE_TEST_CASE("divergence formula: small arguments keep their digits", "", float, double) {
    using T = TestType;
    test::random r(2);
    const double eps = std::numeric_limits<T>::epsilon();
    double of_k3 = 0, of_log = 0, of_excess = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto u = static_cast<T>((r.below(2) == 0 ? 1 : -1) * std::exp(-r.uniform(0, 5)));
        const long double x = u, k3 = std::expm1(-x) + x; // with an error of 10⁻¹⁹ u beside u² / 2, u of at least 1/150
        of_k3 = std::max(of_k3, static_cast<double>(std::fabs(rlhf::formula::k3(u) / k3 - 1)) / eps);
        const long double log = std::log1p(x), excess = (1 + x) * log - x;
        const auto got = rlhf::formula::log_and_excess(T(1) + u, u);
        if (u == -1) continue;
        // far from 1 the digits of 1 + u are lost before, by as much as this
        const double lost = std::fabs(u) > T(0.3) ? static_cast<double>(1 / (1 + x)) : 0;
        of_log = std::max(of_log, static_cast<double>(std::fabs(got.log / log - 1)) / (1 + lost) / eps);
        of_excess = std::max(of_excess, static_cast<double>(std::fabs(got.excess / excess - 1)) / eps);
    }
    CHECK(of_k3 <= 4);
    CHECK(of_log <= 4);
    CHECK(of_excess <= 12);
    CHECK(rlhf::formula::k3(T(0)) == 0);
    CHECK(rlhf::formula::log_and_excess(T(0), T(-1)).excess == 1);
}
