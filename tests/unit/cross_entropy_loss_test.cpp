// SPDX-License-Identifier: MIT
#include "golden/goldens.hpp"
#include "reference/cross_entropy_loss.hpp"
#include "support/differences.hpp"
#include "support/formulas.hpp"
#include "support/logits.hpp"

#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/policy/ptx_loss.hpp>

namespace {

using rlhf::bfloat16;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr std::array aggregations{rlhf::aggregation::token_mean, rlhf::aggregation::sequence_mean_token_mean,
                                  rlhf::aggregation::sequence_mean_token_sum};

std::vector<double> digest(const rlhf::cross_entropy_loss_result& r) {
    return {r.loss(),     r.mean_loss(), r.nll(),      r.perplexity(),
            r.accuracy(), r.nonfinite(), r.own.tokens, r.own.sequences};
}

template <class E>
void matches(std::size_t V, const rlhf::cross_entropy_loss_options& o) {
    CAPTURE(V, o.temperature, o.label_smoothing, o.z_loss_coef);
    test::random r(V);
    const std::size_t B = 3, S = 4, n = B * S;
    auto z = test::random_logits<E>(r, n * V, 2);
    auto targets = test::targets(r, n, V);
    for (std::size_t i = 0; i < n; i += 3) { // some are right
        const auto row = z.begin() + static_cast<std::ptrdiff_t>(i * V);
        targets[i] = static_cast<int>(std::max_element(row, row + static_cast<std::ptrdiff_t>(V),
                                                       [](E a, E b) { return double(a) < double(b); }) -
                                      row);
    }
    const auto mask = test::flags(r, n, 0.7);
    auto b = test::aligned(B, S);
    b.mask = mask;
    const auto want = reference::cross_entropy_loss(
        reference::padded(B, S, mask), test::widened(z), V, {targets.begin(), targets.end()},
        {.label_smoothing = o.label_smoothing,
         .z_loss_coef = o.z_loss_coef,
         .temperature = o.temperature,
         .aggregation = static_cast<reference::aggregation>(o.aggregation)});
    const auto value_only = rlhf::cross_entropy_loss(b, test::logits_of(z, B, S, V), targets, o);
    const auto got = rlhf::cross_entropy_loss(b, test::logits_of(z, B, S, V), targets, test::logits_of(z, B, S, V), o);
    CHECK(test::same_bits(digest(got), digest(value_only)));
    const double small = std::is_same_v<E, double> ? 1e-14 : 3e-7;
    CHECK(std::fabs(got.loss() - static_cast<double>(want.loss)) <=
          small * (1 + std::fabs(static_cast<double>(want.loss))));
    CHECK(got.accuracy() == Approx(static_cast<double>(want.accuracy)).margin(1e-12));
    const double storage = std::is_same_v<E, bfloat16> ? 0x1p-8 : 0;
    double worst = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
        const auto d = static_cast<double>(want.d_logits[i]), share = 1 / o.temperature / 2;
        worst = std::max(worst, std::fabs(static_cast<double>(z[i]) - d) /
                                    (10 * small * (std::fabs(d) + share * 0.1) + storage * std::fabs(d)));
    }
    CHECK(worst <= 1);
}

} // namespace

TEST_CASE("cross_entropy_loss: value and gradient of the reference") {
    for (const std::size_t V : {1, 7, 16, 17, 513, 1000})
        for (const auto how : aggregations) {
            matches<float>(V, {.aggregation = how});
            matches<double>(V, {.temperature = 0.7, .label_smoothing = 0.1, .z_loss_coef = 1e-2, .aggregation = how});
            matches<float>(V, {.temperature = 2, .label_smoothing = 0.3, .aggregation = how});
        }
    matches<bfloat16>(1000, {.z_loss_coef = 1e-3});
    matches<float>(300, {.label_smoothing = 1});
}

TEST_CASE("cross_entropy_loss: torch's numbers") {
    const auto cases = test::read_goldens("torch.txt");
    for (const std::string name : {"plain", "smoothed", "z_loss"}) {
        CAPTURE(name);
        const auto& g = cases.at("cross_entropy_" + name);
        auto z = g["logits"];
        const auto mask = g.integers<std::uint8_t>("mask");
        auto b = test::aligned(1, 6);
        b.mask = mask;
        const auto r = rlhf::cross_entropy_loss(
            b, test::logits_of(z, 1, 6, 5), g.integers("targets"), test::logits_of(z, 1, 6, 5),
            {.label_smoothing = g.number("label_smoothing"), .z_loss_coef = g.number("z_loss_coef")});
        CHECK(r.loss() == Approx(g.number("loss")).epsilon(1e-14));
        CHECK(test::worst_ulp_error(z, g["d_logits"], 1e-15) <= 8);
    }
}

