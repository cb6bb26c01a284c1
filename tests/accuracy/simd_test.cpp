// SPDX-License-Identifier: MIT

// The words of lane.hpp in registers, against the standard library in long double.

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/lanes/lanes.hpp>

#include <cmath>

namespace {

using L = rlhf::detail::lanes<float, rlhf::native>;
constexpr auto width = static_cast<std::size_t>(L::width);
constexpr float inf = std::numeric_limits<float>::infinity();
constexpr bool own = L::width == 16; ///< else they are xsimd's

template <class F>
std::vector<float> in_registers(std::vector<float> x, F f) {
    x.resize((x.size() + width - 1) / width * width);
    std::vector<float> y(x.size());
    for (std::size_t i = 0; i < x.size(); i += width) L::store(&y[i], f(L::load(&x[i])));
    return y;
}

/// The largest error in ULP over arguments from low to high, close together and at random.
template <class F, class Reference>
double largest_error(float low, float high, F f, Reference reference) {
    test::random r(1);
    std::vector<float> x;
    for (int i = 0; i < 1 << 20; ++i) x.push_back(static_cast<float>(r.uniform(low, high)));
    for (int e = -60; e < 0; ++e) // near 0
        for (int i = 0; i < 64; ++i) {
            x.push_back(std::ldexp(static_cast<float>(r.uniform(1, 2)), e));
            x.push_back(-x.back());
        }
    const auto y = in_registers(x, f);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        if (x[i] >= low && x[i] <= high)
            worst = std::max(worst, test::ulp_error(y[i], reference(static_cast<long double>(x[i]))));
    return worst;
}

const auto exp_of = [](const L::type& v) {
    using rlhf::lane::exp;
    return exp(v);
};
const auto expm1_of = [](const L::type& v) {
    using rlhf::lane::expm1;
    return expm1(v);
};
const auto exp_reference = [](long double x) { return std::exp(x); };
const auto expm1_reference = [](long double x) { return std::expm1(x); };

} // namespace

TEST_CASE("simd: exp is right to 1.1 ULP up to its largest number") {
    CHECK(largest_error(-87, own ? 88.7228F : 88.3F, exp_of, exp_reference) <= (own ? 1.1 : 2));
}

TEST_CASE("simd: expm1 is right to 2 ULP") {
    if constexpr (own || L::width == 1) CHECK(largest_error(-110, 88.7228F, expm1_of, expm1_reference) <= 2);
    CHECK(largest_error(-80, 80, expm1_of, expm1_reference) <= 4);
}

TEST_CASE("simd: exponentials of special arguments") {
    const std::vector<float> x{
        0,     -0.0F, inf, -inf, std::numeric_limits<float>::quiet_NaN(), 89, 1000, std::numeric_limits<float>::max(),
        -1000, -200};
    const auto e = in_registers(x, exp_of), m = in_registers(x, expm1_of);
    CHECK((e[0] == 1 && e[1] == 1 && m[0] == 0 && m[1] == 0));
    for (const std::size_t i : {2U, 5U, 6U, 7U}) CHECK((e[i] == inf && m[i] == inf));
    for (const std::size_t i : {3U, 8U, 9U}) CHECK((e[i] == 0 && m[i] == -1));
    CHECK((std::isnan(e[4]) && std::isnan(m[4])));
}
