// SPDX-License-Identifier: MIT

// Two registers as one: each word has the bits of lane::number, lane by lane.

#include "support/catch.hpp"
#include "support/registers.hpp"

#include <bit>
#include <cmath>
#include <vector>

namespace {

template <class T>
using pair_lanes = rlhf::detail::lanes<T, rlhf::detail::pairs<test::native>>;
template <class T>
inline constexpr auto pair_width = static_cast<std::size_t>(pair_lanes<T>::width);

/// How many elements of f(a, b, c) differ in pairs and in numbers.
template <class T, class F>
std::size_t pairs_differ(const std::vector<T>& a, const std::vector<T>& b, const std::vector<T>& c, F f) {
    using L = pair_lanes<T>;
    using number = rlhf::lane::number<T>;
    std::vector<T> got(a.size() / pair_width<T> * pair_width<T>);
    for (std::size_t i = 0; i < got.size(); i += pair_width<T>)
        L::store(&got[i], f(L::load(&a[i]), L::load(&b[i]), L::load(&c[i])));
    return test::differences<T>(got, [&](std::size_t i) { return f(number(a[i]), number(b[i]), number(c[i])); });
}

} // namespace

TEMPLATE_TEST_CASE("pairs: the same bits in every word", "", float, double) {
    using T = TestType;
    test::random r(3);
    const auto a = test::any_numbers<T>(r, 1 << 12);
    auto b = a, c = a, usual = a, positive = a;
    for (std::size_t i = 0; i < a.size(); ++i) {
        b[i] = a[a.size() - 1 - i], c[i] = a[r.below(a.size())], usual[i] = static_cast<T>(20 * r.normal());
        positive[i] = std::isfinite(a[i]) && std::abs(a[i]) > T(1e-30) ? std::abs(a[i]) : T(1);
    }
    const auto differ = [&](auto f) { return pairs_differ<T>(a, b, c, f) + pairs_differ<T>(usual, b, c, f); };
    using rlhf::lane::select;
    CHECK(differ([](auto x, auto y, auto z) { return x * y + z; }) == 0);
    CHECK(differ([](auto x, auto y, auto z) { return fma(x, y, z); }) == 0);
    CHECK(differ([](auto x, auto y, auto z) { return x / y - z; }) == 0);
    CHECK(differ([](auto x, auto y, auto z) { return select(x < y || y == z, -x, abs(z)); }) == 0);
    CHECK(differ([](auto x, auto y, auto z) { return select(!(x <= y) && y != z, x, z); }) == 0);
    CHECK(differ([](auto x, auto y, auto z) { return select(x >= y && x > z, y, z); }) == 0);
    CHECK(differ([](auto x, auto y, auto) { return larger(x, y) - smaller(x, y); }) == 0);
    CHECK(differ([](auto x, auto, auto) { return sqrt(abs(x)); }) == 0);
    CHECK(pairs_differ<T>(usual, b, c, [](auto x, auto, auto) { return round(x); }) == 0);
    CHECK(pairs_differ<T>(usual, b, c, [](auto x, auto, auto) { return rlhf::lane::exp(x); }) == 0);
    CHECK(pairs_differ<T>(usual, b, c, [](auto x, auto, auto) { return rlhf::lane::exp_nonpositive(-abs(x)); }) == 0);
    CHECK(pairs_differ<T>(usual, b, c, [](auto x, auto, auto) { return rlhf::lane::exp_excess(x).value; }) == 0);
    CHECK(pairs_differ<T>(positive, b, c, [](auto x, auto, auto) { return rlhf::lane::log(x); }) == 0);
    CHECK(pairs_differ<T>(usual, b, c, [](auto x, auto, auto) {
              using V = decltype(x);
              return scale2_or_zero(V(T(1.5)), round(x));
          }) == 0);
}

TEMPLATE_TEST_CASE("pairs: within a bound is what all lanes are", "", float, double) {
    using T = TestType;
    for (const T x : {T(86), T(-87), std::numeric_limits<T>::quiet_NaN()})
        for (std::size_t k = 0; k < pair_width<T>; ++k) {
            std::vector<T> all(pair_width<T>, T(1));
            all[k] = x;
            CHECK(within(pair_lanes<T>::load(all.data()), T(86)) == (x == 86));
        }
}

TEMPLATE_TEST_CASE("pairs: masks, counts and sums", "", float, double) {
    using T = TestType;
    using L = pair_lanes<T>;
    using D = pair_lanes<double>;
    constexpr auto n = pair_width<T>;
    test::random r(5);
    std::size_t wrong = 0;
    typename L::counter counter = {};
    std::int64_t counted = 0;
    for (int round = 0; round < 500; ++round) {
        std::vector<T> x(n), got(n);
        std::vector<std::uint8_t> bytes(n);
        for (T& e : x) e = static_cast<T>(r.normal());
        std::uint64_t bits = 0;
        for (std::size_t k = 0; k < n; ++k) {
            bytes[k] = r.below(3) == 0 ? 0 : static_cast<std::uint8_t>(1 + r.below(255));
            bits |= std::uint64_t(bytes[k] != 0 ? 1 : 0) << k;
        }
        for (const auto& mask : {L::where(bits), L::counted(bytes.data())}) {
            L::store(got.data(), select(mask, L::load(x.data()), typename L::type(T(0))));
            for (std::size_t k = 0; k < n; ++k) wrong += got[k] != (bytes[k] != 0 ? x[k] : T(0));
            L::count_on(counter, mask), counted += std::popcount(bits);
        }
        wrong += L::largest(L::load(x.data())) != *std::max_element(x.begin(), x.end());
        const auto widened = [&](const auto& wide) {
            std::vector<double> doubles(n);
            for (std::size_t k = 0; k < wide.size(); ++k) D::store(&doubles[k * n / wide.size()], wide[k]);
            for (std::size_t k = 0; k < n; ++k) wrong += doubles[k] != static_cast<double>(x[k]);
        };
        const auto v = L::load(x.data());
        widened(L::widen(v)), widened(L::widen_stored(v));
    }
    CHECK(L::counted_up(counter) == counted);
    std::array<std::int64_t, 4> sums{1, 2, 3, 4};
    L::template add_counts<2>([&](std::size_t k) { return k == 0 ? counter : typename L::counter{}; }, sums);
    CHECK((sums[0] == 1 + counted && sums[1] == 2));
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("pairs: the sum of all lanes, by halves", "", float, double) {
    using T = TestType;
    using L = pair_lanes<T>;
    test::random r(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<T> x(pair_width<T>);
        for (T& e : x) e = static_cast<T>(r.normal());
        const T got = L::sum_by_halves(L::load(x.data()));
        for (std::size_t half = x.size() / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] += x[k + half];
        REQUIRE(test::same_bits(got, x[0]));
    }
}

TEST_CASE("pairs: registers joined side by side, as each of them alone") {
    using L = pair_lanes<double>;
    test::random r(8);
    std::array<typename L::type, 6> v;
    std::array<double, 16> sums;
    for (int round = 0; round < 200; ++round) {
        for (auto& x : v) {
            std::vector<double> e(pair_width<double>);
            for (double& number : e) number = r.normal();
            x = L::load(e.data());
        }
        L::sums_by_halves(v, sums);
        for (std::size_t k = 0; k < v.size(); ++k) REQUIRE(test::same_bits(sums[k], L::sum_by_halves(v[k])));
    }
}
