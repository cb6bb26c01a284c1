// SPDX-License-Identifier: MIT

// The words of formulas, in every lane type, against long double; and how bytes become lanes.

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/lanes/lanes.hpp>

#include <string>

namespace {

using rlhf::detail::lanes;

/// f of each element, in the lanes of Arch.
template <class Arch, class T, class F>
std::vector<T> apply(const std::vector<T>& x, F f) {
    using L = lanes<T, Arch>;
    constexpr auto width = static_cast<std::size_t>(L::width);
    std::vector<T> in(x), out((x.size() + width - 1) / width * width);
    in.resize(out.size());
    for (std::size_t i = 0; i < out.size(); i += width) L::store(&out[i], f(L::load(&in[i])));
    out.resize(x.size());
    return out;
}

/// Magnitudes of all sizes, both signs.
template <class T>
std::vector<T> arguments(test::random& r, double low, double high) {
    std::vector<T> x;
    for (int i = 0; i < 20000; ++i) {
        const double size = std::exp2(r.uniform(std::log2(low), std::log2(high)));
        x.push_back(static_cast<T>(r.below(2) == 0 ? size : -size));
    }
    return x;
}

/// Within `ulps` of the truth, or below the smallest normal number, where lanes may flush to 0.
template <class T, class Exact>
void accurate(const std::string& word, const std::vector<T>& x, const std::vector<T>& got, double ulps, Exact exact) {
    double worst = 0;
    T at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const long double want = exact(static_cast<long double>(x[i]));
        if (test::close(got[i], want, 0, std::numeric_limits<T>::min())) continue;
        if (const double e = test::ulp_error(got[i], want); !(e <= worst)) worst = e, at = x[i];
    }
    CAPTURE(word, at);
    CHECK(worst <= ulps);
}

/// What a vector of special arguments becomes.
template <class T>
void same(const std::string& word, const std::vector<T>& got, const std::vector<T>& want) {
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(word, i, got[i], want[i]);
        CHECK((got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i]))));
    }
}

using rlhf::lane::softplus, rlhf::lane::sigmoid;

long double exact_softplus(long double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

} // namespace

// An exp is at most 1 ulp off, an expm1, log or log1p 2 (xsimd's own statement is 1 to 2); softplus adds one rounding
// to log1p of an exp, sigmoid two to an exp.
TEMPLATE_PRODUCT_TEST_CASE("lane: words are accurate to a few ulp", "", std::pair,
                           ((float, rlhf::native), (float, rlhf::scalar), (double, rlhf::native),
                            (double, rlhf::scalar))) {
    using T = typename TestType::first_type;
    using Arch = typename TestType::second_type;
    using V = typename lanes<T, Arch>::type;
    using rlhf::lane::exp, rlhf::lane::expm1, rlhf::lane::log, rlhf::lane::log1p, rlhf::lane::sqrt;
    test::random r(1);
    const double largest = sizeof(T) == 4 ? 87 : 708;
    const auto x = arguments<T>(r, 1e-12, largest);
    std::vector<T> positive(x);
    for (T& e : positive) e = std::abs(e);
    accurate("exp", x, apply<Arch>(x, [](V v) { return exp(v); }), 1.5, [](long double v) { return std::exp(v); });
    accurate("expm1", x, apply<Arch>(x, [](V v) { return expm1(v); }), 2.5,
             [](long double v) { return std::expm1(v); });
    accurate("log", positive, apply<Arch>(positive, [](V v) { return log(v); }), 2.5,
             [](long double v) { return std::log(v); });
    accurate("log1p", positive, apply<Arch>(positive, [](V v) { return log1p(v); }), 2.5,
             [](long double v) { return std::log1p(v); });
    accurate("softplus", x, apply<Arch>(x, [](V v) { return softplus(v); }), 4, exact_softplus);
    accurate("sigmoid", x, apply<Arch>(x, [](V v) { return sigmoid(v); }), 4,
             [](long double v) { return 1 / (1 + std::exp(-v)); });
    accurate("sqrt", positive, apply<Arch>(positive, [](V v) { return sqrt(v); }), 0.5001,
             [](long double v) { return std::sqrt(v); });
}

namespace {

/// The mask of AVX-512 converts to its bits, and these to bool.
struct bits_of_lanes {
    operator unsigned short() const { return 0; }
};
template <class Mask, class V>
concept selects_by_its_name = requires(Mask m, V v) {
    rlhf::lane::select(m, v, v);
};

} // namespace

TEMPLATE_TEST_CASE("lane: select of a bool takes no mask of a register", "", float, double) {
    using V = typename lanes<TestType, rlhf::native>::type;
    using mask = rlhf::lane::mask_of<V>;
    CHECK(selects_by_its_name<bool, TestType>);
    CHECK(!selects_by_its_name<bits_of_lanes, V>);
    CHECK(selects_by_its_name<mask, V> == std::is_same_v<mask, bool>);
}

