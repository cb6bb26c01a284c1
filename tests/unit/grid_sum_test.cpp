// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/sums/grid_sum.hpp>

#include <algorithm>
#include <vector>

namespace {

using rlhf::detail::grid_sum, rlhf::detail::real;

template <bool Fine>
double sum_of(const std::vector<double>& x, double bound) {
    grid_sum<real, Fine> sum{real(bound)};
    for (const double v : x) sum.add(v);
    return double(sum.value());
}

/// Terms in [0, 1): many lie in the middle of two multiples of a unit, and some are small.
std::vector<double> terms(test::random& r, std::size_t n) {
    std::vector<double> x(n);
    for (double& v : x) {
        v = r.uniform();
        if (r.below(4) == 0) v = std::ldexp(v, -static_cast<int>(r.below(70)));
        if (r.below(2) == 0) v = std::floor(v * 0x1p44) * 0x1p-44 + 0x1p-45 * double(r.below(2)) + 0x1p-46;
    }
    return x;
}

template <bool Fine>
void any_order(std::size_t n) {
    test::random r(n);
    for (int round = 0; round < 50; ++round) {
        auto x = terms(r, n);
        if (round % 2 != 0) // far below the unit: what is left is all there is
            for (double& v : x) v *= 0x1p-55;
        const double bound = static_cast<double>(n), sum = sum_of<Fine>(x, bound);
        long double exact = 0;
        for (const double v : x) exact += v;
        const double unit = bound * (Fine ? 0x1.8p-70 : 0x1.8p-50); // at most, and half of one for each term
        CHECK(std::abs(sum - exact) <= unit * bound / 2 + 0x1p-52 * sum);
        for (std::size_t i = n; i > 1; --i) std::swap(x[i - 1], x[r.below(i)]);
        CHECK(test::same_bits(sum_of<Fine>(x, bound), sum));
        std::sort(x.begin(), x.end());
        CHECK(test::same_bits(sum_of<Fine>(x, bound), sum));
    }
}

} // namespace

TEST_CASE("grid_sum: the order of the terms changes no bit") {
    for (const std::size_t n : {1U, 2U, 7U, 32U, 128U, 3000U}) any_order<false>(n), any_order<true>(n);
}

TEST_CASE("grid_sum: terms as large as the bound, at any size") {
    for (const double size : {0x1p-999, 1e-100, 1.0, 0x1.fffffffffffffp0, 1e100, 0x1p999})
        for (const bool fine : {false, true}) {
            const std::vector<double> x{size, 0};
            CHECK((fine ? sum_of<true>(x, size) : sum_of<false>(x, size)) == Approx(size).epsilon(fine ? 0 : 0x1p-50));
        }
    CHECK(sum_of<false>({0, 0}, 0) == 0);
    CHECK(sum_of<true>({}, 0) == 0);
    CHECK(std::isnan(sum_of<false>({1, std::nan("")}, 2)));
}

TEST_CASE("grid_sum: numbers with few digits are added exactly") {
    std::vector<double> x;
    test::random r(3);
    double exact = 0;
    for (int i = 0; i < 100; ++i) x.push_back(static_cast<double>(r.below(1U << 24)) * 0x1p-24), exact += x.back();
    CHECK(sum_of<false>(x, 100) == exact);
}
