// SPDX-License-Identifier: MIT

// The tests' own tools: dual numbers, central differences, distances in ULP, generated data.

#include "support/catch.hpp"
#include "support/differences.hpp"
#include "support/dual.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/lane.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using number = test::dual<double>;

TEST_CASE("dual numbers differentiate every word of a formula", "[support]") {
    const auto check = [](auto f, double x) {
        const double step = 1e-6;
        const double numeric = (f(number(x + step)).value - f(number(x - step)).value) / (2 * step);
        CAPTURE(x);
        CHECK(f(number(x, 1.0)).slope == Approx(numeric).epsilon(1e-8).margin(1e-9));
    };
    for (const double x : {.3, 1.0, 2.5}) {
        check([](number v) { return exp(v) - 3 * v; }, x);
        check([](number v) { return expm1(-v) + v; }, x);
        check([](number v) { return log(v) / (1.0F + v); }, x);
        check([](number v) { return log1p(v) * v - v / 2; }, x);
        check([](number v) { return sqrt(v) * abs(-v) + 1; }, x);
        check([](number v) { return select(v > 1.5, v * v, -v); }, x);
    }
    for (const double x : {-40.0, -.7, 0.0, .7, 40.0}) {
        check([](number v) { return select(v > 0, v, number(0)) + log1p(exp(-abs(v))); }, x);
        check([](number v) { return select(v > 0, number(1), exp(-abs(v))) / (1 + exp(-abs(v))); }, x);
        check([](number v) { return rlhf::lane::clamp(v, number(-1), number(.5)) * v; }, x);
    }
    number sum = 1;
    sum += number(2.0, 1.0), sum *= 3, sum -= 1, sum /= 2;
    CHECK((sum.value == 4 && sum.slope == 1.5));
}

TEST_CASE("dual numbers: the slope of a constant stays 0", "[support]") {
    const double inf = std::numeric_limits<double>::infinity();
    CHECK((number(0) * number(inf)).slope == 0);
    CHECK(exp(number(1000)).slope == 0);
    CHECK(log(number(0)).slope == 0);
}

TEMPLATE_TEST_CASE("ULP distances", "[support]", float, double) {
    using T = TestType;
    using limits = std::numeric_limits<T>;
    CHECK(test::ulp_distance(T(1), T(1)) == 0);
    CHECK(test::ulp_distance(T(1), std::nextafter(T(1), T(2))) == 1);
    CHECK(test::ulp_distance(T(1), std::nextafter(T(1), T(0))) == 1);
    CHECK(test::ulp_distance(T(0), -T(0)) == 0);
    CHECK(test::ulp_distance(limits::denorm_min(), -limits::denorm_min()) == 2);
    CHECK(test::ulp_distance(limits::max(), limits::infinity()) == 1);
    CHECK(test::ulp_distance(limits::quiet_NaN(), limits::quiet_NaN()) == 0);
    CHECK(test::ulp_distance(limits::quiet_NaN(), T(1)) == std::numeric_limits<std::uint64_t>::max());
    CHECK(test::ulp_distance(limits::max(), limits::lowest()) == 2 * test::ulp_distance(T(0), limits::max()));

    CHECK(test::ulp_error(T(1), 1 + limits::epsilon() / 2.0L) == 0.0);
    CHECK(test::ulp_error(T(1), 1 + limits::epsilon() * 0.75L) == Approx(.75));
    CHECK(test::ulp_error(limits::infinity(), 1) == std::numeric_limits<double>::infinity());
    CHECK(test::ulp_error(limits::infinity(), std::numeric_limits<long double>::infinity()) == 0.0);
    CHECK(test::close(limits::quiet_NaN(), std::numeric_limits<long double>::quiet_NaN(), 0));
    CHECK_FALSE(test::close(limits::quiet_NaN(), 1, 1e9, 1e9));
    CHECK(test::close(T(1e-7), 0, 0, 1e-6));
    CHECK_FALSE(test::close(T(1e-5), 0, 0, 1e-6));

    CHECK(test::same_bits(limits::quiet_NaN(), limits::quiet_NaN()));
    CHECK_FALSE(test::same_bits(T(0), -T(0)));
    CHECK_FALSE(test::same_bits(std::vector<T>{0}, std::vector<T>{-T(0)}));
    CHECK(test::same_bits(std::vector<T>{}, std::vector<T>{}));
    CHECK(test::worst_ulp_error(std::vector<T>{1, 2}, std::vector<long double>{1, 2}) == 0.0);
    CHECK(test::worst_ulp_error(std::vector<T>{1}, std::vector<long double>{1, 2}) > 1e9);
}

TEST_CASE("generated data is what it says", "[support]") {
    test::random r(7), again(7);
    CHECK(r.bits() == 0x63cbe1e459320dd7U);
    CHECK(again.bits() == 0x63cbe1e459320dd7U);
    double sum = 0, squares = 0;
    for (int i = 0; i < 10000; ++i) {
        const double x = r.normal();
        sum += x, squares += x * x;
    }
    CHECK(std::fabs(sum / 10000) < .05);
    CHECK(std::fabs(squares / 10000 - 1) < .05);
    const auto log_probs = test::log_probs<float>(r, 1000);
    CHECK(std::all_of(log_probs.begin(), log_probs.end(), [](float x) { return x <= 0 && std::isfinite(x); }));

    for (const auto kind : test::mask_kinds) {
        const auto m = test::mask(r, kind, 8, 6);
        REQUIRE(m.size() == 48);
        const auto counted = std::count(m.begin(), m.end(), 1);
        CHECK((kind == test::mask_kind::all    ? counted == 48
               : kind == test::mask_kind::none ? counted == 0
                                               : counted > 0));
        for (std::size_t e = 0; e < 48; ++e) {
            if (kind == test::mask_kind::right_padded && e % 6 != 0) CHECK(m[e] <= m[e - 1]);
            if (kind == test::mask_kind::left_padded && e % 6 != 0) CHECK(m[e] >= m[e - 1]);
        }
    }
    const auto offsets = test::packed_offsets(test::ragged_lengths(r, 5, 9));
    CHECK((offsets.size() == 6 && offsets[0] == 0 && offsets[1] == 9 && offsets[2] == 9 && offsets[3] == 10));

    std::vector<double> x(6, 1);
    test::poison(r, x, {1, 0, 1, 1, 0, 1});
    CHECK((x[0] == 1 && x[2] == 1 && x[3] == 1 && x[5] == 1));
}

TEST_CASE("support: central differences find a wrong slope, and NaN") {
    std::vector<double> x{1, 2};
    const auto value = [&] { return x[0] * x[0] + 3 * x[1]; };
    CHECK(test::worst_difference(x, {2, 3}, value) < 1e-9);
    CHECK(test::worst_difference(x, {2, 4}, value) == Approx(1));
    CHECK(std::isnan(test::worst_difference(x, {std::nan(""), 3}, value)));
    CHECK(x == std::vector<double>{1, 2});
}
