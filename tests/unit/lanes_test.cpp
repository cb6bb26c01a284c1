// SPDX-License-Identifier: MIT

// Every word of detail::lanes in registers against the plain one, element by element.

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/lanes/lanes.hpp>

#include <algorithm>
#include <cstring>

namespace {

using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar;
using rlhf::detail::lanes;

template <class T>
using register_of = typename lanes<T, native>::type;
template <class T>
constexpr auto width = static_cast<std::size_t>(lanes<T, native>::width);
template <class T>
using limits = std::numeric_limits<T>;

template <class E>
E from_bits(std::uint64_t bits) {
    if constexpr (sizeof(E) == 2) {
        E x;
        x.bits = static_cast<std::uint16_t>(bits);
        return x;
    } else {
        return std::bit_cast<E>(static_cast<test::bits_of<E>>(bits));
    }
}

/// Same bits; of NaN the payload may become quiet.
template <class T>
bool same(T got, T want) {
    if (!std::isnan(want)) return test::same_bits(got, want);
    return std::isnan(got) && std::signbit(got) == std::signbit(want);
}

/// Numbers of all magnitudes, NaN and subnormal ones with them, and special values.
template <class T>
std::vector<T> any_numbers(test::random& r, std::size_t n) {
    std::vector<T> x(test::special_values<T>.begin(), test::special_values<T>.end());
    while (x.size() < n) x.push_back(from_bits<T>(r.bits()));
    x.resize((x.size() + width<T> - 1) / width<T> * width<T>);
    return x;
}

/// f(number of the register's first element), register by register; what f returns, stored.
template <class T, class F>
std::vector<T> in_registers(std::size_t n, F f) {
    std::vector<T> out(n);
    for (std::size_t i = 0; i + width<T> <= n; i += width<T>) lanes<T, native>::store(&out[i], f(i));
    return out;
}

/// How many elements differ from f(i), which is the plain version.
template <class T, class F>
std::size_t differences(const std::vector<T>& got, F f) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) wrong += !same(got[i], f(i));
    return wrong;
}

/// Memory of E loaded into lanes of T, wherever it begins.
template <class T, class E>
void loads(const std::vector<E>& memory) {
    for (const auto first : std::array<std::size_t, 3>{0, 1, 3}) {
        const std::size_t n = (memory.size() - first) / width<T> * width<T>;
        const auto got =
            in_registers<T>(n, [&](std::size_t i) { return lanes<T, native>::load(memory.data() + first + i); });
        CHECK(differences(got, [&](std::size_t i) { return lanes<T, scalar>::load(&memory[first + i]); }) == 0);
    }
}

/// Lanes of T stored to memory of E, wherever it begins; nothing else is written. NaN has the same bits, too.
template <class E, class T>
void stores(const std::vector<T>& x) {
    const E untouched = from_bits<E>(0x5a5a);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); i += width<T>) {
        const std::size_t first = 1 + i / width<T> % 3;
        std::array<E, 2 * width<T> + 4> got{}, want{};
        got.fill(untouched), want.fill(untouched);
        lanes<T, native>::store(got.data() + first, lanes<T, native>::load(&x[i]));
        for (std::size_t k = 0; k < width<T>; ++k) lanes<T, scalar>::store(&want[first + k], x[i + k]);
        wrong += !test::same_bits(got, want);
        if constexpr (requires(E * p) { lanes<T, native>::template store<true>(p, lanes<T, native>::load(&x[i])); }) {
            alignas(64) std::array<E, 2 * width<T>> past_cache{};
            lanes<T, native>::template store<true>(past_cache.data(), lanes<T, native>::load(&x[i]));
            rlhf::detail::end_past_cache();
            wrong += std::memcmp(past_cache.data(), want.data() + first, width<T> * sizeof(E)) != 0;
        }
    }
    CHECK(wrong == 0);
}