TEST_CASE("cross_entropy: its slopes are the derivatives of its loss", "[formula]") {
    using number = test::dual<double>;
    test::random r(4);
    for (int i = 0; i < 3000; ++i) {
        const double log_prob = -r.uniform(0, 9), mean = -r.uniform(3, 12), lse = r.normal(0, 5);
        const double smoothing = r.below(2) ? 0 : r.uniform(0, 1), z_loss = r.below(2) ? 0 : r.uniform(0, 0.1);
        CAPTURE(log_prob, mean, lse, smoothing, z_loss);
        const auto t = rlhf::formula::cross_entropy(log_prob, mean, lse, smoothing, z_loss);
        const auto slope = [&](number p, number m, number l) {
            const auto d = rlhf::formula::cross_entropy<number>(p, m, l, smoothing, z_loss);
            REQUIRE(test::same(t.loss, d.loss.value));
            return d.loss.slope;
        };
        REQUIRE(t.nll == -log_prob);
        REQUIRE(test::same(t.by_log_prob, slope({log_prob, 1.0}, mean, lse)));
        REQUIRE(test::same(t.by_mean_log_prob, slope(log_prob, {mean, 1.0}, lse)));
        REQUIRE(test::same(t.by_log_sum_exp, slope(log_prob, mean, {lse, 1.0})));
    }
}

TEMPLATE_TEST_CASE("cross_entropy: a term whose factor is 0 is left out", "[formula]", float, double) {
    using T = TestType;
    const T big = std::numeric_limits<T>::infinity();
    for (const T other : {big, -big, std::numeric_limits<T>::quiet_NaN()}) {
        const auto plain = rlhf::formula::cross_entropy(T(-2), other, other, T(0), T(0));
        CHECK((plain.loss == 2 && plain.by_log_prob == -1 && plain.by_mean_log_prob == 0 && plain.by_log_sum_exp == 0));
        CHECK_FALSE(std::isfinite(rlhf::formula::cross_entropy(T(-2), other, T(1), T(0.1), T(0)).loss));
        CHECK_FALSE(std::isfinite(rlhf::formula::cross_entropy(T(-2), T(-3), other, T(0), T(0.1)).loss));
    }
    CHECK(rlhf::formula::cross_entropy(-big, T(-3), T(1), T(0.1), T(0)).loss == big);
}

TEMPLATE_TEST_CASE("cross_entropy_loss: same bits however the batch is laid out", "", float, double) {
    using T = TestType;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n, 0, 2); };
    for (const auto how : aggregations)
        contract::holds<T>(
            {.inputs = {logit, logit, logit, logit, logit}, .outputs = 5, .time_major = false},
            [&](const contract::call<T>& c) {
                test::contract_logits<T> z(c);
                const auto r =
                    rlhf::cross_entropy_loss(c.batch, z.logits(), z.targets(), rlhf::write_to(z.logits(), 27.8),
                                             {.label_smoothing = 0.1, .z_loss_coef = 0.01, .aggregation = how}, c.run);
                for (std::size_t v = 0; v < c.out.size(); ++v) z.column(v, c.out[v]);
                return r;
            },
            digest);
}

TEST_CASE("cross_entropy_loss: is token_log_probs, ptx_loss and the way back") {
    test::random r(4);
    const std::size_t B = 3, S = 20, V = 300, n = B * S;
    auto z = test::random_logits<double>(r, n * V), d = z;
    const auto targets = test::targets<std::int64_t>(r, n, V);
    auto b = test::aligned(B, S);
    b.predict_next = true;
    std::vector<double> lp(n), d_lp(n);
    rlhf::token_log_probs<double>(b, test::logits_of(z, B, S, V), targets, {.log_probs = lp});
    const auto parts = rlhf::ptx_loss<double>(b, {.log_probs = lp, .d_log_probs = d_lp});
    rlhf::token_log_probs_backward<double>(b, test::logits_of(z, B, S, V), targets, {.d_log_probs = d_lp},
                                           test::logits_of(d, B, S, V));
    const auto direct = rlhf::cross_entropy_loss(b, test::logits_of(z, B, S, V), targets, test::logits_of(z, B, S, V));
    CHECK(direct.loss() == Approx(parts.loss()).epsilon(1e-14));
    CHECK(direct.perplexity() == Approx(parts.perplexity()).epsilon(1e-13));
    CHECK(test::worst_ulp_error(z, d) <= 4);
}

TEST_CASE("cross_entropy_loss: central differences") {
    test::random r(9);
    const std::size_t n = 4, V = 9;
    auto z = test::random_logits<double>(r, n * V, 2), d = z;
    const auto targets = test::targets(r, n, V);
    const rlhf::cross_entropy_loss_options o{.temperature = 0.9, .label_smoothing = 0.2, .z_loss_coef = 0.05};
    const auto b = test::aligned(2, 2);
    const auto loss = [&] { return rlhf::cross_entropy_loss(b, test::logits_of(z, 2, 2, V), targets, o).loss(); };
    rlhf::cross_entropy_loss(b, test::logits_of(z, 2, 2, V), targets, test::logits_of(d, 2, 2, V), o);
    CHECK(test::worst_difference(z, d, loss) < 1e-9);
}

