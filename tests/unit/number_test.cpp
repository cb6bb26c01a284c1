// SPDX-License-Identifier: MIT

// lane::number against the standard library, and registers against lane::number, word by word.

#include "support/catch.hpp"
#include "support/registers.hpp"

#include <rlhf/lane.hpp>

using rlhf::lane::number;
using test::any_numbers, test::in_registers, test::lanes, test::limits, test::native, test::same, test::width;

namespace {

/// Three lists of numbers of usual size; a third of c cancels the product of the others up to its rounding.
template <class T>
struct operands {
    std::vector<T> a, b, c;
    explicit operands(std::size_t n) {
        test::random r(5);
        for (std::size_t i = 0; i < n / width<T> * width<T>; ++i) {
            a.push_back(static_cast<T>(r.normal())), b.push_back(static_cast<T>(r.normal()));
            c.push_back(r.below(3) != 0 ? static_cast<T>(r.normal()) : static_cast<T>(-a[i] * b[i]));
        }
        a[0] = limits<T>::infinity(), a[1] = T(0), b[1] = limits<T>::infinity(), c[2] = limits<T>::quiet_NaN();
    }
};

/// How many elements of f(a, b, c) in registers differ from the same on numbers. All NaN are one.
template <class T, class F>
std::size_t registers_differ(const std::vector<T>& a, const std::vector<T>& b, const std::vector<T>& c, F f) {
    using L = lanes<T, native>;
    const auto got =
        in_registers<T>(a.size(), [&](std::size_t i) { return f(L::load(&a[i]), L::load(&b[i]), L::load(&c[i])); });
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const T want(f(number<T>(a[i]), number<T>(b[i]), number<T>(c[i])));
        wrong += !(test::same_bits(got[i], want) || (std::isnan(got[i]) && std::isnan(want)));
    }
    return wrong;
}

/// Whole numbers from −180 to 180 (1500 for doubles) beside numbers in [½, 2].
template <class T>
struct powers {
    std::vector<T> v, n;
    powers() {
        test::random r(7);
        const int most = sizeof(T) == 4 ? 180 : 1500;
        for (int k = -most; k <= most; ++k)
            for (int i = 0; i < 16; ++i)
                v.push_back(i == 0 ? T(0.5) : i == 1 ? T(2) : static_cast<T>(r.uniform(0.5, 2))), n.push_back(T(k));
        while (v.size() % width<T> != 0) v.push_back(limits<T>::quiet_NaN()), n.push_back(limits<T>::quiet_NaN());
    }
};

} // namespace

TEMPLATE_TEST_CASE("number: a product is rounded before it is added, and fma rounds once", "", float, double) {
    using T = TestType;
    const operands<T> x(20000);
    std::size_t wrong = 0, unlike = 0;
    for (std::size_t i = 0; i < x.a.size(); ++i) {
        const number<T> a = x.a[i], b = x.b[i], c = x.c[i];
        volatile T product = x.a[i] * x.b[i];
        const T twice = product + x.c[i], once = std::fma(x.a[i], x.b[i], x.c[i]);
        wrong += !same(T(a * b + c), twice) + !same(T(c - a * b), T(x.c[i] - product));
        wrong += !same(T(fma(a, b, c)), RLHF_FMA ? once : twice);
        wrong += !same(rlhf::lane::fma(x.a[i], x.b[i], x.c[i]), RLHF_FMA ? once : twice);
        unlike += !same(once, twice);
    }
    CHECK(wrong == 0);
    CHECK(unlike > x.a.size() / 10); // the inputs tell one from the other
}

TEMPLATE_TEST_CASE("number: round, scale2 and split2", "", float, double) {
    using T = TestType;
    std::size_t wrong = 0;
    for (int k = -6000; k <= 6000; ++k)
        for (const T x : {T(k) / 2, std::nextafter(T(k) / 2, T(-10000)), std::nextafter(T(k) / 2, T(10000))})
            wrong += !(round(number<T>(x)) == number<T>(std::nearbyint(x)));
    const powers<T> p;
    const int lowest = limits<T>::min_exponent - 1;
    for (std::size_t i = 0; i < p.v.size(); ++i) {
        if (std::isnan(p.v[i])) continue;
        const T want = std::ldexp(p.v[i], static_cast<int>(p.n[i])); // exact, or rounded to a subnormal number
        wrong += !same(T(scale2(number<T>(p.v[i]), number<T>(p.n[i]))), want);
        if (!(p.n[i] > 0)) wrong += !same(T(scale2_down(number<T>(p.v[i]), number<T>(p.n[i]))), want);
        if (p.n[i] < limits<T>::max_exponent)
            wrong += !same(T(scale2_or_zero(number<T>(p.v[i]), number<T>(p.n[i]))), p.n[i] < T(lowest) ? T(0) : want);
        if (want < limits<T>::min() || std::isinf(want)) continue;
        const number<T> shifted = p.n[i] + rlhf::lane::format<T>::magic;
        if (p.v[i] >= limits<T>::min()) wrong += !same(T(scale2_normal(number<T>(p.v[i]), shifted)), want);
        const auto s = split2(number<T>(want));
        wrong += !(std::ldexp(T(s.m), static_cast<int>(T(s.n))) == want);
        wrong += !(T(s.m) * T(s.m) > T(0.4999999) && T(s.m) * T(s.m) < T(2.0000001));
    }
    CHECK(wrong == 0);
    CHECK(T(scale2_or_zero(number<T>(limits<T>::quiet_NaN()), number<T>(T(lowest - 1)))) == 0);
}