/// Floats at which rounding to E is decided: around each number of E, and around the middle of it and the next.
template <class E>
std::vector<float> halfway_cases() {
    std::vector<float> x;
    for (std::uint64_t bits = 0; bits < 65536; ++bits) {
        const auto here = static_cast<float>(from_bits<E>(bits)), next = static_cast<float>(from_bits<E>(bits + 1));
        const float middle = here + (next - here) / 2, inf = limits<float>::infinity();
        for (const float y : {here, middle}) x.insert(x.end(), {std::nextafter(y, -inf), y, std::nextafter(y, inf)});
    }
    x.resize(x.size() / width<float> * width<float>);
    return x;
}

template <class E>
std::vector<E> all_bits() {
    std::vector<E> x;
    for (std::uint64_t bits = 0; bits < 65536 + 64; ++bits) x.push_back(from_bits<E>(bits));
    return x;
}

} // namespace

TEMPLATE_TEST_CASE("lanes: load", "", float, double) {
    test::random r(1);
    loads<TestType>(all_bits<bfloat16>());
    loads<TestType>(all_bits<float16>());
    loads<TestType>(any_numbers<float>(r, 10000));
    loads<TestType>(any_numbers<double>(r, 10000));
}

TEMPLATE_TEST_CASE("lanes: store", "", float, double) {
    test::random r(2);
    const auto x = any_numbers<TestType>(r, 200000);
    stores<bfloat16>(x);
    stores<float16>(x);
    stores<double>(x);
    stores<float>(x);
    auto moderate = x; // most of those above overflow or underflow in float16
    for (auto& e : moderate)
        e = static_cast<TestType>(std::ldexp(r.uniform(-1, 1), static_cast<int>(r.below(48)) - 30));
    stores<bfloat16>(moderate);
    stores<float16>(moderate);
    stores<float>(moderate);
}

TEST_CASE("lanes: store rounds to nearest, ties to even") {
    stores<bfloat16>(halfway_cases<bfloat16>());
    stores<float16>(halfway_cases<float16>());
    const auto stored = [](float x) {
        std::array<bfloat16, width<float>> b;
        std::array<float16, width<float>> h;
        lanes<float, native>::store(b.data(), register_of<float>(x));
        lanes<float, native>::store(h.data(), register_of<float>(x));
        return std::pair{b.back().bits, h.back().bits};
    };
    const float inf = limits<float>::infinity(), negative_nan = std::bit_cast<float>(0xff800001U); // a signalling one
    CHECK(stored(0x1.01p0F) == std::pair<std::uint16_t, std::uint16_t>{0x3f80, 0x3c04});
    CHECK(stored(0x1.03p0F) == std::pair<std::uint16_t, std::uint16_t>{0x3f82, 0x3c0c});
    CHECK(stored(65519.996F) == std::pair<std::uint16_t, std::uint16_t>{0x4780, 0x7bff});
    CHECK(stored(65520) == std::pair<std::uint16_t, std::uint16_t>{0x4780, 0x7c00});
    CHECK(stored(limits<float>::max()) == std::pair<std::uint16_t, std::uint16_t>{0x7f80, 0x7c00});
    CHECK(stored(-inf) == std::pair<std::uint16_t, std::uint16_t>{0xff80, 0xfc00});
    CHECK(stored(negative_nan) == std::pair<std::uint16_t, std::uint16_t>{0xffc0, 0xfe00});
    CHECK(stored(-0x1.8p-25F) == std::pair<std::uint16_t, std::uint16_t>{0xb340, 0x8001});
    CHECK(stored(0x1p-133F) == std::pair<std::uint16_t, std::uint16_t>{0x0001, 0x0000});
}

