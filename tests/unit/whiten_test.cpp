// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/moments.hpp"
#include "support/dual.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/whiten.hpp>

namespace {

template <class T>
std::vector<T> numbers(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, 0.7, 1.3);
}

template <class T>
void copy(rlhf::view<const T> from, rlhf::view<T> to) {
    const bool flat = from.rows() < 0;
    for (std::int64_t row = 0; row < (flat ? 1 : from.rows()); ++row)
        std::copy_n(from.data() + row * from.stride(), from.cols(), to.data() + row * to.stride());
}

template <class T>
void contract_holds(const rlhf::whiten_options& o) {
    const contract::problem<T> p{.inputs = {numbers<T>}};
    const rlhf::batch b{.sequences = 1, .steps = 5, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::moments m = rlhf::moments_of<T>(b, std::vector<T>{1, 2, T(-0.3), 4, T(0.1)});
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        copy(c.in[0], c.out[0]);
        rlhf::whiten<T>(c.batch, c.out[0], m, o, c.run);
    });
}

template <class T>
void moments_hold() {
    const contract::problem<T> p{.inputs = {numbers<T>}, .outputs = 0};
    contract::holds<T>(
        p, [](const contract::call<T>& c) { return rlhf::moments_of<T>(c.batch, c.in[0], c.run); },
        [](const rlhf::moments& m) {
            return std::vector<double>{m.count(), m.mean(), m.variance(), m.variance(0)};
        });
}

const std::vector<rlhf::whiten_options> every_option = [] {
    std::vector<rlhf::whiten_options> all;
    for (const bool center : {true, false})
        for (const bool scale : {true, false})
            for (const int ddof : {0, 1})
                for (const auto floor : {rlhf::std_floor::inside_root, rlhf::std_floor::after_root,
                                         rlhf::std_floor::variance_at_least, rlhf::std_floor::std_at_least})
                    for (const double epsilon : {1e-8, 0.5, 3.0})
                        all.push_back(
                            {.center = center, .scale = scale, .ddof = ddof, .epsilon = epsilon, .floor = floor});
    return all;
}();

} // namespace

TEMPLATE_TEST_CASE("whiten: same bits however the batch is laid out", "", float, double) {
    contract_holds<TestType>({});
    contract_holds<TestType>({.center = false});
    contract_holds<TestType>({.center = false, .about = rlhf::scale_about::zero});
    moments_hold<TestType>();
}

TEMPLATE_TEST_CASE("whiten: the reference on every layout, mask and option", "", float, double) {
    using T = TestType;
    test::random r(1);
    const double epsilon = std::numeric_limits<T>::epsilon();
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds) {
            const test::rows rows(r, how, kind, 7, 61);
            const auto x = test::normals<T>(r, rows.size, 3, 1.5);
            const auto exact = reference::moments_of(rows.plain, reference::to_real(x));
            for (const auto& o : every_option) {
                std::vector<T> y = x;
                const auto m = rlhf::whiten<T>(rows.library, y, o);
                const reference::whiten_options p{.center = o.center,
                                                  .scale = o.scale,
                                                  .ddof = o.ddof,
                                                  .epsilon = o.epsilon,
                                                  .floor = static_cast<reference::std_floor>(o.floor)};
                CAPTURE(how, kind, o.center, o.scale, o.ddof, o.epsilon, o.floor);
                CHECK(static_cast<double>(exact.count) == m.count());
                CHECK(m.mean() == Approx(static_cast<double>(exact.mean)).epsilon(1e-15));
                CHECK(m.variance(o.ddof) == Approx(static_cast<double>(exact.variance(o.ddof))).epsilon(1e-14));
                const auto want = reference::whiten(rows.plain, reference::to_real(x), exact, p);
                const double tolerance = (o.center ? 4 : 16) * epsilon; // a kept mean may cancel, and it is 3
                CHECK(test::close_where_counted(y, want, rows.plain, tolerance));
            }
        }
}

TEST_CASE("whiten: TRL's and verl's") {
    const auto cases = test::read_goldens("packages.txt");
    for (const std::string name : {"trl_masked_whiten", "trl_masked_whiten_keep_mean"}) {
        const auto& g = cases.at(name);
        auto x = g["values"];
        const auto mask = g.integers<std::uint8_t>("mask");
        const rlhf::batch b{.sequences = 1, .steps = x.size(), .mask = mask, .denominator = rlhf::counted_here};
        rlhf::whiten<double>(b, x, {.center = name == "trl_masked_whiten"});
        for (std::size_t i = 0; i < x.size(); ++i)
            if (mask[i] != 0) CHECK(x[i] == Approx(g["whitened"][i]).epsilon(1e-13));
    }
    std::vector<float> x{1, 2, 3, 4};
    const std::vector<std::uint8_t> mask{0, 1, 1, 0};
    const rlhf::batch b{.sequences = 1, .steps = 4, .mask = mask, .denominator = rlhf::counted_here};
    const auto m = rlhf::whiten(b, x);
    CHECK(m.mean() == 2.5);
    CHECK(m.variance() == 0.5);
    CHECK(x[1] == Approx(-0.70710678));
    CHECK(x[2] == Approx(0.70710678));
    CHECK(test::same_bits(x[0], 0.F));
    CHECK(test::same_bits(x[3], 0.F));
}

