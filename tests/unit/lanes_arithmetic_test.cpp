// SPDX-License-Identifier: MIT

// Arithmetic in lanes.

#include "support/catch.hpp"
#include "support/registers.hpp"

using test::any_numbers, test::differences, test::in_registers, test::lanes, test::limits, test::native,
    test::register_of, test::scalar, test::width;

TEMPLATE_TEST_CASE("lanes: fma_where", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    using V = register_of<T>;
    const V a(T(3)), b(limits<T>::infinity()), c(T(2));
    for (std::uint64_t bits = 0; bits < 256; ++bits)
        CHECK(differences(in_registers<T>(width<T>, [&](auto) { return L::fma_where(L::where(bits), a, b, c); }),
                          [&](std::size_t k) { return (bits >> k & 1) != 0 ? limits<T>::infinity() : T(2); }) == 0);
}

TEST_CASE("lanes: widen, in the same order") {
    using L = lanes<float, native>;
    using D = lanes<double, native>;
    test::random r(8);
    const auto x = any_numbers<float>(r, 4096);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); i += width<float>) {
        const auto check = [&](const auto& parts) {
            std::vector<double> got;
            for (const auto& part : parts) {
                got.resize(got.size() + width<double>);
                D::store(got.data() + got.size() - width<double>, part);
            }
            REQUIRE(got.size() == width<float>);
            wrong += differences(got, [&](std::size_t k) { return static_cast<double>(x[i + k]); });
        };
        const auto v = L::load(&x[i]);
        check(L::widen(v)), check(L::widen_stored(v));
    }
    CHECK(wrong == 0);
    CHECK(lanes<float, scalar>::widen(0.1F)[0] == rlhf::detail::real(static_cast<double>(0.1F)));
}

TEMPLATE_TEST_CASE("lanes: how many are true, and sums over the true ones", "", float, double) {
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

TEMPLATE_TEST_CASE("lanes: counters added side by side, as each of them alone", "", float, double) {
    using L = lanes<TestType, native>;
    test::random r(11);
    const auto counters = [&]<std::size_t N, std::size_t M>() {
        struct {
            typename L::counter n = {};
        } all[N];
        std::array<std::int64_t, M> sums, before;
        for (auto& sum : sums) sum = static_cast<std::int64_t>(r.below(1000)) << 30;
        before = sums;
        for (int round = 0; round < 300; ++round)
            for (auto& counter : all) L::count_on(counter.n, L::where(r.below(std::size_t(1) << width<TestType>)));
        L::template add_counts<N>([&](std::size_t k) { return all[k].n; }, sums);
        for (std::size_t k = 0; k < N; ++k) CHECK(sums[k] == before[k] + L::counted_up(all[k].n));
    };
    counters.template operator()<1, 4>();
    counters.template operator()<4, 4>();
    counters.template operator()<6, 8>();
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

TEMPLATE_TEST_CASE("lanes: registers joined side by side, as each of them alone", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    test::random r(10);
    const auto registers = [&]<std::size_t N, std::size_t M>() {
        std::array<typename L::type, N> v;
        std::array<T, M> sums;
        std::size_t wrong = 0;
        for (int round = 0; round < 200; ++round) {
            for (auto& x : v) {
                std::array<T, width<T>> e;
                for (T& number : e) number = static_cast<T>(r.normal());
                x = L::load(e.data());
            }
            L::sums_by_halves(v, sums);
            for (std::size_t k = 0; k < N; ++k) wrong += !test::same_bits(sums[k], L::sum_by_halves(v[k]));
            for (std::size_t k = N; k < M; ++k)
                wrong += sums[k] == 0 || std::find(sums.begin(), sums.begin() + N, sums[k]) != sums.begin() + N ? 0 : 1;
        }
        return wrong;
    };
    CHECK(registers.template operator()<16, 16>() == 0);
    CHECK(registers.template operator()<11, 16>() == 0);
    CHECK(registers.template operator()<1, 16>() == 0);
}