TEMPLATE_TEST_CASE("lanes: bfloat16 by pairs", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    constexpr std::size_t w = width<T>;
    if constexpr (requires(const bfloat16* p) { L::load_interleaved(p); }) {
        const auto memory = all_bits<bfloat16>();
        std::vector<T> even(w), odd(w);
        std::size_t wrong = 0;
        for (std::size_t i = 1; i + 2 * w <= memory.size(); i += 2 * w) {
            const auto both = L::load_interleaved(&memory[i]);
            L::store(even.data(), both[0]), L::store(odd.data(), both[1]);
            wrong += differences(even, [&](std::size_t k) { return static_cast<T>(memory[i + 2 * k]); });
            wrong += differences(odd, [&](std::size_t k) { return static_cast<T>(memory[i + 2 * k + 1]); });
        }
        test::random r(3);
        auto x = any_numbers<T>(r, 200000);
        for (const float y : halfway_cases<bfloat16>()) x.push_back(static_cast<T>(y));
        for (std::size_t i = 0; i + 2 * w <= x.size(); i += 2 * w) {
            std::array<bfloat16, 2 * w + 3> got{}, want{};
            L::store_interleaved(got.data() + 1, L::load(&x[i]), L::load(&x[i + w]));
            for (std::size_t k = 0; k < w; ++k)
                want[1 + 2 * k] = bfloat16(x[i + k]), want[2 + 2 * k] = bfloat16(x[i + w + k]);
            wrong += !test::same_bits(got, want);
        }
        CHECK(wrong == 0);
    }
}

TEMPLATE_TEST_CASE("lanes: counted, every byte in every lane", "", float, double) {
    using T = TestType;
    using V = register_of<T>;
    using rlhf::lane::select;
    std::size_t wrong = 0;
    for (std::size_t at = 0; at < width<T>; ++at)
        for (unsigned byte = 0; byte < 256; ++byte)
            for (const auto others : std::array<std::uint8_t, 2>{0, 1}) {
                std::array<std::uint8_t, width<T> + 3> bytes{};
                bytes.fill(others);
                bytes[3 + at] = static_cast<std::uint8_t>(byte);
                const auto flags = in_registers<T>(width<T>, [&](std::size_t) {
                    return select(lanes<T, native>::counted(bytes.data() + 3), V(T(1)), V(T(0)));
                });
                wrong += differences(
                    flags, [&](std::size_t i) { return lanes<T, scalar>::counted(&bytes[3 + i]) ? T(1) : T(0); });
            }
    CHECK(wrong == 0);
}

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
        L::store(got.data(), L::add_square_where(mask, L::load(sum.data()), L::load(x.data())));
        for (std::size_t k = 0; k < width<T>; ++k) {
            const T once = std::fma(x[k], x[k], sum[k]);
            volatile T square = x[k] * x[k];
            wrong += got[k] != (bytes[k] != 0 ? once : sum[k]) && (bytes[k] == 0 || got[k] != square + sum[k]);
        }
        L::store(got.data(), L::larger_where(mask, L::load(x.data()), L::load(sum.data())));
        for (std::size_t k = 0; k < width<T>; ++k) wrong += got[k] != (bytes[k] != 0 && x[k] > sum[k] ? x[k] : sum[k]);
    }
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

