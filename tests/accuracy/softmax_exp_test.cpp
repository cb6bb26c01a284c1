// SPDX-License-Identifier: MIT

// The exponential of a softmax against expl, at every temperature that the logits functions take, of logits near 0 and
// far from it.

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/softmax/softmax_exp.hpp>

#include <algorithm>

namespace {

using rlhf::native, rlhf::scalar;
using rlhf::detail::lanes, rlhf::detail::softmax_origin;

constexpr double temperatures[] = {1, 0.7, 1.0 / 3, 3, 1e-3, 1e3, 1e-6, 1e6};
/// Of a row's largest logit, in temperatures: where z goes into the exponential as it is, and beyond.
constexpr double largest_logits[] = {0,     0.3,    -0.4,  7,    -9,   60,  -88.7, 1000,
                                     -1999, 2047.9, -2048, 2049, -3e4, 1e7, -1e20};

/// The exponentials of z, by so many registers at a time.
template <class C, class Arch, std::size_t registers = 4>
std::vector<C> softmax_exp(std::vector<C> z, double temperature, const softmax_origin<C>& origin) {
    using L = lanes<C, Arch>;
    constexpr auto width = static_cast<std::size_t>(L::width), block = registers * width;
    const rlhf::detail::softmax_exp<C, Arch> exp(temperature);
    const std::size_t n = z.size();
    z.resize((n + block - 1) / block * block);
    for (std::size_t i = 0; i < z.size(); i += block) {
        std::array<typename L::type, registers> e;
        for (std::size_t k = 0; k < registers; ++k) e[k] = L::load(&z[i + k * width]);
        e = exp(exp.from_origin(e, origin), origin);
        for (std::size_t k = 0; k < registers; ++k) L::store(&z[i + k * width], e[k]);
    }
    z.resize(n);
    return z;
}

/// From the largest to depth temperatures below: evenly, near it of every magnitude, and around the places where a
/// power of two, or the middle between two of them, is crossed; falling.
template <class C>
std::vector<C> arguments(C largest, double temperature, double depth, int many = 20000) {
    test::random r(1);
    std::vector<C> z{largest};
    const auto put = [&](double x) { z.push_back(static_cast<C>(double(largest) - x * temperature)); };
    for (int i = 0; i < many; ++i) put(r.uniform(0, depth));
    for (int i = 0; i < many / 4; ++i) put(r.uniform(0, 1));
    for (int i = 0; i < many / 4; ++i) put(std::exp2(r.uniform(-40, 3)));
    for (double half = 0; half < depth; half += std::log(2.0) / 2)
        for (int i = -8; i <= 8; ++i) put(std::max(0.0, half * (1 + i * 0.4 * std::numeric_limits<C>::epsilon())));
    std::sort(z.begin(), z.end(), std::greater<>());
    return z;
}

/// The logarithm of what e should be.
long double log_of(long double z, double temperature, const softmax_origin<float>& o) {
    return (z - static_cast<long double>(o.from)) / temperature -
           static_cast<long double>(o.exponent) * 0.693147180559945309417232121458176568L;
}
long double log_of(long double z, double temperature, const softmax_origin<double>& o) {
    return (z - static_cast<long double>(o.from)) / temperature;
}

/// An error of so many ULP at x = (z − largest) / temperature is allowed.
struct bound {
    double ulps, per_x = 0;
};

template <class C, class Arch>
void is_exact(double temperature, double at, double depth, const bound& b) {
    const C largest = static_cast<C>(at * temperature);
    const auto z = arguments(largest, temperature, depth);
    const rlhf::detail::softmax_exp<C, Arch> exp(temperature);
    const auto origin = exp.origin(largest);
    const auto got = softmax_exp<C, Arch>(z, temperature, origin);
    double worst = 0, worst_ulps = 0;
    C where = 0;
    std::size_t rising = 0, wrong = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
        const long double want = std::exp(log_of(z[i], temperature, origin));
        const auto x = (static_cast<long double>(z[i]) - static_cast<long double>(largest)) / temperature;
        rising += i > 0 && test::place(got[i]) > test::place(got[i - 1]) + 1;
        if (want < static_cast<long double>(std::numeric_limits<C>::min())) { // may be 0
            wrong += !(got[i] >= 0 && got[i] <= std::numeric_limits<C>::min());
            continue;
        }
        const double error = test::ulp_error(got[i], want);
        if (const double part = error / (b.ulps - b.per_x * static_cast<double>(x)); !(part <= worst))
            worst = part, where = z[i];
        worst_ulps = std::max(worst_ulps, error);
    }
    CAPTURE(temperature, largest, where, worst_ulps);
    CHECK(worst <= 1);
    CHECK(rising == 0);
    CHECK(wrong == 0);
    CHECK(test::close(exp.of_largest(origin), std::exp(log_of(largest, temperature, origin)), 4096));
    CHECK(test::same_bits(got, softmax_exp<C, Arch, 1>(z, temperature, origin)));
    CHECK(test::same_bits(got, softmax_exp<C, Arch, 8>(z, temperature, origin)));
}