TEMPLATE_TEST_CASE("whiten: the three meanings without centring", "", float, double) {
    using T = TestType;
    const rlhf::batch b{.sequences = 1, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto whitened = [&](rlhf::whiten_options o) {
        std::vector<T> x{3, 7}; // mean 5, deviation 2 with ddof 0
        o.ddof = 0, o.epsilon = 0;
        rlhf::whiten<T>(b, x, o);
        return x;
    };
    CHECK(whitened({}) == std::vector<T>{-1, 1});
    CHECK(whitened({.center = false}) == std::vector<T>{4, 6});
    CHECK(whitened({.center = false, .about = rlhf::scale_about::zero}) == std::vector<T>{1.5, 3.5});
    CHECK(whitened({.scale = false}) == std::vector<T>{-2, 2});
    CHECK(whitened(rlhf::no_whitening) == std::vector<T>{3, 7});
}

TEMPLATE_TEST_CASE("whiten: equal elements, one, and none", "", float, double) {
    using T = TestType;
    for (const std::size_t n : {1U, 2U, 77U, 1500U}) {
        std::vector<T> x(n, T(0.1));
        const rlhf::batch b{.sequences = 1, .steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here};
        const auto m = rlhf::moments_of<T>(b, x);
        CHECK(m.mean() ==
              Approx(static_cast<double>(T(0.1))).epsilon(sizeof(T) == 4 ? 0 : 64 * 0x1p-53)); // 64 additions per lane
        if (sizeof(T) == 4) CHECK(m.variance() == 0);
        CHECK(m.variance() <= 1e-14 * m.mean() * m.mean());
        rlhf::whiten<T>(b, x, {.epsilon = 0.0});
        if (sizeof(T) == 4) CHECK(x == std::vector<T>(n, T(0)));
    }
    std::vector<T> x{5, std::numeric_limits<T>::quiet_NaN()};
    const std::vector<std::uint8_t> mask{0, 0};
    const rlhf::batch b{.sequences = 1, .steps = 2, .mask = mask, .denominator = rlhf::counted_here};
    CHECK(rlhf::whiten<T>(b, x).count() == 0);
    CHECK(test::same_bits(x, std::vector<T>(2, T(0))));
}

TEMPLATE_TEST_CASE("whiten: one number, or no more than ddof, has no deviation and is not scaled", "", float, double) {
    using T = TestType;
    const auto whitened = [](std::vector<T> x, const rlhf::whiten_options& o) {
        const rlhf::batch b{.steps = x.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
        rlhf::whiten<T>(b, x, o);
        return x;
    };
    const auto about_zero = [](int ddof) {
        return rlhf::whiten_options{.center = false, .about = rlhf::scale_about::zero, .ddof = ddof};
    };
    for (const int ddof : {0, 1, 2}) {
        CHECK(whitened({3.5}, about_zero(ddof)) == std::vector<T>{3.5});
        CHECK(whitened({3.5}, {.ddof = ddof}) == std::vector<T>{0});
        CHECK(whitened({3.5}, {.center = false, .ddof = ddof}) == std::vector<T>{3.5});
    }
    CHECK(whitened({1, 2, 6}, about_zero(3)) == std::vector<T>{1, 2, 6});
    CHECK(whitened({1, 2, 6}, {.ddof = 3}) == std::vector<T>{-2, -1, 3});
    CHECK(whitened({1, 2, 6}, about_zero(2)) != std::vector<T>{1, 2, 6});
}

TEMPLATE_TEST_CASE("whiten: a mean far above the deviation", "", float, double) {
    using T = TestType;
    test::random r(4);
    const double mean = sizeof(T) == 4 ? 3000 : 1e6;
    const auto x = test::normals<T>(r, 3000, mean, 1);
    const auto plain = reference::padded(3, 1000);
    const rlhf::batch b{.sequences = 3, .steps = 1000, .mask = rlhf::all, .denominator = rlhf::counted_here};
    auto y = x;
    const auto m = rlhf::whiten<T>(b, y);
    const auto exact = reference::moments_of(plain, reference::to_real(x));
    CHECK(m.variance() == Approx(static_cast<double>(exact.variance())).epsilon(sizeof(T) == 4 ? 1e-8 : 1e-3));
    if (sizeof(T) == 4) // the mean's own rounding to T would show here
        CHECK(test::close_where_counted(y, reference::whiten(plain, reference::to_real(x), exact), plain, 1e-6));
}

TEMPLATE_TEST_CASE("whiten: the parts of a step with its moments", "", float, double) {
    using T = TestType;
    test::random r(5);
    const test::rows rows(r, test::arrangement::packed, test::mask_kind::random, 9, 700);
    const auto x = test::normals<T>(r, rows.size);
    auto whole = x, cut = x;
    const auto m = rlhf::whiten<T>(rows.library, whole);
    rlhf::moments joined;
    for (const auto& [first, n] : {std::pair(4, 5), {0, 4}})
        joined += rlhf::moments_of<T>(rows.library.part(first, n), rlhf::part(x, rows.library, first, n));
    CHECK(joined == m);
    for (const auto& [first, n] : {std::pair(4, 5), {0, 4}})
        rlhf::whiten<T>(rows.library.part(first, n), rlhf::part(cut, rows.library, first, n), joined);
    CHECK(test::same_bits(whole, cut));
}

TEMPLATE_TEST_CASE("whiten: infinite and NaN data reach every element", "", float, double) {
    using T = TestType;
    const rlhf::batch b{.sequences = 1, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const T bad : {std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
        std::vector<T> x{1, bad, 2};
        rlhf::whiten<T>(b, x);
        for (const T y : x) CHECK(std::isnan(y));
    }
}

TEST_CASE("whiten: the divisor at special values") {
    using rlhf::std_floor, rlhf::formula::floored_deviation;
    const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
    CHECK(floored_deviation(4.0, 5.0, std_floor::inside_root) == 3);
    CHECK(floored_deviation(4.0, 5.0, std_floor::after_root) == 7);
    CHECK(floored_deviation(4.0, 9.0, std_floor::variance_at_least) == 3);
    CHECK(floored_deviation(4.0, 1.0, std_floor::variance_at_least) == 2);
    CHECK(floored_deviation(4.0, 3.0, std_floor::std_at_least) == 3);
    CHECK(floored_deviation(4.0, 1.0, std_floor::std_at_least) == 2);
    for (const auto floor :
         {std_floor::inside_root, std_floor::after_root, std_floor::variance_at_least, std_floor::std_at_least}) {
        CHECK(floored_deviation(0.0, 0.0, floor) == 0);
        CHECK(floored_deviation(-0.0, 0.0, floor) == 0);
        CHECK(floored_deviation(inf, 1.0, floor) == inf);
        CHECK(std::isnan(floored_deviation(nan, 1.0, floor)));
        CHECK(floored_deviation(4.0F, 0.0F, floor) == 2.0F);
    }
}

TEST_CASE("whiten: the map's slope, and special values") {
    using D = test::dual<double>;
    CHECK(rlhf::formula::affine(D(3, 1), {D(1), D(0.5), D(4), D(7)}).slope == 4);
    CHECK(rlhf::formula::affine(D(3, 1), {D(1), D(0.5), D(4), D(7)}).value == 13);
    for (const double x : test::special_values<double>)
        CHECK(test::ulp_distance(rlhf::formula::affine(x, {0.0, 0.0, 1.0, 0.0}), x) == 0);
}

TEST_CASE("moments_of: the variance is right in the range that moments states, and infinite or 0 beyond") {
    const auto variance = []<class T>(T x, std::size_t n = 512) { // of n numbers, half of them −x
        std::vector<T> values(n, x);
        for (std::size_t i = 0; i < n; i += 2) values[i] = -x;
        const rlhf::batch b{.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here};
        return rlhf::moments_of<T>(b, values).variance(0);
    };
    const double inf = std::numeric_limits<double>::infinity();
    CHECK((variance(0x1p76) == 0x1p152 && variance(0x1p76F) == 0x1p152));
    CHECK((variance(0x1p80) == inf && variance(0x1p80F) == inf));
    CHECK(variance(0x1.000001p-70, 2) == 0x1.000001p-70 * 0x1.000001p-70);
    CHECK(variance(0x1.000001p-74, 2) != 0x1.000001p-74 * 0x1.000001p-74);
    CHECK((variance(0x1p-96) == 0x1p-192 && variance(0x1p-100) == 0 && variance(0x1p-100F) == 0));
}

TEST_CASE("whiten: what it refuses") {
    std::vector<float> six(6, 1.F), five(5, 1.F);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto says = [&](std::vector<float>& x, rlhf::whiten_options o = {}) {
        return test::refusal([&] { rlhf::whiten(b, x, o); });
    };
    CHECK(says(five) == "rlhf::moments_of: values has 5 elements, expected 6");
    CHECK(test::refusal([&] { rlhf::whiten(b, five, rlhf::moments()); }) ==
          "rlhf::whiten: values has 5 elements, expected 6");
    CHECK(test::refusal([&] { rlhf::whiten(b, rlhf::view<float>(), rlhf::moments()); }) ==
          "rlhf::whiten: values is missing");
    CHECK(says(six, {.ddof = -1}) == "rlhf::whiten: ddof is -1, expected at least 0");
    CHECK(says(six, {.epsilon = -1e-8}) == "rlhf::whiten: epsilon is -1e-08, expected at least 0");
    CHECK(says(six, {.epsilon = std::nan("")}) == "rlhf::whiten: epsilon is nan, expected at least 0");
    CHECK(says(six, {.epsilon = rlhf::unlimited}) == "rlhf::whiten: epsilon is inf, expected a finite number");
    const std::string no_about = "rlhf::whiten: about needs center = false and scale = true";
    CHECK(says(six, {.about = rlhf::scale_about::zero}) == no_about);
    CHECK(says(six, {.center = false, .scale = false, .about = rlhf::scale_about::zero}) == no_about);
    CHECK(six == std::vector<float>(6, 1.F));
}