/// e of 0 … 1 of every magnitude, and x = −|x| down to where eˣ is no longer normal.
TEST_CASE("lanes: eˣ for x ≤ 0 and log(1 + e) for e in [0, 1]") {
#if defined(__FMA__) || defined(__AVX512F__)
    constexpr double ulps = 1.5;
#else
    constexpr double ulps = 2.1;
#endif
    using L = lanes<float, native>;
    using decay = rlhf::lane::decay<register_of<float>>;
    test::random r(9);
    std::vector<float> x{0.F, -0.F, -87.F}, e{0.F, 1.F, limits<float>::denorm_min(), limits<float>::min()};
    while (x.size() < 64000)
        x.push_back(static_cast<float>(r.below(2) ? -std::exp2(r.uniform(-40, 6)) : r.uniform(-87, 0)));
    while (e.size() < 64000)
        e.push_back(static_cast<float>(r.below(2) ? std::exp2(r.uniform(-126, 0)) : r.uniform(0, 1)));
    const auto exponentials = in_registers<float>(x.size(), [&](std::size_t i) { return decay::exp(L::load(&x[i])); });
    const auto logarithms = in_registers<float>(e.size(), [&](std::size_t i) { return decay::log1p(L::load(&e[i])); });
    double worst_exp = 0, worst_log = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        worst_exp = std::max(worst_exp, test::ulp_error(exponentials[i], std::exp(static_cast<long double>(x[i]))));
        worst_log = std::max(worst_log, test::ulp_error(logarithms[i], std::log1p(static_cast<long double>(e[i]))));
    }
    CHECK(worst_exp <= ulps);
    CHECK(worst_log <= ulps);
    CHECK((exponentials[0] == 1 && exponentials[1] == 1));
    CHECK((logarithms[0] == 0 && logarithms[2] == e[2] && logarithms[3] == e[3]));

    const float inf = limits<float>::infinity();
    const std::vector<float> far{-88.F, -103.F, -104.F, -1e9F, -limits<float>::max(), -inf};
    for (const float d : far) {
        const std::vector<float> same(width<float>, d);
        const float got =
            in_registers<float>(same.size(), [&](std::size_t) { return decay::exp(L::load(same.data())); })[0];
        CHECK((got >= 0 && got <= limits<float>::min()));
        CHECK((d > -104 || got == 0));
    }
    const std::vector<float> nan(width<float>, limits<float>::quiet_NaN());
    CHECK(std::isnan(in_registers<float>(nan.size(), [&](std::size_t) { return decay::exp(L::load(nan.data())); })[0]));
    CHECK(
        std::isnan(in_registers<float>(nan.size(), [&](std::size_t) { return decay::log1p(L::load(nan.data())); })[0]));
    CHECK(rlhf::lane::decay<float>::exp(-1.F) == std::exp(-1.F));
    CHECK(rlhf::lane::decay<double>::log1p(0.25) == std::log1p(0.25));
}

namespace {

/// Lane i of the lanes i + N of x and what follows it, for each N, and those the other way.
template <class T, int N>
std::size_t wrong_shifts(const std::vector<T>& x) {
    using L = lanes<T, native>;
    constexpr std::size_t w = width<T>, n = N;
    const auto here = L::load(&x[w]), next = L::load(&x[2 * w]), previous = L::load(x.data());
    const auto down = in_registers<T>(w, [&](auto) { return L::template shift_down<N>(here, next); });
    const auto up = in_registers<T>(w, [&](auto) { return L::template shift_up<N>(here, previous); });
    const auto lane = in_registers<T>(w, [&](auto) { return L::template broadcast<N>(here); });
    const auto before = in_registers<T>(w, [&](auto) { return L::template broadcast<N - 1>(here); });
    return differences(down, [&](std::size_t i) { return x[w + i + n]; }) +
           differences(up, [&](std::size_t i) { return x[w + i - n]; }) +
           differences(lane, [&](std::size_t) { return x[w + n]; }) +
           differences(before, [&](std::size_t) { return x[w + n - 1]; });
}

} // namespace

TEMPLATE_TEST_CASE("lanes: shifts and broadcasts, of every number of lanes", "", float, double) {
    using T = TestType;
    std::vector<T> x;
    for (std::size_t i = 0; i < 3 * width<T>; ++i) x.push_back(T(1) + static_cast<T>(i));
    [[maybe_unused]] const auto wrong = [&]<int... N>(std::integer_sequence<int, N...>) {
        return (wrong_shifts<T, N + 1>(x) + ...);
    };
    if constexpr (lanes<T, native>::width > 1)
        CHECK(wrong(std::make_integer_sequence<int, lanes<T, native>::width - 1>()) == 0);
}