template <class C, class Arch>
void edges(double temperature, double at) {
    constexpr C inf = std::numeric_limits<C>::infinity();
    const double zero_from = sizeof(C) == 4 ? 150 * std::log(2.0) + 18 : 746; // what is half of the smallest number
    const C largest = static_cast<C>(at * temperature);
    const auto below = [&](double x) { return static_cast<C>(double(largest) - x * temperature); };
    const std::vector<C> z{-inf,       -std::numeric_limits<C>::max(),     below(zero_from), below(1e3), below(1.001e4),
                           below(1e9), std::numeric_limits<C>::quiet_NaN()};
    CAPTURE(temperature, largest);
    const auto got =
        softmax_exp<C, Arch>(z, temperature, rlhf::detail::softmax_exp<C, Arch>(temperature).origin(largest));
    for (std::size_t zero = 0; zero < 6; ++zero) CHECK(got[zero] == 0);
    CHECK(std::isnan(got[6]));
}

} // namespace

TEMPLATE_TEST_CASE("softmax_exp: float", "", native, scalar) {
#if defined(__FMA__) || defined(__AVX512F__)
    constexpr double ulps = 1.5;
#else
    constexpr double ulps = 2;
#endif
    for (const double temperature : temperatures)
        for (const double largest : largest_logits) is_exact<float, TestType>(temperature, largest, 125, {ulps});
}

// Where all are normal numbers, less is computed.
TEMPLATE_TEST_CASE("softmax_exp: of normal numbers the same bits", "", native, scalar) {
    const auto same_down_to = [](double temperature, double at, double depth, bool expected) {
        const float largest = static_cast<float>(at * temperature);
        const auto z = arguments(largest, temperature, depth, 2000);
        const rlhf::detail::softmax_exp<float, TestType> exp(temperature);
        auto origin = exp.origin(largest);
        const auto want = softmax_exp<float, TestType>(z, temperature, origin);
        origin.normal = exp.normal_from(z.back(), origin);
        CAPTURE(temperature, at, depth);
        CHECK(origin.normal == (expected && exp.asks_for_least));
        CHECK(test::same_bits(softmax_exp<float, TestType>(z, temperature, origin), want));
    };
    for (const double temperature : temperatures)
        for (const double at : largest_logits) {
            const double from_zero = at >= 0 && at <= 32 ? at : 0; // the exponent is 0
            if (std::fabs(at) > 1e10) continue;                    // no number is little below
            for (const double depth : {1.0, 50.0, 84.0}) same_down_to(temperature, at, depth + from_zero, true);
            for (const double depth : {87.0, 87.4, 88.0, 120.0})
                same_down_to(temperature, at, depth + from_zero, false);
        }
}

// The reciprocal of the temperature and its product with z − largest are rounded, that difference too: 3 |x| half ULP.
TEMPLATE_TEST_CASE("softmax_exp: double", "", native, scalar) {
    for (const double temperature : temperatures)
        for (const double largest : largest_logits)
            is_exact<double, TestType>(temperature, largest, 760, {1.5, temperature == 1 && largest == 0 ? 0.0 : 3.0});
}

TEMPLATE_TEST_CASE("softmax_exp: 0 and NaN", "", native, scalar) {
    for (const double temperature : temperatures)
        for (const double largest : largest_logits) {
            if (std::fabs(largest) > 1e10) continue; // no number is little below
            edges<float, TestType>(temperature, largest), edges<double, TestType>(temperature, largest);
        }
}

TEMPLATE_TEST_CASE("softmax_exp: from one origin to another", "", float, double) {
    for (const double temperature : temperatures) {
        const rlhf::detail::softmax_exp<TestType, native> exp(temperature);
        for (const double a : largest_logits)
            for (const double b : largest_logits) {
                const auto p = exp.origin(static_cast<TestType>(a * temperature)),
                           q = exp.origin(static_cast<TestType>(b * temperature));
                const long double want = (log_of(0, temperature, q) - log_of(0, temperature, p)) / std::log(2.0L);
                CAPTURE(temperature, p.largest, q.largest);
                CHECK(std::fabs(exp.above(p, q) - want) <= 4e-16L * (1 + std::fabs(a) + std::fabs(b)));
                if (p.from == 0 && q.from == 0) CHECK(exp.above(p, q) == std::nearbyint(exp.above(p, q)));
            }
    }
}

TEST_CASE("softmax_exp: the digits of a logit's exponential are the same in every row") {
    test::random r(5);
    const double temperature = 0.9;
    const rlhf::detail::softmax_exp<float, native> exp(temperature);
    for (int round = 0; round < 2000; ++round) {
        const auto z = static_cast<float>(r.normal(0, 20));
        const auto p = exp.origin(z + static_cast<float>(r.uniform(0, 30))),
                   q = exp.origin(z + static_cast<float>(r.uniform(0, 30)));
        const auto a = softmax_exp<float, native>({z}, temperature, p),
                   b = softmax_exp<float, native>({z}, temperature, q);
        REQUIRE(double(a[0]) * std::exp2(exp.above(p, q)) == double(b[0]));
    }
}
