// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/sums/narrow_sums.hpp>
#include <rlhf/results/moments.hpp>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>

using boost::multiprecision::cpp_int;
using rlhf::detail::exact_sum;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

/// x in units of 2⁻¹⁹², rounded to nearest, ties away from 0.
cpp_int in_units(double x) {
    int exponent = 0;
    const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
    const int shift = exponent - 53 + 192;
    cpp_int n = mantissa < 0 ? -mantissa : mantissa;
    if (shift >= 0)
        n <<= static_cast<unsigned>(shift);
    else if (shift < -60)
        n = 0;
    else
        n = (n + (cpp_int(1) << static_cast<unsigned>(-shift - 1))) >> static_cast<unsigned>(-shift);
    return x < 0 ? cpp_int(-n) : n;
}

/// n · 2⁻¹⁹², rounded to nearest, ties to even.
double rounded(const cpp_int& n) {
    cpp_int m = abs(n);
    if (m == 0) return 0;
    const auto bits = static_cast<int>(msb(m)) + 1;
    int exponent = -192;
    if (bits > 53) {
        const auto drop = static_cast<unsigned>(bits - 53);
        const cpp_int rest = m & ((cpp_int(1) << drop) - 1), half = cpp_int(1) << (drop - 1);
        m >>= drop;
        if (rest > half || (rest == half && (m & 1) != 0)) m += 1;
        exponent += static_cast<int>(drop);
    }
    const double x = std::ldexp(static_cast<double>(static_cast<std::int64_t>(m)), exponent);
    return n < 0 ? -x : x;
}

exact_sum sum_of(const std::vector<double>& terms) {
    exact_sum s;
    for (const double x : terms) s.add(x);
    s.normalize();
    return s;
}

double random_double(test::random& r, int low, int high) {
    const double x = std::ldexp(r.uniform(1, 2), low + static_cast<int>(r.below(static_cast<std::size_t>(high - low))));
    return r.below(2) == 0 ? x : -x;
}

} // namespace

TEST_CASE("exact_sum: the sum of its terms, each rounded to the unit, rounded once") {
    test::random r(1);
    for (int round = 0; round < 400; ++round) {
        const int low = -300 + static_cast<int>(r.below(400)),
                  high = std::min(low + 1 + static_cast<int>(r.below(120)), 160);
        const std::size_t n = 1 + r.below(200);
        std::vector<double> terms;
        cpp_int want = 0;
        for (std::size_t i = 0; i < n; ++i) {
            terms.push_back(random_double(r, low, high));
            if (r.below(3) == 0 && i > 0) terms.push_back(-terms[r.below(terms.size())]); // cancellation
        }
        for (const double x : terms) want += in_units(x);
        CAPTURE(round, low, high);
        REQUIRE(test::same_bits(sum_of(terms).value(), rounded(want)));
        const auto [sum, rest] = sum_of(terms).value_and_rest();
        REQUIRE(sum == rounded(want));
        REQUIRE(rest == (std::fabs(sum) < 0x1p160 ? rounded(want - in_units(sum)) : 0));
    }
}

TEST_CASE("exact_sum: the sum of one term is that term, down to the unit and up to the limit") {
    test::random r(2);
    for (int i = 0; i < 20000; ++i) {
        const double x = random_double(r, -139, 160); // a double of 2⁻¹³⁹ ends at 2⁻¹⁹¹
        REQUIRE(sum_of({x}).value() == x);
    }
    for (const double x : {0.0, -0.0, 0x1p-192, -0x1p-192, 0x1.8p-192, 0x1.fffffffffffffp159, -0x1.fffffffffffffp159})
        CHECK(sum_of({x}).value() == rounded(in_units(x)));
    CHECK(sum_of({0x1p-193}).value() == 0x1p-192); // half a unit
    CHECK(sum_of({0x1.fffffffffffffp-194}).value() == 0);
    CHECK(sum_of({std::numeric_limits<double>::denorm_min(), -std::numeric_limits<double>::min()}).value() == 0);
    CHECK(test::same_bits(sum_of({1, -1}).value(), 0.0));
    CHECK(test::same_bits(exact_sum().value(), 0.0));
}

TEST_CASE("exact_sum: ties go to even, whatever lies far below breaks them") {
    for (const double one : {0x1p0, 0x1p-31, 0x1p32, 0x1p100, 0x1p-90}) {
        const double half_ulp = one * 0x1p-53, ulp = one * 0x1p-52, tiny = 0x1p-192;
        for (const double sign : {1.0, -1.0}) {
            const auto of = [&](std::vector<double> terms) {
                for (double& x : terms) x *= sign;
                return sign * sum_of(terms).value();
            };
            CHECK(of({one, half_ulp}) == one);
            CHECK(of({one, ulp, half_ulp}) == one + 2 * ulp);
            CHECK(of({one, half_ulp, tiny}) == one + ulp);
            CHECK(of({one, half_ulp, -tiny}) == one);
            CHECK(of({one, ulp, half_ulp, -tiny}) == one + ulp);
        }
    }
}