TEST_CASE("cross_entropy_loss: edges") {
    const std::size_t V = 20;
    std::vector<float> z(3 * V, 0), d(3 * V, 5);
    const auto b = test::aligned(1, 3);
    const std::vector<int> targets{3, 4, 5};
    const auto run = [&](const rlhf::cross_entropy_loss_options& o) {
        return rlhf::cross_entropy_loss(b, test::logits_of(z, 1, 3, V), targets, test::logits_of(d, 1, 3, V), o);
    };
    CHECK(run({}).loss() == Approx(std::log(20.0)));
    CHECK(run({}).accuracy() == 0); // all alike: no answer
    z[3] = 1;
    CHECK(run({}).accuracy() == Approx(1.0 / 3));
    z[9] = 1;
    CHECK(run({}).accuracy() == 0); // a tie is none either
    z[9] = -inf;
    CHECK(std::isfinite(run({}).loss()));
    CHECK(d[9] == 0);
    CHECK(run({.label_smoothing = 0.1}).loss() == inf);
    CHECK(d[9] == Approx(-0.1 / 20 / 3));
    std::fill_n(z.begin(), V, -inf);
    CHECK((run({}).loss() == inf && run({}).nonfinite() == 1));
    CHECK(std::all_of(d.begin(), d.begin() + V, [](float x) { return x == 0; }));
    CHECK(d[V + 4] < 0);
    z[0] = std::numeric_limits<float>::quiet_NaN();
    CHECK((std::isnan(run({}).loss()) && run({}).nonfinite() == 1));
    CHECK((std::isnan(d[0]) && std::isnan(d[3]) && d[V + 4] < 0));

    const std::vector<std::uint8_t> none(3, 0);
    auto empty = b;
    empty.mask = none;
    const auto r = rlhf::cross_entropy_loss(empty, test::logits_of(z, 1, 3, V), targets, test::logits_of(d, 1, 3, V));
    CHECK((r.loss() == 0 && r.accuracy() == 0 && r.perplexity() == 1));
    CHECK(test::same_bits(d, std::vector<float>(3 * V, 0)));
}

TEMPLATE_TEST_CASE("cross_entropy_loss: numbers that are infinite where the logits are computed throw", "", float,
                   double) {
    std::vector<TestType> z(12);
    const std::vector<int> targets{0, 1, 2};
    const auto says = [&](double scale, const rlhf::cross_entropy_loss_options& o) {
        return test::refusal([&] {
            const auto logits = test::logits_of(z, 1, 3, 4);
            rlhf::cross_entropy_loss(test::aligned(1, 3), logits, targets, rlhf::write_to(logits, scale), o);
        });
    };
    const bool in_double = std::same_as<TestType, double>;
    CHECK(says(1e39, {}) ==
          (in_double ? "" : "rlhf::cross_entropy_loss: d_logits is 1e+39, which is infinite as a float"));
    z.assign(12, 0);
    CHECK(says(1e34, {.temperature = 1e-6}) ==
          (in_double
               ? ""
               : "rlhf::cross_entropy_loss: the scale of d_logits over the temperature is 1e+40, which is infinite "
                 "as a float"));
    z.assign(12, 0);
    CHECK(says(1, {.z_loss_coef = 1e39}) ==
          (in_double ? "" : "rlhf::cross_entropy_loss: z_loss_coef is 1e+39, which is infinite as a float"));
}

TEST_CASE("cross_entropy_loss: sentences") {
    std::vector<float> z(12);
    std::vector<int> targets{0, 1, 2};
    auto b = test::aligned(1, 3);
    const auto refused = [&](const rlhf::cross_entropy_loss_options& o = {}) {
        return test::refusal(
            [&] { rlhf::cross_entropy_loss(b, test::logits_of(z, 1, 3, 4), targets, test::logits_of(z, 1, 3, 4), o); });
    };
    CHECK(refused().empty());
    CHECK(refused({.temperature = -1}) == "rlhf::cross_entropy_loss: temperature is -1, expected [1e-06, 1e+06]");
    CHECK(refused({.label_smoothing = 1.5}) == "rlhf::cross_entropy_loss: label_smoothing is 1.5, expected [0, 1]");
    CHECK(refused({.z_loss_coef = inf}) == "rlhf::cross_entropy_loss: z_loss_coef is inf, expected a finite number");
    targets[1] = 4;
    CHECK(refused() == "rlhf::cross_entropy_loss: target 4 of sequence 0, step 1 is outside the vocabulary of 4");
    targets[1] = 1;
    b.denominator = rlhf::counts{.tokens = 2, .sequences = 1};
    CHECK(refused().find("the batch counts 3 tokens, more than its denominator 2") != std::string::npos);
    b.predict_next = {};
    CHECK(refused().find("batch.predict_next is not set") != std::string::npos);
}
