// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/results/moments.hpp>

#include <vector>

namespace {

rlhf::moments of(const std::vector<double>& x) {
    rlhf::detail::power_sums s;
    for (const double v : x) {
        const double square = v * v;
        ++s.count, s.sum.add(v), s.squares.add(square), s.squares.add(std::fma(v, v, -square));
    }
    s.sum.normalize(), s.squares.normalize();
    return rlhf::moments(s);
}

/// Σ (x − mean)² / (n − ddof) in two passes.
double two_passes(const std::vector<double>& x, int ddof) {
    long double mean = 0, squares = 0;
    for (const double v : x) mean += static_cast<long double>(v) / static_cast<long double>(x.size());
    for (const double v : x) squares += (v - mean) * (v - mean);
    return static_cast<double>(squares / static_cast<long double>(static_cast<int>(x.size()) - ddof));
}

} // namespace

TEST_CASE("moments: count, mean and variance") {
    const auto m = of({1, 2, 3, 4});
    CHECK(m.count() == 4);
    CHECK(m.mean() == 2.5);
    CHECK(m.variance() == 5.0 / 3);
    CHECK(m.variance(0) == 1.25);
}

TEST_CASE("moments: no numbers, and no more than ddof numbers") {
    CHECK(rlhf::moments().count() == 0);
    CHECK(rlhf::moments().mean() == 0);
    CHECK(rlhf::moments().variance() == 0);
    CHECK(rlhf::moments().variance(0) == 0);
    CHECK(of({7}).variance() == 0);
    CHECK(of({7}).variance(0) == 0);
    CHECK(of({7, 8}).variance(2) == 0);
    CHECK(of({7, 8}).variance(1) == 0.5);
}

TEST_CASE("moments: equal numbers have that mean, and no variance") {
    for (const float x : {0.1F, 1e-20F, -3e20F, 1.F / 3})
        for (const std::size_t n : {2U, 3U, 1000U, 12345U}) {
            const auto m = of(std::vector<double>(n, x));
            CHECK(m.mean() == static_cast<double>(x));
            CHECK(m.variance() == 0);
        }
    for (const double x : {0.1, -3e20, 1.0 / 3})
        for (const std::size_t n : {2U, 3U, 1000U, 12345U}) {
            const auto m = of(std::vector<double>(n, x));
            CHECK(m.mean() == x);
            CHECK(m.variance() <= 1e-29 * x * x);
        }
}

TEST_CASE("moments: a mean far above the deviation costs no digits") {
    test::random r(1);
    for (const double mean : {0.0, 1.0, 1e6, -1e9})
        for (const std::size_t n : {2U, 50U, 3000U}) {
            const auto x = test::normals<double>(r, n, mean);
            CHECK(of(x).variance(1) == Approx(two_passes(x, 1)).epsilon(mean == 0 ? 1e-14 : 1e-9));
            CHECK(of(x).variance(0) == Approx(two_passes(x, 0)).epsilon(mean == 0 ? 1e-14 : 1e-9));
        }
}

TEST_CASE("moments: parts join to the whole, in any order") {
    test::random r(2);
    const auto x = test::normals<double>(r, 90, 3);
    const auto part = [&](std::size_t from, std::size_t to) {
        return of({x.begin() + static_cast<std::ptrdiff_t>(from), x.begin() + static_cast<std::ptrdiff_t>(to)});
    };
    auto forwards = part(0, 10), backwards = part(50, 90);
    forwards += part(10, 50), forwards += part(50, 90);
    backwards += rlhf::moments(), backwards += part(10, 50), backwards += part(0, 10);
    CHECK(forwards == of(x));
    CHECK(backwards == of(x));
    CHECK(test::same_bits(forwards.variance(), of(x).variance()));
}

TEST_CASE("moments: infinite and NaN numbers show") {
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(of({1, inf}).mean() == inf);
    CHECK(std::isnan(of({1, inf, -inf}).mean()));
    CHECK(std::isnan(of({1, std::nan("")}).mean()));
    CHECK(std::isnan(of({1, std::nan("")}).variance()));
    CHECK_FALSE(std::isfinite(of({1, inf}).variance()));
    CHECK(of({1e30, 2e30}).variance() == inf); // the squares are beyond the range
}

TEST_CASE("moments: a sum in two doubles is the sum") {
    rlhf::detail::exact_sum s;
    const auto is = [&](double value, double rest) {
        const auto got = s.value_and_rest();
        return got.value == value && got.rest == rest;
    };
    s.add(1), s.add(0x1p-80), s.add(-0x1p-130);
    CHECK(is(1.0, 0x1p-80 - 0x1p-130));
    s.negate();
    CHECK(is(-1.0, 0x1p-130 - 0x1p-80));
    s.add(std::numeric_limits<double>::infinity());
    CHECK(is(std::numeric_limits<double>::infinity(), 0.0));
}
