// SPDX-License-Identifier: MIT

// Arithmetic in lanes.

#include "support/catch.hpp"
#include "support/registers.hpp"

using test::any_numbers, test::differences, test::from_bits, test::in_registers, test::lanes, test::limits,
    test::native, test::register_of, test::same, test::scalar, test::width;

TEMPLATE_TEST_CASE("lanes: larger, the second where they do not compare", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    test::random r(4);
    std::vector<T> a, b;
    for (const T x : test::special_values<T>)
        for (const T y : test::special_values<T>) a.push_back(x), b.push_back(y);
    for (int i = 0; i < 5000; ++i) a.push_back(from_bits<T>(r.bits())), b.push_back(from_bits<T>(r.bits()));
    const std::size_t n = a.size() / width<T> * width<T>;
    const auto got = in_registers<T>(n, [&](std::size_t i) { return L::larger(L::load(&a[i]), L::load(&b[i])); });
    CHECK(differences(got, [&](std::size_t i) { return a[i] > b[i] ? a[i] : b[i]; }) == 0);
    CHECK(differences(got, [&](std::size_t i) { return lanes<T, scalar>::larger(a[i], b[i]); }) == 0);

    using V = register_of<T>;
    const T nan = limits<T>::quiet_NaN();
    const auto one = [](T x, T y) { return in_registers<T>(width<T>, [&](auto) { return L::larger(V(x), V(y)); })[0]; };
    CHECK((one(nan, 1) == 1 && std::isnan(one(1, nan))));
    CHECK((std::signbit(one(T(0), -T(0))) && !std::signbit(one(-T(0), T(0)))));
}

TEMPLATE_TEST_CASE("lanes: fma", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
#if !defined(RLHF_NO_SIMD) && (defined(__FMA__) || defined(__AVX512F__))
    constexpr bool rounds_once = true;
#else
    constexpr bool rounds_once = false;
#endif
    test::random r(5);
    const std::size_t n = 20000 / width<T> * width<T>;
    std::vector<T> a, b, c;
    for (std::size_t i = 0; i < n; ++i) {
        a.push_back(static_cast<T>(r.normal())), b.push_back(static_cast<T>(r.normal()));
        // Half of them cancel: what is left is the rounding of the product.
        c.push_back(r.below(2) == 0 ? static_cast<T>(r.normal()) : static_cast<T>(-a[i] * b[i]));
    }
    a[0] = limits<T>::infinity(), a[1] = 0, b[1] = limits<T>::infinity(), c[2] = limits<T>::quiet_NaN();
    const auto got =
        in_registers<T>(n, [&](std::size_t i) { return L::fma(L::load(&a[i]), L::load(&b[i]), L::load(&c[i])); });
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; ++i) {
        volatile T product = a[i] * b[i];
        const T once = std::fma(a[i], b[i], c[i]), twice = product + c[i],
                plain = lanes<T, scalar>::fma(a[i], b[i], c[i]);
        wrong += !(same(got[i], once) || (!rounds_once && same<T>(got[i], twice)));
        wrong += !(same(plain, once) || same(plain, twice));
    }
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("lanes: fma_where", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    using V = register_of<T>;
    const V a(T(3)), b(limits<T>::infinity()), c(T(2));
    for (std::uint64_t bits = 0; bits < 256; ++bits)
        CHECK(differences(in_registers<T>(width<T>, [&](auto) { return L::fma_where(L::where(bits), a, b, c); }),
                          [&](std::size_t k) { return (bits >> k & 1) != 0 ? limits<T>::infinity() : T(2); }) == 0);
}

TEMPLATE_TEST_CASE("lanes: round", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    if constexpr (L::width > 1) {
        test::random r(6);
        auto x = any_numbers<T>(r, 4096);
        for (int k = -600; k <= 600; ++k)
            for (const T half : {T(k) / 2, std::nextafter(T(k) / 2, T(-1000)), std::nextafter(T(k) / 2, T(1000))})
                x.push_back(half);
        x.resize(x.size() / width<T> * width<T>);
        const auto got = in_registers<T>(x.size(), [&](std::size_t i) { return L::round(L::load(&x[i])); });
        const auto value = [](T y) { return y == 0 ? T(0) : y; }; // −0 may become +0
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < x.size(); ++i) wrong += !same(value(got[i]), value(std::nearbyint(x[i])));
        CHECK(wrong == 0);
    }
}

