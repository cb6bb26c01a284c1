// SPDX-License-Identifier: MIT

// Formulas of a reward model, one comparison at a time: their slopes against dual numbers, and what they make of ±∞, ±0
// and NaN.

#include "support/cases.hpp"
#include "support/formulas.hpp"
#include "support/ulp.hpp"

#include <rlhf/formula/bradley_terry.hpp>

namespace {

using test::same, test::same_or_nan, test::specials;
using number = test::dual<double>;

} // namespace

TEST_CASE("bradley_terry: its slopes are the derivatives of its loss", "[formula]") {
    test::random r(2);
    for (int i = 0; i < 3000; ++i) {
        const double c = r.normal(0, 3), w = r.normal(0, 3), margin = r.below(2) ? 0 : r.normal();
        const double smoothing = r.below(2) ? 0 : r.uniform(0, 0.5), center = r.below(2) ? 0 : r.uniform(0, 0.1);
        CAPTURE(c, w, margin, smoothing, center);
        const auto t = rlhf::formula::bradley_terry(c, w, margin, smoothing, center);
        const auto by_c = rlhf::formula::bradley_terry<number>({c, 1.0}, w, margin, smoothing, center);
        const auto by_w = rlhf::formula::bradley_terry<number>(c, {w, 1.0}, margin, smoothing, center);
        REQUIRE(test::ulp_distance(by_c.loss.value, t.loss) <= 8); // duals have std::exp and std::log1p
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
