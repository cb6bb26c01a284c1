// SPDX-License-Identifier: MIT

// The exponential of a softmax against expl, at every temperature that the logits functions take.

#include "catch.hpp"
#include "random.hpp"
#include "ulp.hpp"

#include <rlhf/detail/softmax_exp.hpp>

#include <algorithm>

namespace {

using rlhf::native, rlhf::scalar;
using rlhf::detail::lanes;

constexpr double temperatures[] = {1, 0.7, 1.0 / 3, 3, 1e-3, 1e3, 1e-6, 1e6};

/// exp(d / temperature) of each d, by so many registers at a time.
template <class C, class Arch, std::size_t registers = 4>
std::vector<C> softmax_exp(std::vector<C> d, double temperature) {
    using L = lanes<C, Arch>;
    constexpr auto width = static_cast<std::size_t>(L::width), block = registers * width;
    const rlhf::detail::softmax_exp<C, Arch> exp(temperature);
    const std::size_t n = d.size();
    d.resize((n + block - 1) / block * block);
    for (std::size_t i = 0; i < d.size(); i += block) {
        std::array<typename L::type, registers> e;
        for (std::size_t k = 0; k < registers; ++k) e[k] = exp.above_lowest(L::load(&d[i + k * width]));
        e = exp(e);
        for (std::size_t k = 0; k < registers; ++k) L::store(&d[i + k * width], e[k]);
    }
    d.resize(n);
    return d;
}

/// From 0 to −depth · temperature: evenly, near 0 of every magnitude, and around the places where a power of two, or
/// the middle between two of them, is crossed; falling.
template <class C>
std::vector<C> arguments(double temperature, double depth) {
    test::random r(1);
    std::vector<C> d{0};
    const auto put = [&](double x) { d.push_back(static_cast<C>(-x * temperature)); };
    for (int i = 0; i < 40000; ++i) put(r.uniform(0, depth));
    for (int i = 0; i < 10000; ++i) put(r.uniform(0, 1));
    for (int i = 0; i < 5000; ++i) put(std::exp2(r.uniform(-40, 3)));
    for (double half = 0; half < depth; half += std::log(2.0) / 2)
        for (int i = -8; i <= 8; ++i) put(std::max(0.0, half * (1 + i * 0.4 * std::numeric_limits<C>::epsilon())));
    std::sort(d.begin(), d.end(), std::greater<>());
    return d;
}

/// An error of so many ULP at x = d / temperature is allowed.
struct bound {
    double ulps, per_x = 0;
};

template <class C, class Arch>
void is_exact(double temperature, double depth, const bound& b) {
    const auto d = arguments<C>(temperature, depth);
    const auto got = softmax_exp<C, Arch>(d, temperature);
    double worst = 0, worst_ulps = 0;
    C at = 0;
    std::size_t rising = 0, wrong = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
        const long double x = static_cast<long double>(d[i]) / temperature, want = std::exp(x);
        rising += i > 0 && test::place(got[i]) > test::place(got[i - 1]) + 1;
        if (want < static_cast<long double>(std::numeric_limits<C>::min())) { // may be 0
            wrong += !(got[i] >= 0 && got[i] <= std::numeric_limits<C>::min());
            continue;
        }
        const double error = test::ulp_error(got[i], want);
        if (const double part = error / (b.ulps - b.per_x * static_cast<double>(x)); !(part <= worst))
            worst = part, at = d[i];
        worst_ulps = std::max(worst_ulps, error);
    }
    CAPTURE(temperature, at, worst_ulps);
    CHECK(worst <= 1);
    CHECK(rising == 0);
    CHECK(wrong == 0);
    CHECK(got[0] == 1);
    CHECK(test::same_bits(got, softmax_exp<C, Arch, 1>(d, temperature)));
    CHECK(test::same_bits(got, softmax_exp<C, Arch, 8>(d, temperature)));
}

template <class C, class Arch>
void edges(double temperature) {
    constexpr C inf = std::numeric_limits<C>::infinity(), largest = std::numeric_limits<C>::max();
    const double zero_from = sizeof(C) == 4 ? 104 : 746; // half of the smallest subnormal number
    const std::vector<C> d{C(0),
                           -C(0),
                           -inf,
                           -largest,
                           static_cast<C>(-zero_from * temperature),
                           static_cast<C>(-1e3 * temperature),
                           static_cast<C>(-1.001e4 * temperature),
                           static_cast<C>(-1e9 * temperature),
                           std::numeric_limits<C>::quiet_NaN(),
                           -std::numeric_limits<C>::denorm_min()};
    CAPTURE(temperature);
    const auto got = softmax_exp<C, Arch>(d, temperature);
    for (const auto one : std::array<std::size_t, 3>{0, 1, 9}) CHECK(got[one] == 1);
    for (std::size_t zero = 2; zero < 8; ++zero) CHECK(got[zero] == 0);
    CHECK(std::isnan(got[8]));
}

} // namespace

TEST_CASE("softmax_exp: float in registers") {
#if defined(__FMA__) || defined(__AVX512F__)
    constexpr double ulps = 1.5;
#else
    constexpr double ulps = 2;
#endif
    for (const double temperature : temperatures) is_exact<float, native>(temperature, 110, {ulps});
}

// Through double, so that only the last rounding is left.
TEST_CASE("softmax_exp: float alone") {
    for (const double temperature : temperatures) is_exact<float, scalar>(temperature, 110, {0.501});
}

// The reciprocal of the temperature and its product with d are rounded: 2 |x| half ULP.
TEMPLATE_TEST_CASE("softmax_exp: double", "", native, scalar) {
    for (const double temperature : temperatures)
        is_exact<double, TestType>(temperature, 760, {1.5, temperature == 1 ? 0.0 : 2.0});
}

TEMPLATE_TEST_CASE("softmax_exp: 1, 0 and NaN", "", native, scalar) {
    for (const double temperature : temperatures)
        edges<float, TestType>(temperature), edges<double, TestType>(temperature);
}
