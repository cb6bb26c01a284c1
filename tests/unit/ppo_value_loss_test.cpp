// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/ppo_value_loss.hpp"
#include "support/cases.hpp"
#include "support/formulas.hpp"

#include <rlhf/policy/ppo_value_loss.hpp>

using rlhf::aggregation;

namespace {

std::vector<double> digest(const rlhf::ppo_value_loss_result& r) {
    return {r.loss(),
            r.mean_loss(),
            r.own.tokens,
            r.own.sequences,
            r.clip_fraction(),
            r.nonfinite(),
            r.returns().mean(),
            r.returns().variance(),
            r.residuals().mean(),
            r.residuals().variance(),
            r.explained_variance()};
}

template <class T>
void contract_holds(const rlhf::ppo_value_loss_options& o) {
    const contract::problem<T> p{.inputs = {test::advantages<T>, test::advantages<T>, test::advantages<T>},
                                 .sequences = {test::advantages<T>},
                                 .adds = true};
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::ppo_value_loss<T>(c.batch,
                                           {.values = c.in[0],
                                            .old_values = c.in[1],
                                            .returns = c.in[2],
                                            .weights = rlhf::per_sequence(c.sequence[0]),
                                            .d_values = c.d(0)},
                                           o, c.run);
        },
        digest);
}

/// Each of the differences is off by half an epsilon of itself, the square or Huber's product by three more; then a
/// weight, the scale and its product. The clipped value is a sum: half an epsilon of its terms.
constexpr double roundings = 6;

template <class T>
void matches_reference(const rlhf::ppo_value_loss_options& o) {
    test::random r(17);
    auto where = test::mixed_rectangle(r);
    const std::size_t n = where.size();
    auto values = test::normals<T>(r, n), returns = test::nearby(r, values, 0.6);
    const auto old_values = test::nearby(r, values, 0.3);
    for (std::size_t i = 0; i < n; ++i) { // no decision may hang on a rounding
        const double v = values[i], old = old_values[i], moved = std::fabs(v - old), e = v - returns[i];
        const double held = old + std::clamp(v - old, -o.clip_range, o.clip_range) - returns[i];
        const auto at = [](double a, double b) { return std::fabs(a - b) < 1e-5; };
        if (at(moved, o.clip_range) || at(std::fabs(e), o.huber) ||
            (o.clip_range < rlhf::unlimited && at(std::fabs(held), std::fabs(e)) && moved > o.clip_range))
            where.mask[i] = 0;
    }
    test::poison(r, values, where.mask), test::poison(r, returns, where.mask);
    std::vector<T> d(n);
    const auto got = rlhf::ppo_value_loss<T>(
        where.batch(), {.values = values, .old_values = old_values, .returns = returns, .d_values = d}, o);

    using reference::to_real;
    const auto b = where.reference();
    const auto how = static_cast<reference::aggregation>(o.aggregation);
    const auto want = reference::ppo_value_loss(b, {to_real(values), to_real(old_values), to_real(returns)},
                                                {.clip_range = o.clip_range, .huber = o.huber, .aggregation = how});
    const auto share = reference::shares(b, how);
    reference::array scale(n, 0), loss_scale(n, 0);
    long double loss = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (where.mask[i] == 0) continue;
        const long double size = std::fabs((long double)(values[i])) + std::fabs((long double)(old_values[i])) +
                                 std::fabs((long double)(returns[i]));
        scale[i] = share[i] * size, loss += share[i] * size * size;
        square += size * size / reference::count(b).tokens;
    }
    CHECK(test::worst_error(d, want.d_values, scale) <= roundings);
    CHECK(test::error<T>(got.loss(), want.loss, loss) <= roundings + test::summing<T>);
    CHECK(got.mean_loss() == got.loss());
    CHECK(got.clip_fraction() == Approx(static_cast<double>(want.clip_fraction)).epsilon(1e-14));
    CHECK(got.nonfinite() == 0);
    // Sums of squares are kept in double, of residuals that are rounded to T.
    CHECK(got.returns().count() == want.returns.count);
    CHECK(got.returns().mean() == Approx(static_cast<double>(want.returns.mean)).epsilon(1e-14));
    CHECK(got.returns().variance(0) == Approx(static_cast<double>(want.returns.variance(0))).epsilon(1e-14));
    CHECK(test::error<T>(got.residuals().mean(), want.residuals.mean, 1) <= 1);
    CHECK(test::error<T>(got.residuals().variance(1), want.residuals.variance(1), square) <= 2 + 64 * (sizeof(T) == 8));
    CHECK(test::error<T>(got.explained_variance(), want.explained_variance, square / want.returns.variance(0)) <=
          2 + 64 * (sizeof(T) == 8));
}

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

} // namespace

