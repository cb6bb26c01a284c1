// SPDX-License-Identifier: MIT
#include "golden/goldens.hpp"
#include "reference/kl_controller.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/kl_controller.hpp>

TEST_CASE("kl_controller: the fixed one stays") {
    CHECK(updated(rlhf::fixed_kl_controller{.kl_coef = 0.05}, 100, 64).kl_coef == 0.05);
}

TEST_CASE("kl_controller: the adaptive one by hand") {
    const rlhf::adaptive_kl_controller c{.kl_coef = 0.2, .target = 6, .horizon = 10000};
    CHECK(updated(c, 6, 512).kl_coef == 0.2);
    CHECK(updated(c, 6.6, 512).kl_coef == Approx(0.2 * (1 + 0.1 * 512 / 10000)).epsilon(1e-15));
    CHECK(updated(c, 60, 512).kl_coef == Approx(0.2 * (1 + 0.2 * 512 / 10000)).epsilon(1e-15));
    CHECK(updated(c, -60, 512).kl_coef == Approx(0.2 * (1 - 0.2 * 512 / 10000)).epsilon(1e-15));
    CHECK(updated(c, 60, 0).kl_coef == 0.2);
}

TEST_CASE("kl_controller: the reference along a run, and its state resumed") {
    test::random r(1);
    rlhf::adaptive_kl_controller c{.kl_coef = 0.1, .target = 0.1, .horizon = 500, .limit = 0.3};
    long double want = 0.1L;
    for (int step = 0; step < 200; ++step) {
        const double kl = r.normal(0.1, 0.1), n = 1 + static_cast<double>(r.below(100));
        want = reference::adapted_kl_coef(want, kl, n, 0.1, 500, 0.3);
        const rlhf::adaptive_kl_controller resumed{
            .kl_coef = c.kl_coef, .target = c.target, .horizon = c.horizon, .limit = c.limit};
        c = updated(resumed, kl, n);
        REQUIRE(c.kl_coef == Approx(static_cast<double>(want)).epsilon(1e-13));
    }
}

TEST_CASE("kl_controller: verl's") {
    const auto cases = test::read_goldens("packages.txt");
    const auto& g = cases.at("verl_adaptive_kl");
    rlhf::adaptive_kl_controller c{
        .kl_coef = g.number("coef"), .target = g.number("target"), .horizon = g.number("horizon")};
    for (std::size_t i = 0; i < g["kl"].size(); ++i) {
        c = updated(c, g["kl"][i], g.number("steps"));
        CHECK(c.kl_coef == Approx(g["coefs"][i]).epsilon(1e-14));
    }
}

TEST_CASE("kl_controller: an infinite target, horizon, limit or batch throws") {
    const double inf = std::numeric_limits<double>::infinity();
    const auto says = [](const rlhf::adaptive_kl_controller& c, double kl = 1, double n = 64) {
        return test::refusal([&] { (void)updated(c, kl, n); });
    };
    CHECK(says({.target = inf}) == "rlhf::adaptive_kl_controller: target is inf, expected a finite number");
    CHECK(says({.horizon = inf}) == "rlhf::adaptive_kl_controller: horizon is inf, expected a finite number");
    CHECK(says({.limit = inf}) == "rlhf::adaptive_kl_controller: limit is inf, expected a finite number");
    CHECK(says({.limit = inf}, 1, 0) == "rlhf::adaptive_kl_controller: limit is inf, expected a finite number");
    CHECK(says({}, inf) == "rlhf::adaptive_kl_controller: kl is inf, expected a finite number");
    CHECK(says({}, 1, inf) == "rlhf::adaptive_kl_controller: sequences is inf, expected a finite number");
}

TEST_CASE("kl_controller: what it refuses") {
    const auto says = [](const rlhf::adaptive_kl_controller& c, double kl = 1, double n = 64) {
        return test::refusal([&] { (void)updated(c, kl, n); });
    };
    const double nan = std::nan("");
    CHECK(says({}) == "");
    CHECK(says({.kl_coef = nan}) == "rlhf::adaptive_kl_controller: kl_coef is nan, expected a finite number");
    CHECK(says({.target = 0}) == "rlhf::adaptive_kl_controller: target is 0, expected more than 0");
    CHECK(says({.horizon = -1}) == "rlhf::adaptive_kl_controller: horizon is -1, expected more than 0");
    CHECK(says({.limit = nan}) == "rlhf::adaptive_kl_controller: limit is nan, expected a finite number");
    CHECK(says({}, nan) == "rlhf::adaptive_kl_controller: kl is nan, expected a finite number");
    CHECK(says({}, 1, -1) == "rlhf::adaptive_kl_controller: sequences is -1, expected at least 0");
    CHECK(says({}, 1, 60000) ==
          "rlhf::adaptive_kl_controller: limit 0.2 times sequences 60000 is not below horizon 10000");
    CHECK(test::refusal([&] { (void)updated(rlhf::fixed_kl_controller{.kl_coef = nan}, 1, 1); }) ==
          "rlhf::fixed_kl_controller: kl_coef is nan, expected a finite number");
}
