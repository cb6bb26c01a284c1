// SPDX-License-Identifier: MIT

// The errors of V-trace, formula and function, which ACCURACY.md states. What is right is the formula of the
// documentation in 50 digits.

#include "accuracy/errors.hpp"

#include <rlhf/advantage/vtrace.hpp>

namespace {

using namespace accuracy;
namespace formula = rlhf::formula;
constexpr auto heading = "Advantages from another policy's steps";
constexpr std::size_t B = 2, S = 300, N = B * S;

template <class T>
std::vector<T> array(test::random& r, double low, double high) {
    std::vector<T> x(N);
    for (T& e : x) e = in<T>(r, low, high);
    return x;
}

template <class T>
void steps(section& page) {
    using V = rlhf::lane::number<T>;
    const std::string inputs = "r in [−1, 1], V(s), V(s′), A′ in [−3, 3], log μ = log π ± 0.5, γ = 0.96875, λ = 0.9375";
    line<T> target("`vtrace_rule`, target", inputs, ulp_of_largest),
        advantage("`vtrace_rule`, advantage", inputs, ulp_of_largest);
    const exact gamma = 0.96875, both = gamma * 0.9375;
    const formula::vtrace_rule<T> rule{T(0.96875), static_cast<T>(0.96875 * 0.9375), T(1.25), 1, T(1.5)};
    test::random r(1);
    for (int i = 0; i < page.draws; ++i) {
        const T reward = in<T>(r, -1, 1), v = in<T>(r, -3, 3), next = in<T>(r, -3, 3), after = in<T>(r, -3, 3),
                log_pi = in<T>(r, -5, 0), log_mu = log_pi + in<T>(r, -0.5, 0.5);
        const auto s = rule.step(V(reward), V(v), V(next), V(log_pi), V(log_mu));
        const V sum = rule.error(s.error, s.factor, V(after));
        const auto got = rule.finish(V(v), s.residual, s.weight, sum, V(after));
        const exact w = exp(exact(log_pi) - log_mu), delta = reward + gamma * next - v;
        target.add(T(got.target), v + std::min(exact(1.25), w) * delta + both * std::min(exact(1), w) * after);
        advantage.add(T(got.advantage), std::min(exact(1.5), w) * (delta + both * after));
    }
    hold(page, target, advantage);
}

/// Two sequences of 300 steps; each line of the page sees draws / 200 of them.
template <class T>
void sequences(section& page) {
    const std::string inputs = "r in [−1, 1], V in [−5, 5], log μ = log π ± 0.5, γ = 0.96875";
    line<T> targets("`vtrace`, targets", inputs, ulp_of_largest),
        advantages("`vtrace`, advantages", inputs, ulp_of_largest);
    const exact gamma = 0.96875;
    const rlhf::batch b{.sequences = B, .steps = S, .mask = rlhf::all, .denominator = rlhf::counted_here};
    test::random r(2);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto rewards = array<T>(r, -1, 1), v = array<T>(r, -5, 5), log_pi = array<T>(r, -5, 0);
        auto log_mu = array<T>(r, -0.5, 0.5);
        std::vector<T> target(N), a(N);
        for (std::size_t t = 0; t < N; ++t) log_mu[t] += log_pi[t];
        rlhf::vtrace<T>(b,
                        {.rewards = rewards,
                         .values = v,
                         .log_probs = log_pi,
                         .behavior_log_probs = log_mu,
                         .targets = target,
                         .advantages = a},
                        {.gamma = 0.96875});
        for (std::size_t begin = 0; begin < N; begin += S) {
            exact error = 0, next = 0;
            for (std::size_t t = begin + S; t-- > begin; next = v[t]) {
                error = std::min(exact(1), exact(exp(exact(log_pi[t]) - log_mu[t]))) *
                        (rewards[t] + gamma * next - v[t] + gamma * error);
                advantages.add(a[t], error), targets.add(target[t], exact(error + v[t]));
            }
        }
    }
    hold(page, targets, advantages);
}

void all(section page) {
    steps<float>(page), steps<double>(page), sequences<float>(page), sequences<double>(page);
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: advantages from another policy's steps") { all({heading, 1}); }

TEST_CASE("accuracy: advantages from another policy's steps, at length", "[.exhaustive]") { all({heading, 50}); }