TEST_CASE("value_loss: its slope is the derivative of its loss", "[formula]") {
    test::random r(3);
    int held = 0, linear = 0;
    for (int i = 0; i < 4000; ++i) {
        const double v = r.normal(), old = r.normal(v, 0.5), target = r.normal(), range = r.below(4) ? 0.2 : inf;
        const double delta = r.below(2) ? inf : 0.7;
        CAPTURE(v, old, target, range, delta);
        const rlhf::formula::huber<double> h{delta};
        const auto t = rlhf::formula::value_loss(v, old, target, range, h);
        const auto d = rlhf::formula::value_loss<test::dual<double>>({v, 1.0}, old, target, range, h);
        REQUIRE(d.loss.value == t.loss);
        REQUIRE(test::same(t.slope, d.loss.slope));
        held += t.clipped, linear += std::fabs(t.slope) == 0.7;
    }
    CHECK((held > 300 && linear > 300));
}

TEST_CASE("huber: at ±delta value and slope are continuous", "[formula]") {
    for (const double delta : {0.5, 1.0, 4.0})
        for (const double sign : {-1.0, 1.0}) {
            const rlhf::formula::huber<double> h{delta};
            const auto inside = h(sign * delta), outside = h(sign * delta * (1 + 1e-15));
            CHECK((inside.loss == 0.5 * delta * delta && inside.slope == sign * delta));
            CHECK(outside.slope == inside.slope);
            CHECK(outside.loss == Approx(inside.loss).epsilon(1e-14));
        }
}

TEMPLATE_TEST_CASE("value_loss: special arguments", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    test::for_pairs(test::specials<T>(), [&](T v, T old) {
        for (const T target : test::specials<T>())
            for (const T delta : {T(0.7), big}) {
                CAPTURE(v, old, target, delta);
                const auto t = rlhf::formula::value_loss(v, old, target, T(0.2), rlhf::formula::huber<T>{delta});
                if (delta == big) { // the same without it
                    const auto u = rlhf::formula::value_loss(v, old, target, T(0.2), rlhf::formula::half_square());
                    CHECK((test::same_or_nan(u.loss, t.loss) && test::same_or_nan(u.slope, t.slope) &&
                           u.clipped == t.clipped));
                }
                const bool any_nan = std::isnan(v) || std::isnan(old) || std::isnan(target);
                const bool apart = std::isfinite(v - target) && std::isfinite(v - old);
                if (any_nan) CHECK((std::isnan(t.loss) && std::isnan(t.slope)));
                if (!any_nan && apart && std::isfinite(v)) CHECK((std::isfinite(t.loss) && std::isfinite(t.slope)));
                if (!any_nan && std::isinf(v) != std::isinf(target) && !(std::isinf(v) && v == old)) {
                    CHECK(t.loss == big);
                    if (std::isinf(v)) CHECK(t.slope == (delta < big ? (v > 0 ? delta : -delta) : v));
                }
            }
    });
}

TEMPLATE_TEST_CASE("ppo_value_loss: same bits however the batch is laid out", "[contract]", float, double) {
    for (const auto how :
         {aggregation::token_mean, aggregation::sequence_mean_token_mean, aggregation::sequence_mean_token_sum})
        contract_holds<TestType>({.clip_range = 0.2, .huber = 1, .aggregation = how});
    contract_holds<TestType>({});
}

