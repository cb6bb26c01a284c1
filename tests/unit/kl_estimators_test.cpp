// SPDX-License-Identifier: MIT

// What the estimators k1, k2, k3 and abs estimate, and what their slopes are the gradient of: exact sums over the
// tokens of a toy policy, against the divergences themselves, differentiated by dual numbers.

#include "support/catch.hpp"
#include "support/dual.hpp"
#include "support/toy_policy.hpp"
#include "support/ulp.hpp"

#include <rlhf/formula/kl.hpp>

#include <limits>
#include <vector>

using rlhf::kl_estimator;

namespace {

using policy = test::toy_policy<double>;
using number = test::dual<double>;

const policy pi{{.3, -1.2, .8, .1}}, ref{{-.4, .5, .2, .6}};
constexpr double off = std::numeric_limits<double>::infinity();
constexpr double tolerance = 1e-14;

/// The same policy whose logit k is the variable to differentiate by.
test::toy_policy<number> variable(const policy& p, std::size_t k) {
    test::toy_policy<number> d;
    for (std::size_t v = 0; v < p.size(); ++v) d.logits.emplace_back(p.logits[v], v == k ? 1.0 : 0.0);
    return d;
}

constexpr std::size_t no_variable = std::numeric_limits<std::size_t>::max();

double mean_value(const policy& p, const policy& q, kl_estimator estimator) {
    return p.expectation([&](std::size_t a) {
        return rlhf::formula::kl(p.log_prob(a) - q.log_prob(a), estimator, estimator, off).value;
    });
}

/// E over tokens of slope · ∂ log π / ∂ logits: what a loss descends that adds the estimate of each sampled token.
std::vector<double> mean_gradient(const policy& p, const policy& q, kl_estimator value, kl_estimator slope) {
    std::vector<double> g;
    for (std::size_t k = 0; k < p.size(); ++k)
        g.push_back(p.expectation([&](std::size_t a) {
            return rlhf::formula::kl(p.log_prob(a) - q.log_prob(a), value, slope, off).slope * p.score(a, k);
        }));
    return g;
}

template <class F>
void check_gradient(const std::vector<double>& g, F exact) {
    for (std::size_t k = 0; k < g.size(); ++k) {
        CAPTURE(k);
        CHECK(g[k] == Approx(exact(k)).margin(tolerance).epsilon(tolerance));
    }
}

double reverse_kl_slope(const policy& p, const policy& q, std::size_t k) {
    return kl_divergence(variable(p, k), variable(q, no_variable)).slope;
}
double forward_kl_slope(const policy& p, const policy& q, std::size_t k) {
    return kl_divergence(variable(q, no_variable), variable(p, k)).slope;
}

} // namespace

TEST_CASE("k1 and k3 are unbiased, k2 is not", "[kl]") {
    const double exact = kl_divergence(pi, ref);
    CHECK(mean_value(pi, ref, kl_estimator::k1) == Approx(exact).epsilon(tolerance));
    CHECK(mean_value(pi, ref, kl_estimator::k3) == Approx(exact).epsilon(tolerance));
    CHECK(std::fabs(mean_value(pi, ref, kl_estimator::k2) / exact - 1) > .05);
}

TEST_CASE("the bias of k2 vanishes as the policies meet", "[kl]") {
    double previous = 1;
    for (const double step : {1.0, .1, .01}) {
        policy near = ref;
        for (std::size_t k = 0; k < near.size(); ++k) near.logits[k] += step * (pi.logits[k] - ref.logits[k]);
        const double bias = std::fabs(mean_value(near, ref, kl_estimator::k2) / kl_divergence(near, ref) - 1);
        CHECK(bias < previous);
        CHECK(bias < step);
        previous = bias / 5;
    }
}

TEST_CASE("k3 is never negative and has the least variance", "[kl]") {
    const auto variance = [&](kl_estimator e) {
        const double mean = mean_value(pi, ref, e);
        return pi.expectation([&](std::size_t a) {
            const double x = rlhf::formula::kl(pi.log_prob(a) - ref.log_prob(a), e, e, off).value - mean;
            return x * x;
        });
    };
    for (std::size_t a = 0; a < pi.size(); ++a)
        CHECK(rlhf::formula::kl(pi.log_prob(a) - ref.log_prob(a), kl_estimator::k3, kl_estimator::k3, off).value >= 0);
    CHECK(variance(kl_estimator::k3) < variance(kl_estimator::k1));
}

