// SPDX-License-Identifier: MIT

// Formulas of two rows of logits: the digits of small arguments.

#include "support/formulas.hpp"

#include <rlhf/formula/divergence.hpp>

TEMPLATE_TEST_CASE("divergence formula: small arguments keep their digits", "", float, double) {
    using T = TestType;
    test::random r(2);
    const double eps = std::numeric_limits<T>::epsilon();
    double of_k3 = 0, of_log = 0, of_excess = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto u = static_cast<T>((r.below(2) == 0 ? 1 : -1) * std::exp(-r.uniform(0, 5)));
        const long double x = u, k3 = std::expm1(-x) + x; // with an error of 10⁻¹⁹ u beside u² / 2, u of at least 1/150
        of_k3 = std::max(of_k3, static_cast<double>(std::fabs(rlhf::lane::exp_excess(-u).value / k3 - 1)) / eps);
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
    CHECK(rlhf::lane::exp_excess(T(0)).value == 0);
    CHECK(rlhf::formula::log_and_excess(T(0), T(-1)).excess == 1);
}
