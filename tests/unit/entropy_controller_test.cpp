// SPDX-License-Identifier: MIT
#include "reference/entropy_controller.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/refusal.hpp"

#include <rlhf/policy/entropy_controller.hpp>

using rlhf::adaptive_entropy_controller;

TEST_CASE("entropy_controller: by hand") {
    adaptive_entropy_controller c{.entropy_coef = 0.5, .target = 0.25, .step = 0.125, .high = 0.75};
    CHECK((c.active && c.coefficient() == 0.5));
    c = updated(c, 0.25);
    CHECK((c.active && c.entropy_coef == 0.625 && c.coefficient() == 0.625));
    c = updated(c, 0.1), c = updated(c, 0.1);
    CHECK((c.entropy_coef == 0.75 && c.coefficient() == 0.75));
    c = updated(c, 0.26);
    CHECK((!c.active && c.entropy_coef == 0.625 && c.coefficient() == 0));
    for (int i = 0; i < 9; ++i) c = updated(c, 3);
    CHECK((c.entropy_coef == 0 && c.coefficient() == 0));
    c = updated(c, -1);
    CHECK((c.active && c.coefficient() == 0.125));
}

TEST_CASE("entropy_controller: the reference along a run, and its state resumed") {
    test::random r(1);
    adaptive_entropy_controller c{.entropy_coef = 0.01, .target = 0.3, .step = 0.003, .low = 0.001, .high = 0.02};
    long double want = 0.01L;
    int inactive = 0;
    for (int step = 0; step < 300; ++step) {
        const double entropy = r.normal(0.3, 0.1);
        want = reference::adapted_entropy_coef(want, entropy, 0.3, 0.003L, 0.001L, 0.02L);
        const adaptive_entropy_controller resumed{.entropy_coef = c.entropy_coef,
                                                  .target = c.target,
                                                  .step = c.step,
                                                  .low = c.low,
                                                  .high = c.high,
                                                  .active = c.active};
        c = updated(resumed, entropy);
        REQUIRE(c.entropy_coef == Approx(static_cast<double>(want)).epsilon(1e-13));
        REQUIRE(c.active == (entropy <= 0.3));
        inactive += c.active ? 0 : 1;
    }
    CHECK((inactive > 100 && inactive < 200));
}

TEST_CASE("entropy_controller: refusals") {
    constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
    const auto said = [](const adaptive_entropy_controller& c, double entropy = 1) {
        return test::refusal([&] { (void)updated(c, entropy); });
    };
    const std::string f = "rlhf::adaptive_entropy_controller: ";
    CHECK(said({}, NaN).find(f + "entropy is nan") == 0);
    CHECK(said({.entropy_coef = NaN}).find(f + "entropy_coef is nan") == 0);
    CHECK(said({.target = NaN}).find(f + "target is nan") == 0);
    CHECK(said({.step = 0}) == f + "step is 0, expected more than 0");
    CHECK(said({.step = rlhf::unlimited}).find(f + "step is inf") == 0);
    CHECK(said({.low = NaN}).find(f + "low is nan") == 0);
    CHECK(said({.low = 2}) == f + "low is 2 and high is 1, expected low <= high");
    CHECK(said({.high = NaN}).find(f + "high is nan") == 0);
}
