// SPDX-License-Identifier: MIT

// The shorter ways to a sum: of one term, and of terms of usual size.

#include "support/catch.hpp"
#include "support/random.hpp"

#include <rlhf/engine/sums/totals.hpp>
#include <rlhf/formula/policy_token.hpp>

#include <array>
#include <cmath>
#include <limits>

using rlhf::detail::exact_sum;

namespace {

exact_sum added(double term) {
    exact_sum s;
    s.add(term), s.normalize();
    return s;
}
exact_sum added_first(double term) {
    exact_sum s;
    s.add_first(term);
    return s;
}

constexpr double largest_usual = 0x1.fffffffffffffp30; // below 2³¹

using running = rlhf::detail::running_totals<rlhf::formula::policy_statistics>;
using totals = rlhf::detail::totals<rlhf::formula::policy_statistics>;

exact_sum sum_of_squares(totals& t) {
    t.normalize();
    return t.ratio.squares;
}
void add(running& part, double x) {
    part.next().fill(x), part.counted[1] += 3, part.add_next(); // 1: clipped_high
}

} // namespace

TEST_CASE("exact_sum: a first term is added and normalized at once") {
    test::random r(6);
    for (int i = 0; i < 20000; ++i) {
        const double size = std::ldexp(r.uniform(1, 2), static_cast<int>(r.below(420)) - 250);
        const double x = r.below(2) == 0 ? size : -size;
        REQUIRE(added_first(x) == added(x));
    }
    using limits = std::numeric_limits<double>;
    for (const double size : {0.0, 1.0, 0x1p-192, 0x1p-193, 0x1p-194, 0x1p-160, 0x1.fffffffffffffp159, 0x1p160,
                              limits::infinity(), limits::quiet_NaN(), limits::denorm_min()})
        for (const double x : {size, -size}) CHECK(added_first(x) == added(x));
}

TEST_CASE("running totals: one segment, or some, or one after a flush, or one beside a term of its own") {
    for (const int segments : {1, 2, 3, 8, 9, 64, 65, 130})
        for (const int unusual : {-1, 0, 7, 66}) {
            totals got;
            running part(got);
            exact_sum want;
            for (int k = 0; k < segments; ++k) {
                const double x = k == unusual ? 0x1p-30 : k + 0.1;
                add(part, x), want.add(x);
            }
            part.flush(), want.normalize();
            CHECK(sum_of_squares(got) == want);
            CHECK(got.ratio.sum == want);
            CHECK((got.clipped_high == 3 * segments && got.clipped_low == 0));
        }
    totals got;
    running part(got);
    exact_sum want;
    for (const double x : {0.1, -0.3}) add(part, x), part.flush(), want.add(x);
    want.normalize();
    CHECK(sum_of_squares(got) == want);

    totals beside;
    running other(beside);
    add(other, 0.0), other.sums_of_all().ratio.add_square(3), other.flush();
    CHECK(sum_of_squares(beside).value() == 9);
}

TEST_CASE("running totals: thousands of the largest segments are flushed in time") {
    totals got;
    running part(got);
    exact_sum want;
    for (int k = 0; k < 5000; ++k) add(part, largest_usual), want.add(largest_usual); // 4096 would fill 63 bits
    part.flush(), want.normalize();
    CHECK(sum_of_squares(got) == want);
}

TEST_CASE("narrow_sums: there is room for the largest terms until the sums are full") {
    for (const double x : {largest_usual, -largest_usual}) {
        rlhf::detail::narrow_sums<1> narrow;
        std::array<double, 16> terms;
        terms.fill(x);
        exact_sum got, want;
        for (int call = 0; call < narrow.capacity; ++call) {
            REQUIRE(narrow.add(0, terms));
            for (const double term : terms) want.add(term);
        }
        narrow.flush(0, got), got.normalize(), want.normalize();
        CHECK(got == want);
    }
}