TEMPLATE_TEST_CASE("ppo_value_loss: value, gradient and statistics equal the reference", "", float, double) {
    using T = TestType;
    for (const double range : {rlhf::unlimited, 0.2, 0.5})
        for (const double huber : {rlhf::unlimited, 0.4}) {
            CAPTURE(range, huber);
            matches_reference<T>({.clip_range = range, .huber = huber});
            matches_reference<T>(
                {.clip_range = range, .huber = huber, .aggregation = aggregation::sequence_mean_token_mean});
        }
    matches_reference<T>({.clip_range = 0.2, .aggregation = aggregation::sequence_mean_token_sum});
}

TEST_CASE("ppo_value_loss: PyTorch's and rlax's numbers", "[goldens]") {
    const auto cases = test::read_goldens("torch.txt");
    for (const std::string name : {"square", "clipped", "huber"}) {
        CAPTURE(name);
        const auto& g = cases.at("value_" + name);
        const auto mask = g.integers<std::uint8_t>("mask");
        std::vector<double> d(mask.size());
        const auto r = rlhf::ppo_value_loss<double>(
            {.sequences = mask.size() / 5, .steps = 5, .mask = mask, .denominator = rlhf::counted_here},
            {.values = g["values"], .old_values = g["old_values"], .returns = g["returns"], .d_values = d},
            {.clip_range = g.number("clip_range"), .huber = g.number("huber")});
        CHECK(r.loss() == Approx(g.number("loss")).epsilon(1e-14));
        CHECK(r.explained_variance() == Approx(g.number("explained_variance")).epsilon(1e-13));
        for (std::size_t i = 0; i < d.size(); ++i) CHECK(d[i] == Approx(g["d_values"][i]).epsilon(1e-14).margin(1e-16));
    }
    const std::vector<float> x{-2, -1, -.5, 0, .5, 1, 2}, y{1.5, .5, .125, 0, .125, .5, 1.5},
        slope{-1, -1, -.5, 0, .5, 1, 1}, zero{0};
    for (std::size_t i = 0; i < x.size(); ++i) {
        std::vector<float> d(1);
        const auto r =
            rlhf::ppo_value_loss({.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                 {.values = std::span(&x[i], 1), .returns = zero, .d_values = d}, {.huber = 1});
        CHECK((r.loss() == y[i] && d[0] == slope[i]));
    }
}

TEST_CASE("ppo_value_loss: wrong arguments throw, and nothing is written") {
    const std::vector<float> v{1, 2, 3}, R{1, 1, 1}, two{1, 2};
    const rlhf::batch b{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto said = [&](rlhf::ppo_value_loss_arrays<float> a, const rlhf::ppo_value_loss_options& o) {
        std::vector<float> d(3, 7.f);
        a.d_values = d;
        const auto words = test::refusal([&] { rlhf::ppo_value_loss(b, a, o); });
        CHECK(d == std::vector<float>(3, 7.f));
        return words;
    };
    const std::string f = "rlhf::ppo_value_loss: ";
    CHECK(said({.values = two, .returns = R}, {}) == f + "values has 2 elements, expected 3");
    CHECK(said({.values = v, .returns = two}, {}) == f + "returns has 2 elements, expected 3");
    CHECK(said({.values = v, .old_values = two, .returns = R}, {}) == f + "old_values has 2 elements, expected 3");
    CHECK(said({.values = v, .returns = R, .weights = rlhf::per_sequence(two)}, {}) ==
          f + "weights has 2 elements, expected 1 (one per sequence)");
    CHECK(said({.values = v, .returns = R}, {.clip_range = 0.2}) == f + "clip_range needs old_values");
    CHECK(said({.values = v, .returns = R}, {.clip_range = 0}) == f + "clip_range is 0, expected more than 0");
    CHECK(said({.values = v, .returns = R}, {.clip_range = NaN}) == f + "clip_range is nan, expected more than 0");
    CHECK(said({.values = v, .returns = R}, {.huber = -1}) == f + "huber is -1, expected more than 0");
    CHECK(said({.values = v, .returns = R}, {.huber = 1e-50}) == f + "huber is 1e-50, which is 0 as a float");
    CHECK(said({.values = v, .old_values = v, .returns = R}, {.clip_range = 1e-50}) ==
          f + "clip_range is 1e-50, which is 0 as a float");
    std::vector<float> in_place{1, 2, 3};
    CHECK(test::refusal([&] { rlhf::ppo_value_loss(b, {.values = in_place, .returns = R, .d_values = in_place}); }) ==
          f + "d_values overlaps values");
    CHECK(in_place == v);
}

TEST_CASE("ppo_value_loss: nothing to count is zero; a coefficient belongs to the buffer") {
    const std::vector<float> v{1, 2, 4}, R{1, 1, 1};
    const std::vector<std::uint8_t> none(3, 0);
    std::vector<float> d(3, 7.f), scaled(3, 1.f);
    const auto r = rlhf::ppo_value_loss({.steps = 3, .mask = none, .denominator = rlhf::counted_here},
                                        {.values = v, .returns = R, .d_values = d});
    CHECK((r.loss() == 0 && r.mean_loss() == 0 && r.explained_variance() == 0 && r.returns().count() == 0 &&
           r.clip_fraction() == 0));
    CHECK(test::same_bits(d, std::vector<float>(3, 0.f)));
    const rlhf::batch b{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::ppo_value_loss(b, {.values = v, .returns = R, .d_values = rlhf::add_to(scaled, 0.5)});
    CHECK(scaled == std::vector<float>{1, 1 + 1.f / 6, 1.5});
    // Returns that do not vary explain nothing, and divide by nothing.
    CHECK(rlhf::ppo_value_loss(b, {.values = v, .returns = R}).explained_variance() == 0);
    CHECK(rlhf::ppo_value_loss(b, {.values = v, .returns = v}).explained_variance() == 1);
}

TEST_CASE("ppo_value_loss: a weight is a factor of its token's loss") {
    const std::vector<float> v{1, 2, 4, 8}, R(4), by_token{2, 2, 0.5f, 0.5f}, by_sequence{2, 0.5f};
    const rlhf::batch b{.sequences = 2, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const rlhf::view<const float> weights :
         {rlhf::view<const float>(by_token), rlhf::view<const float>(rlhf::per_sequence(by_sequence))}) {
        std::vector<float> d(4);
        const auto r = rlhf::ppo_value_loss(b, {.values = v, .returns = R, .weights = weights, .d_values = d});
        CHECK(r.loss() == (2 * 2.5 + 0.5 * 40) / 4);
        CHECK(d == std::vector<float>{0.5f, 1, 0.5f, 1});
    }
}

TEST_CASE("ppo_value_loss: a weight that is not finite makes a loss that is counted") {
    const std::vector<float> v{1, 2, 4}, R{1, 1, 1};
    for (const float bad : {NaN, inf, -inf}) {
        const std::vector<float> weights{bad, bad, 1}; // the first token's loss is 0
        const auto r = rlhf::ppo_value_loss({.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                            {.values = v, .returns = R, .weights = weights});
        CHECK(r.nonfinite() == 2);
    }
}

TEST_CASE("ppo_value_loss: a value that is not finite stays in its own token, and is counted") {
    test::random r(8);
    const auto values = test::normals<float>(r, 40), old = test::nearby(r, values),
               returns = test::normals<float>(r, 40);
    const rlhf::batch b{.steps = 40, .mask = rlhf::all, .denominator = rlhf::counts{40, 1}};
    for (const double range : {0.2, rlhf::unlimited}) {
        std::vector<float> clean(40);
        rlhf::ppo_value_loss(b, {.values = values, .old_values = old, .returns = returns, .d_values = clean},
                             {.clip_range = range});
        for (int which = 0; which < 3; ++which)
            for (const float bad : {NaN, inf, -inf}) {
                CAPTURE(range, which, bad);
                std::array<std::vector<float>, 3> x{values, old, returns};
                x[static_cast<std::size_t>(which)][33] = bad;
                std::vector<float> d(40);
                const auto got = rlhf::ppo_value_loss(
                    b, {.values = x[0], .old_values = x[1], .returns = x[2], .d_values = d}, {.clip_range = range});
                // An infinite old value is clipped to infinity; without clipping it is not read.
                const bool finite = which == 1 && range == rlhf::unlimited;
                CHECK(got.nonfinite() == (finite ? 0 : 1));
                CHECK(std::isfinite(got.loss()) == finite);
                d[33] = clean[33];
                CHECK(test::same_bits(d, clean));
            }
    }
}