TEST_CASE("exact_sum: neither order nor grouping changes a bit") {
    test::random r(3);
    std::vector<double> terms;
    for (int i = 0; i < 3000; ++i) terms.push_back(random_double(r, -250, 159));
    const exact_sum want = sum_of(terms);
    for (int round = 0; round < 20; ++round) {
        for (std::size_t i = terms.size() - 1; i > 0; --i) std::swap(terms[i], terms[r.below(i + 1)]);
        CHECK(sum_of(terms) == want);
        std::vector<exact_sum> parts(1 + r.below(20));
        for (const double x : terms) parts[r.below(parts.size())].add(x);
        exact_sum joined;
        for (auto& p : parts) p.normalize(), joined += p;
        CHECK(joined == want);
    }
    exact_sum turned = want;
    turned.negate();
    CHECK(turned.value() == -want.value());
    turned += want;
    CHECK(turned == exact_sum());
}

TEST_CASE("exact_sum: terms out of range are counted apart") {
    CHECK(sum_of({1, inf}).value() == inf);
    CHECK(sum_of({-inf, 5}).value() == -inf);
    CHECK(std::isnan(sum_of({inf, -inf}).value()));
    CHECK(std::isnan(sum_of({NaN, 1}).value()));
    CHECK(std::isnan(sum_of({-NaN, inf}).value()));
    CHECK(sum_of({0x1p160}).value() == inf);
    CHECK(sum_of({-0x1p160, 1}).value() == -inf);
    exact_sum s = sum_of({inf}), t = sum_of({-inf, 1});
    s.negate();
    CHECK(s.value() == -inf);
    s += t;
    CHECK(s.value() == -inf);
    t.negate(), s += t;
    CHECK(std::isnan(s.value()));
    CHECK((sum_of({inf}).value_and_rest().value == inf && sum_of({inf}).value_and_rest().rest == 0));
}

TEST_CASE("exact_sum: sums larger than any term") {
    exact_sum s = sum_of({0x1.fffffffffffffp159});
    cpp_int want = in_units(0x1.fffffffffffffp159);
    for (int i = 0; i < 30; ++i) { // doubled: as 2³⁰ terms
        s += exact_sum(s), want *= 2;
        CHECK(s.value() == rounded(want));
        CHECK(s.value_and_rest().value == s.value());
        CHECK(std::isfinite(s.value_and_rest().rest));
    }
    CHECK(rlhf::moments({2, sum_of({0x1p79, -0x1p79}), sum_of({0x1p159, 0x1p159})}).variance(0) == Approx(0x1p159));
}

TEST_CASE("narrow_sums: the sums of exact_sum, or add() returns false") {
    using rlhf::detail::narrow_sums;
    test::random r(8);
    for (int round = 0; round < 300; ++round) {
        narrow_sums<3> narrow;
        std::array<exact_sum, 3> want, got;
        const auto each_sum = [&](auto&& f) { f(std::size_t(0), got[0]), f(std::size_t(2), got[2]); };
        for (int call = 0; call < narrow.capacity; ++call) {
            std::array<std::array<double, 3>, 5> rows;
            for (auto& x : rows) x = {r.below(10) == 0 ? 0 : random_double(r, -20, 31), 0, random_double(r, -60, 90)};
            for (const auto& x : rows) want[0].add(x[0]), want[2].add(x[2]);
            narrow.add_rows(rows, each_sum);
            std::array<double, 11> lanes;
            for (double& e : lanes) e = random_double(r, -20, 31), want[1].add(e);
            REQUIRE(narrow.add(1, lanes));
        }
        for (std::size_t i = 0; i < 3; ++i) {
            narrow.flush(i, got[i]);
            narrow.flush(i, got[i]); // nothing is left
            got[i].normalize(), want[i].normalize();
            REQUIRE(got[i] == want[i]);
        }
    }
    const double limit = 0x1p31, smallest = 0x1p-20, inf = std::numeric_limits<double>::infinity();
    for (const double x : {limit, -limit, std::nextafter(smallest, 0.0), -std::nextafter(smallest, 0.0), 5e-324, inf,
                           -inf, std::numeric_limits<double>::quiet_NaN()}) {
        narrow_sums<3> narrow; // the last sum is never read, and may overflow
        exact_sum sum, apart, want;
        CHECK_FALSE(narrow.add(0, std::array<double, 3>{1, 2, x}));
        std::array<std::array<double, 3>, 2> rows{{{1, 3, x}, {2, x, x}}};
        narrow.add_rows(rows, [&](auto&& f) { f(std::size_t(0), sum), f(std::size_t(1), apart); });
        CHECK(sum.value() == 0);
        want.add(3), want.add(x);
        CHECK(apart == want);
        narrow.flush(0, sum), narrow.flush(1, apart);
        CHECK(sum.value() == 3);
        CHECK(test::same_bits(apart.value(), want.value()));
    }
    narrow_sums<2> narrow;
    CHECK(narrow.add(1, std::array<double, 2>{std::nextafter(-limit, 0.0), smallest}));
}