TEST_CASE("the gradient of k1 has mean 0", "[kl]") {
    check_gradient(mean_gradient(pi, ref, kl_estimator::k1, kl_estimator::k1), [](std::size_t) { return 0.0; });
}

TEST_CASE("the gradient of k2 is the gradient of KL(pi || ref)", "[kl]") {
    const auto exact = [](std::size_t k) { return reverse_kl_slope(pi, ref, k); };
    check_gradient(mean_gradient(pi, ref, kl_estimator::k2, kl_estimator::k2), exact);
}

TEST_CASE("the gradient of k3 is the gradient of KL(ref || pi)", "[kl]") {
    const auto exact = [](std::size_t k) { return forward_kl_slope(pi, ref, k); };
    check_gradient(mean_gradient(pi, ref, kl_estimator::k3, kl_estimator::k3), exact);
    CHECK(std::fabs(forward_kl_slope(pi, ref, 0) - reverse_kl_slope(pi, ref, 0)) > .01);
}

TEST_CASE("the gradient of abs is the gradient of the sum of |pi - ref|", "[kl]") {
    const auto exact = [](std::size_t k) {
        const auto p = variable(pi, k);
        return p.expectation([&](std::size_t a) { return abs(1 - exp(ref.log_prob(a) - p.log_prob(a))); }).slope;
    };
    check_gradient(mean_gradient(pi, ref, kl_estimator::abs, kl_estimator::abs), exact);
    CHECK(mean_value(pi, ref, kl_estimator::abs) > kl_divergence(pi, ref));
}

TEST_CASE("the value of k1 or k3 goes with the gradient of k2", "[kl]") {
    const auto exact = [](std::size_t k) { return reverse_kl_slope(pi, ref, k); };
    for (const auto value : {kl_estimator::k1, kl_estimator::k3})
        check_gradient(mean_gradient(pi, ref, value, kl_estimator::k2), exact);
}

TEST_CASE("each slope is the derivative of its value", "[kl]") {
    for (const auto estimator : {kl_estimator::k1, kl_estimator::k2, kl_estimator::k3, kl_estimator::abs})
        for (const double x : {-30.0, -2.0, -1e-9, 0.0, 1e-9, .7, 5.0, 30.0}) {
            if (estimator == kl_estimator::abs && x == 0) continue; // where |x| has no derivative
            CAPTURE(static_cast<int>(estimator), x);
            const auto dual = rlhf::formula::kl(number{x, 1.0}, estimator, estimator, number(off));
            const auto plain = rlhf::formula::kl(x, estimator, estimator, off);
            CHECK(test::ulp_distance(dual.value.value, plain.value) <= 4); // k3 of a double has a series of its own
            CHECK(dual.value.slope == Approx(plain.slope).epsilon(tolerance).margin(1e-16));
            const auto limited = rlhf::formula::kl(number{x, 1.0}, estimator, estimator, number(3.0));
            CHECK(limited.value.slope == Approx(limited.slope.value).epsilon(tolerance).margin(1e-16));
        }
}

TEST_CASE("of a sequence, KL per token in the loss has only its own token's gradient", "[kl]") {
    // Two tokens; the second policy is pi after token 0, and ref's mirror image otherwise.
    const policy& first = pi;
    const policy other{{.6, .2, .5, -.4}};
    const auto second = [&](std::size_t a) -> const policy& { return a == 0 ? pi : other; };
    const auto exact = [&](std::size_t k) { // of the KL of whole sequences, by the first token's logits
        const auto p = variable(first, k), q = variable(ref, no_variable);
        return (kl_divergence(p, q) +
                p.expectation([&](std::size_t a) { return number(kl_divergence(second(a), ref)); }))
            .slope;
    };
    // As a reward, each token is credited with what follows it.
    std::vector<double> as_reward;
    for (std::size_t k = 0; k < first.size(); ++k)
        as_reward.push_back(first.expectation([&](std::size_t a) {
            return first.score(a, k) * (first.log_prob(a) - ref.log_prob(a) + kl_divergence(second(a), ref));
        }));
    check_gradient(as_reward, exact);
    // In the loss, k2 of the second token does not depend on the first token's logits.
    const auto in_loss = mean_gradient(first, ref, kl_estimator::k2, kl_estimator::k2);
    check_gradient(in_loss, [&](std::size_t k) { return reverse_kl_slope(first, ref, k); });
    CHECK(std::fabs(in_loss[0] - exact(0)) > .01);
}