TEMPLATE_PRODUCT_TEST_CASE("lane: special arguments", "", std::pair,
                           ((float, rlhf::native), (float, rlhf::scalar), (double, rlhf::native),
                            (double, rlhf::scalar))) {
    using T = typename TestType::first_type;
    using Arch = typename TestType::second_type;
    using V = typename lanes<T, Arch>::type;
    using rlhf::lane::exp, rlhf::lane::expm1, rlhf::lane::log, rlhf::lane::log1p, rlhf::lane::abs, rlhf::lane::select;
    const T inf = std::numeric_limits<T>::infinity(), NaN = std::numeric_limits<T>::quiet_NaN();
    const std::vector<T> x{0, T(-0.0), inf, -inf, NaN, 1, -1};
    const T e = std::exp(T(1));
    same<T>("exp", apply<Arch>(std::vector<T>(x.begin(), x.end() - 2), [](V v) { return exp(v); }),
            {1, 1, inf, 0, NaN});
    same<T>("expm1", apply<Arch>(std::vector<T>(x.begin(), x.end() - 2), [](V v) { return expm1(v); }),
            {0, 0, inf, -1, NaN});
    same<T>("log", apply<Arch>(x, [](V v) { return log(v); }), {-inf, -inf, inf, NaN, NaN, 0, NaN});
    same<T>("log1p", apply<Arch>(std::vector<T>{0, T(-0.0), inf, -1, NaN}, [](V v) { return log1p(v); }),
            {0, 0, inf, -inf, NaN});
    same<T>("abs", apply<Arch>(x, [](V v) { return abs(v); }), {0, 0, inf, inf, NaN, 1, 1});
    same<T>("softplus", apply<Arch>(std::vector<T>{inf, -inf, NaN, 1000, -1000}, [](V v) { return softplus(v); }),
            {inf, 0, NaN, 1000, 0});
    same<T>("sigmoid", apply<Arch>(std::vector<T>{inf, -inf, NaN, 0, 1000, -1000}, [](V v) { return sigmoid(v); }),
            {1, 0, NaN, T(0.5), 1, 0});
    same<T>("clamp", apply<Arch>(x, [](V v) { return rlhf::lane::clamp(v, V(T(-0.5)), V(T(0.5))); }),
            {0, 0, T(0.5), T(-0.5), NaN, T(0.5), T(-0.5)});
    const T none = inf; // a limit that is off
    same<T>("clamp", apply<Arch>(x, [&](V v) { return rlhf::lane::clamp(v, V(-none), V(none)); }), x);
    // A comparison with NaN is false: select takes the second.
    same<T>("select", apply<Arch>(x, [](V v) { return select(v > V(T(0)), V(T(1)), V(T(2))); }), {2, 2, 1, 2, 2, 1, 2});
    same<T>("select", apply<Arch>(x, [](V v) { return select(!(v <= V(T(0))), V(T(1)), V(T(2))); }),
            {2, 2, 1, 2, 1, 1, 2});
    same<T>("select", apply<Arch>(x, [](V v) { return select(v == v, V(T(1)), v); }), {1, 1, 1, 1, NaN, 1, 1});
    CHECK(test::ulp_distance(apply<Arch>(std::vector<T>{1}, [](V v) { return exp(v); })[0], e) <= 1);
}

TEMPLATE_TEST_CASE("lane: registers and plain C++ have the same bits", "", float, double) {
    using T = TestType;
    using V = typename lanes<T, rlhf::native>::type;
    test::random r(2);
    const auto x = arguments<T>(r, 1e-6, 80);
    const auto wide = apply<rlhf::native>(x, [](V v) { return softplus(v) - sigmoid(v) * V(T(0.25)); });
    const auto plain = apply<rlhf::scalar>(
        x, [](rlhf::lane::number<T> v) { return softplus(v) - sigmoid(v) * rlhf::lane::number<T>(T(0.25)); });
    CHECK(wide == plain);
}

TEST_CASE("lane: a type that the library does not know has all words by its exp, expm1 and log1p") {
    using V = long double;
    using rlhf::lane::exp_excess;
    const V eps = std::numeric_limits<V>::epsilon(), inf = rlhf::lane::infinity;
    const V left_out = 2e-18L; // by the series, which ends before x²⁰ / 20!
    test::random r(4);
    V worst = 0;
    for (int i = 0; i < 20000; ++i) {
        const V x = (r.below(2) == 0 ? 1 : -1) * std::exp(static_cast<V>(r.uniform(-40, 1)));
        V value = 0, term = x;
        for (int n = 2; n < 40; ++n) term *= x / n, value += term;
        const auto e = exp_excess(x);
        worst = std::max(worst, std::fabs(e.value / value - 1));
        REQUIRE(e.slope == std::expm1(x));
    }
    CHECK(worst <= 16 * eps + left_out);
    CHECK((exp_excess(inf).value == inf && exp_excess(inf).slope == inf));
    CHECK((exp_excess(-inf).value == inf && exp_excess(-inf).slope == -1));
    CHECK(rlhf::lane::fma(V(2), V(3), V(4)) == 10);
    CHECK(rlhf::lane::exp_nonpositive(V(-2)) == std::exp(V(-2)));
    CHECK(rlhf::lane::log1p_unit(V(0.5)) == std::log1p(V(0.5)));
}

TEMPLATE_TEST_CASE("lane: a token counts if its byte is not zero", "", float, double) {
    using L = lanes<TestType, rlhf::native>;
    using V = typename L::type;
    test::random r(3);
    for (int round = 0; round < 4096; ++round) {
        std::array<std::uint8_t, 64> bytes{};
        for (auto& b : bytes) b = r.below(2) == 0 ? std::uint8_t(0) : static_cast<std::uint8_t>(1 + r.below(255));
        const std::size_t shift = r.below(16);
        std::array<TestType, static_cast<std::size_t>(L::width)> flags{};
        using rlhf::lane::select;
        L::store(flags.data(), select(L::counted(bytes.data() + shift), V(TestType(1)), V(TestType(0))));
        for (std::size_t i = 0; i < flags.size(); ++i) REQUIRE(flags[i] == TestType(bytes[shift + i] != 0));
    }
    const std::uint8_t zero = 0, high = 0x80;
    CHECK(!lanes<TestType, rlhf::scalar>::counted(&zero));
    CHECK(lanes<TestType, rlhf::scalar>::counted(&high));
}