TEST_CASE("exact_sum: whole numbers of units") {
    test::random r(9);
    for (int round = 0; round < 2000; ++round) {
        const int position = static_cast<int>(r.below(288));
        const auto whole = static_cast<std::int64_t>(r.bits()) >> r.below(64);
        exact_sum sum;
        sum.add(whole, position);
        REQUIRE(test::same_bits(sum.value(), rounded(cpp_int(whole) << position)));
    }
}

TEST_CASE("exact_sum: digits carry in time") {
    // A term adds less than 2⁵² to a digit, so that 2¹⁰ of them stay below 2⁶³; then they are carried. 2²⁰ is where a
    // term reaches furthest into its upper digit.
    for (const double x : {0x1.fffffffffffffp3, 0x1.fffffffffffffp19, -0x1.fffffffffffffp19}) {
        exact_sum s;
        constexpr std::int64_t n = 1 << 14;
        for (std::int64_t i = 0; i < n; ++i) s.add(x);
        exact_sum carried = s;
        carried.normalize();
        CHECK(s == carried);
        CHECK(s.value() == rounded(in_units(x) * n));
        for (int i = 0; i < 40; ++i) s += exact_sum(s);
        CHECK(s.value() == rounded(in_units(x) * n << 40));
    }
}

TEST_CASE("two_sum: the error of each addition is kept") {
    test::random r(4);
    rlhf::detail::two_sum s;
    exact_sum want;
    for (int i = 0; i < 100; ++i) {
        const double x = random_double(r, -20, 20);
        s.add(x), want.add(x);
    }
    exact_sum got;
    got.add(s.high), got.add(s.low);
    CHECK(got.value() == Approx(want.value()).epsilon(1e-30));
    CHECK(std::fabs(got.value() - want.value()) <= std::ldexp(std::fabs(want.value()), -52));
}

TEST_CASE("power_sums: merge in any order") {
    test::random r(5);
    std::vector<rlhf::detail::power_sums> parts(10);
    rlhf::detail::power_sums all;
    for (int i = 0; i < 1000; ++i) {
        const double x = r.normal(3, 2);
        for (auto* p : {&all, &parts[r.below(10)]}) ++p->count, p->sum.add(x), p->squares.add(x * x);
    }
    all.sum.normalize(), all.squares.normalize();
    rlhf::detail::power_sums joined;
    for (auto& p : parts) p.sum.normalize(), p.squares.normalize();
    for (std::size_t i = 10; i-- > 0;) joined += parts[i];
    CHECK(joined == all);
}

TEST_CASE("spread_sums: how even numbers of any size are, in any order") {
    test::random r(11);
    for (const double size : {1.0, 0x1p-149, 0x1p-70, 0x1p-60, 0x1p60, 0x1p70, 0x1p124}) {
        CAPTURE(size);
        std::vector<float> x(50);
        for (auto& v : x) v = static_cast<float>(size * r.uniform(1, 8));
        const auto of = [&](auto begin, auto end) {
            rlhf::detail::spread_sums all;
            for (auto i = begin; i != end; ++i) {
                rlhf::detail::spread_sums one;
                one.sum.add(*i), one.add_square(*i), one.normalize();
                all += one;
            }
            return all;
        };
        const auto all = of(x.begin(), x.end());
        CHECK(of(x.rbegin(), x.rend()) == all);
        long double sum = 0, squares = 0;
        for (const float v : x)
            sum += v / (long double)size, squares += v / (long double)size * (v / (long double)size);
        CHECK(all.evenness(50) == Approx(static_cast<double>(sum * sum / (50 * squares))).epsilon(1e-15));
    }
    CHECK(rlhf::detail::spread_sums().evenness(0) == 0);
    CHECK(rlhf::detail::spread_sums().evenness(3) == 0);
}