TEMPLATE_TEST_CASE("lanes: compress, expand, where, a first part", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    using V = register_of<T>;
    using rlhf::lane::select;
    constexpr std::size_t w = width<T>;
    test::random r(11);
    std::size_t wrong = 0;
    for (int round = 0; round < 3000; ++round) {
        const std::uint64_t bits = round < 2 ? (round == 0 ? 0 : ~std::uint64_t(0)) : r.bits();
        std::vector<T> x(w), squeezed, expanded(w), chosen(w), first(w);
        const std::size_t n = r.below(w + 1);
        for (std::size_t k = 0; k < w; ++k) {
            x[k] = r.below(5) == 0 ? limits<T>::quiet_NaN() : static_cast<T>(r.normal());
            chosen[k] = (bits >> k & 1) != 0 ? x[k] : T(0);
            first[k] = k < n ? x[k] : T(0);
            if ((bits >> k & 1) != 0) expanded[k] = x[squeezed.size()], squeezed.push_back(x[k]);
        }
        const V v = L::load(x.data());
        const std::uint64_t own = bits & rlhf::detail::low_bits(w);
        const std::size_t counted = squeezed.size();
        squeezed.resize(w, T(7));
        wrong += differences(in_registers<T>(w, [&](auto) { return L::compress(own, v, V(T(7))); }),
                             [&](std::size_t k) { return squeezed[k]; });
        const std::size_t lane = counted % w;
        wrong += differences(in_registers<T>(w, [&](auto) { return L::broadcast(static_cast<int>(lane), v); }),
                             [&](std::size_t) { return x[lane]; });
        wrong += differences(in_registers<T>(w, [&](auto) { return L::expand(own, v); }),
                             [&](std::size_t k) { return expanded[k]; });
        wrong += differences(in_registers<T>(w, [&](auto) { return select(L::where(own), v, V(T(0))); }),
                             [&](std::size_t k) { return chosen[k]; });
        // Memory behind the part is not there.
        const std::vector<T> part(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
        const auto k = static_cast<std::int64_t>(n);
        wrong += differences(in_registers<T>(w, [&](auto) { return L::load_first(part.data(), k); }),
                             [&](std::size_t i) { return first[i]; });
        std::vector<T> stored(w, T(7));
        L::store_first(stored.data(), v, k);
        wrong += differences(stored, [&](std::size_t i) { return i < n ? x[i] : T(7); });
        wrong += differences(in_registers<T>(w, [&](auto) { return L::load_last(part.data(), k); }),
                             [&](std::size_t i) { return i + n < w ? T(0) : x[i + n - w]; });
        stored.assign(w, T(7));
        L::store_last(stored.data(), v, k);
        wrong += differences(stored, [&](std::size_t i) { return i < n ? x[i + w - n] : T(7); });
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

TEST_CASE("lanes: bits of bytes, and bits side by side") {
    test::random r(12);
    std::size_t wrong = 0;
    for (int round = 0; round < 3000; ++round) {
        const std::size_t n = r.below(65);
        std::vector<std::uint8_t> bytes(n);
        std::uint64_t want = 0;
        for (std::size_t k = 0; k < n; ++k) {
            bytes[k] = r.below(2) == 0 ? 0 : static_cast<std::uint8_t>(1 + r.below(255));
            want |= std::uint64_t(bytes[k] != 0 ? 1 : 0) << k;
        }
        wrong += rlhf::detail::counted_bits(bytes.data(), static_cast<std::int64_t>(n)) != want;
        const auto first = [&]<int... N>(std::integer_sequence<int, N...>) {
            return ((n >= N && rlhf::detail::counted_bits<N>(bytes.data()) != (want & rlhf::detail::low_bits(N))) +
                    ...);
        };
        wrong += static_cast<std::size_t>(first(std::integer_sequence<int, 1, 2, 4, 8, 16>()));
        const std::uint64_t bits = r.bits(), where = r.bits() & r.bits();
        std::uint64_t squeezed = 0;
        for (int k = 0, m = 0; k < 64; ++k)
            if ((where >> k & 1) != 0) squeezed |= (bits >> k & 1) << m++;
        wrong += rlhf::detail::compress_bits(bits, where) != squeezed;
    }
    CHECK(wrong == 0);
}