TEMPLATE_TEST_CASE("number: registers have the same bits in every word", "", float, double) {
    using T = TestType;
    test::random r(3);
    const auto any = any_numbers<T>(r, 1 << 14);
    auto other = any, third = any;
    for (std::size_t i = 0; i < any.size(); ++i)
        other[i] = any[any.size() - 1 - i], third[i] = any[r.below(any.size())];
    const operands<T> usual(1 << 14);
    const auto differ = [&](auto f) {
        return registers_differ<T>(any, other, third, f) + registers_differ<T>(usual.a, usual.b, usual.c, f);
    };
    using rlhf::lane::select;
    CHECK(differ([](auto a, auto b, auto c) { return a * b + c; }) == 0);
    CHECK(differ([](auto a, auto b, auto c) { return c - a * b; }) == 0);
    CHECK(differ([](auto a, auto b, auto c) { return fma(a, b, c); }) == 0);
    CHECK(differ([](auto a, auto b, auto c) { return a / b - c; }) == 0);
    CHECK(differ([](auto a, auto b, auto c) { return select(a < b || b == c, -a, abs(c)); }) == 0);
    CHECK(differ([](auto a, auto b, auto c) { return select(a != b, c, b); }) == 0);
    CHECK(differ([](auto a, auto b, auto c) { return select(rlhf::lane::nonfinite(a), b, c); }) == 0);
    CHECK(differ([](auto a, auto b, auto) { return larger(a, b); }) == 0);
    CHECK(differ([](auto a, auto b, auto) { return smaller(a, b); }) == 0);
    CHECK(differ([](auto a, auto, auto) { return sqrt(abs(a)); }) == 0);
    const powers<T> p;
    CHECK(registers_differ<T>(p.v, p.n, p.n, [](auto v, auto n, auto) { return scale2(v, n); }) == 0);
    CHECK(registers_differ<T>(p.v, p.n, p.n, [](auto v, auto n, auto) { return scale2_down(v, -abs(n)); }) == 0);
    CHECK(registers_differ<T>(p.v, p.n, p.n, [](auto v, auto n, auto) {
              using V = decltype(v);
              const V whatever = select(n < V(T(-200)), V(limits<T>::quiet_NaN()), v);
              return scale2_or_zero(sizeof(T) == 4 ? whatever : v, select(n > V(T(100)), V(T(100)), n));
          }) == 0);
    CHECK(registers_differ<T>(p.v, p.n, p.n, [](auto v, auto n, auto) {
              using V = decltype(v);
              return scale2_normal(v, n + V(rlhf::lane::format<T>::magic));
          }) == 0);
    auto positive = any;
    for (T& x : positive) x = std::abs(x) < limits<T>::min() || !std::isfinite(x) ? T(1) : std::abs(x);
    CHECK(registers_differ<T>(positive, any, any, [](auto x, auto, auto) { return split2(x).m; }) == 0);
    CHECK(registers_differ<T>(positive, any, any, [](auto x, auto, auto) { return split2(x).n; }) == 0);
    CHECK(registers_differ<T>(usual.a, usual.b, usual.c, [](auto a, auto b, auto) {
              using V = decltype(a);
              return round(V(T(1000)) * a * b);
          }) == 0);
}

TEMPLATE_TEST_CASE("number: within a bound is what all lanes are", "", float, double) {
    using T = TestType;
    const T bound(86), beyond = std::nextafter(bound, T(100)), nan = limits<T>::quiet_NaN();
    for (const T x : {bound, -bound, T(0), beyond, -beyond, limits<T>::infinity(), -limits<T>::infinity(), nan}) {
        const bool is = std::fabs(x) <= bound;
        CHECK(within(number<T>(x), bound) == is);
        for (std::size_t k = 0; k < width<T>; ++k) {
            std::vector<T> all(width<T>, T(1));
            all[k] = x;
            CHECK(within(lanes<T, native>::load(all.data()), bound) == is);
        }
    }
}

TEMPLATE_TEST_CASE("number: registers have the same bits in every elementary function", "", float, double) {
    using T = TestType;
    namespace lane = rlhf::lane;
    test::random r(4);
    auto x = any_numbers<T>(r, 1 << 16);
    for (std::size_t i = test::special_values<T>.size(); i < x.size(); i += i < x.size() / 2 ? 2 : 1)
        x[i] = static_cast<T>(20 * r.normal()); // every second number, then all
    const auto differ = [&](auto f) { return registers_differ<T>(x, x, x, [&](auto v, auto, auto) { return f(v); }); };
    CHECK(differ([](auto v) { return lane::exp(v); }) == 0);
    CHECK(differ([](auto v) { return lane::expm1(v); }) == 0);
    CHECK(differ([](auto v) { return lane::exp2(v); }) == 0);
    CHECK(differ([](auto v) { return lane::exp_excess(v).value; }) == 0);
    CHECK(differ([](auto v) { return lane::exp_excess(v).slope; }) == 0);
    CHECK(differ([](auto v) { return lane::exp_nonpositive(-abs(v)); }) == 0);
    CHECK(differ([](auto v) { return lane::log(v); }) == 0);
    CHECK(differ([](auto v) { return lane::log1p(v); }) == 0);
    CHECK(differ([](auto v) { return lane::log1p_unit(lane::exp_nonpositive(-abs(v))); }) == 0);
    CHECK(differ([](auto v) { return lane::sigmoid(v); }) == 0);
    CHECK(differ([](auto v) { return lane::softplus(v); }) == 0);
    CHECK(differ([](auto v) { return lane::tanh(v); }) == 0);
}
