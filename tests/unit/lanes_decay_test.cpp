// SPDX-License-Identifier: MIT

// The exponentials and logarithms of lane::decay in registers, against the standard library in long double.

#include "support/catch.hpp"
#include "support/registers.hpp"

using test::in_registers, test::lanes, test::limits, test::native, test::register_of, test::same, test::width;

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