TEMPLATE_TEST_CASE("lanes: scale2", "", float) {
    using T = TestType; // a template, so that what scalar lacks is not looked for
    using L = lanes<T, native>;
    using V = register_of<T>;
    if constexpr (L::width > 1) {
        test::random r(7);
        std::size_t wrong = 0;
        for (int n = 64; n >= -400; --n) {
            std::vector<T> v{T(0.5), std::nextafter(T(0.5), T(1)), std::nextafter(T(1), T(0)), T(1),
                             T(1.5), std::nextafter(T(1), T(2)),   std::nextafter(T(2), T(1)), T(2)};
            while (v.size() < 256) v.push_back(static_cast<T>(r.uniform(0.5, 2)));
            const auto got = in_registers<T>(
                v.size(), [&](std::size_t i) { return L::scale2(L::load(&v[i]), V(static_cast<T>(n))); });
            for (std::size_t i = 0; i < v.size(); ++i) {
                const T want = std::ldexp(v[i], n); // exact, or rounded to a subnormal number
                // From 2⁻¹²⁶ down it may be 0 already.
                wrong += !(same(got[i], want) || (n < -126 && got[i] == 0 && want <= limits<T>::min()));
            }
        }
        CHECK(wrong == 0);
        // Each lane has its own power; what is computed of NaN is NaN.
        std::vector<T> n(width<T>), v(n);
        for (std::size_t k = 0; k < n.size(); ++k) n[k] = -static_cast<T>(7 * k), v[k] = T(1.25);
        const auto scaled =
            in_registers<T>(n.size(), [&](std::size_t i) { return L::scale2(L::load(&v[i]), L::load(&n[i])); });
        CHECK(differences(scaled, [&](std::size_t i) { return std::ldexp(T(1.25), static_cast<int>(n[i])); }) == 0);
        const V nan(limits<T>::quiet_NaN());
        CHECK(std::isnan(in_registers<T>(n.size(), [&](std::size_t) { return L::scale2(nan, nan); })[0]));
    }
}

TEST_CASE("lanes: widen, in the same order") {
    using L = lanes<float, native>;
    using D = lanes<double, native>;
    test::random r(8);
    const auto x = any_numbers<float>(r, 4096);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); i += width<float>) {
        std::vector<double> got;
        for (const auto& part : L::widen(L::load(&x[i]))) {
            got.resize(got.size() + width<double>);
            D::store(got.data() + got.size() - width<double>, part);
        }
        REQUIRE(got.size() == width<float>);
        wrong += differences(got, [&](std::size_t k) { return static_cast<double>(x[i + k]); });
    }
    CHECK(wrong == 0);
    CHECK(lanes<float, scalar>::widen(0.1F)[0] == static_cast<double>(0.1F));
}

TEMPLATE_TEST_CASE("lanes: how many are true, and sums of those", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    test::random r(8);
    std::size_t wrong = 0;
    std::int64_t counted = 0;
    typename L::counter counter = {};
    for (int round = 0; round < 500; ++round) {
        std::array<T, width<T>> x, sum, got;
        std::array<std::uint8_t, 64> bytes = {};
        int expected = 0;
        for (std::size_t k = 0; k < width<T>; ++k) {
            x[k] = static_cast<T>(r.normal()), sum[k] = static_cast<T>(r.normal());
            bytes[k] = r.below(3) == 0 ? static_cast<std::uint8_t>(1 + r.below(255)) : 0;
            if (bytes[k] == 0 && r.below(2) == 0) x[k] = limits<T>::quiet_NaN();
            expected += bytes[k] != 0 ? 1 : 0;
        }
        const auto mask = L::counted(bytes.data());
        wrong += L::count(mask) != expected;
        L::store(got.data(), L::add_where(mask, L::load(sum.data()), L::load(x.data())));
        for (std::size_t k = 0; k < width<T>; ++k) wrong += got[k] != (bytes[k] != 0 ? sum[k] + x[k] : sum[k]);
        L::count_on(counter, mask), counted += expected;
    }
    CHECK(L::counted_up(counter) == counted);
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("lanes: all lanes joined", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    test::random r(9);
    std::size_t wrong = 0;
    for (int round = 0; round < 500; ++round) {
        std::array<T, width<T>> x;
        for (T& e : x) e = static_cast<T>(r.normal());
        wrong += L::largest(L::load(x.data())) != *std::max_element(x.begin(), x.end());
        std::array<T, width<T>> sums = x;
        for (std::size_t half = width<T> / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) sums[k] += sums[k + half];
        wrong += L::sum_by_halves(L::load(x.data())) != sums[0];
    }
    CHECK(wrong == 0);
}
