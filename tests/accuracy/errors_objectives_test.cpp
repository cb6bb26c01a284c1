// SPDX-License-Identifier: MIT

// The errors of the objectives of policy_loss, which ACCURACY.md states. What is right is the textbook's formula in 50
// digits, of the same inputs. Options are powers of two, or sums of a few, which a float holds exactly.

#include "accuracy/errors.hpp"

#include <rlhf/policy/covariance_tokens.hpp>
#include <rlhf/policy/entropy_controller.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/policy_loss.hpp>
#include <rlhf/policy/top_entropy.hpp>

namespace {

using namespace accuracy;
namespace formula = rlhf::formula;

constexpr auto heading = "Objectives of the policy loss";
constexpr rlhf::cispo cispo{.low = 0.75, .high = 1.25};
constexpr rlhf::sapo sapo{.tau_positive = 1, .tau_negative = 1.0625};
constexpr rlhf::topr topr{.positive = 1, .negative = 0.5};
constexpr rlhf::dppo_tv dppo_tv{.range = 0.125};
constexpr rlhf::dppo_kl dppo_kl{.range = 0.0625};

struct want {
    exact loss = 0, slope = 0;
    bool tie = false; ///< rounding may decide otherwise
};
struct token {
    exact log_prob, old_log_prob, advantage;
    [[nodiscard]] exact ratio() const { return exp(log_prob - old_log_prob); }
};

want right(const rlhf::cispo& o, const token& t) {
    const exact slope = -clip(t.ratio(), o.low, o.high) * t.advantage;
    return {slope * t.log_prob, slope};
}
want right(const rlhf::sapo& o, const token& t) {
    const exact tau = t.advantage > 0 ? o.tau_positive : o.tau_negative, e = exp(tau * (1 - t.ratio()));
    const exact gate = 1 / (1 + e);
    return {-4 / tau * gate * t.advantage, -4 * e * gate * gate * t.ratio() * t.advantage};
}
want right(const rlhf::topr& o, const token& t) {
    const exact slope = -(t.advantage > 0 ? exact(o.positive) : o.negative * clip(t.ratio(), 0, 1)) * t.advantage;
    return {slope * t.log_prob, slope};
}
want dppo(const token& t, const exact& divergence, const exact& most) {
    const bool outward = (t.advantage > 0) == (t.ratio() > 1), stopped = outward && divergence > most;
    const exact slope = stopped ? exact(0) : -t.ratio() * t.advantage;
    return {slope * t.log_prob, slope, abs(divergence - most) < near_tie};
}
want right(const rlhf::dppo_tv& o, const token& t) {
    return dppo(t, abs(exp(t.log_prob) - exp(t.old_log_prob)), o.range.high);
}
want right(const rlhf::dppo_kl& o, const token& t) {
    const exact now = exp(t.log_prob), old = exp(t.old_log_prob), epsilon = 1e-8;
    const exact others = log((1 - old + epsilon) / (1 - now + epsilon));
    return dppo(t, (1 - old) * others - old * (t.log_prob - t.old_log_prob), o.range.high);
}

template <class T, class Options>
void formula_alone(section& page, const std::string& name, const Options& o) {
    using V = rlhf::lane::number<T>;
    const auto f = formula::objective<Options>::template whole<T>(o);
    const std::string inputs = "log π in [−5, −0.1], log ρ in [−2, 2], Â in [−3, 3]";
    line<T> loss("`" + name + "`, loss", inputs, ulp), slope("`" + name + "`, slope", inputs, ulp);
    test::random r(1);
    for (int i = 0; i < page.draws; ++i) {
        const T p = in<T>(r, -5, -0.1), x = in<T>(r, -2, 2), a = in<T>(r, -3, 3), old = std::min(p - x, T(-0.1));
        const T held = p - old;
        const want w = right(o, {exact(old) + held, old, a});
        const auto got = f(formula::sampled_token<V>{V(p), V(old), V(held), V(a)});
        if (w.tie || abs(exact(held) - (exact(p) - old)) > 0) continue; // the difference is exact
        loss.add(T(got.loss), w.loss), slope.add(T(got.slope), w.slope);
    }
    hold(page, loss, slope);
}

template <class T, class Options>
void function(section& page, const std::string& name, const Options& o) {
    constexpr std::size_t N = 600;
    const std::string inputs = "log π in [−5, −0.1], log π_old = log π ± 0.5, Â in [−1, 3]";
    line<T> loss("`policy_loss` with " + name + ", loss", inputs, ulp),
        gradient("`policy_loss` with " + name + ", gradient", inputs, ulp);
    test::random r(2);
    for (int i = 0; i < page.draws / 200; ++i) {
        std::vector<T> p(N), old(N), a(N), d(N);
        exact sum = 0;
        bool tie = false;
        std::vector<want> w(N);
        for (std::size_t t = 0; t < N; ++t) {
            p[t] = in<T>(r, -5, -0.1), old[t] = std::min(p[t] + in<T>(r, -0.5, 0.5), T(-0.05)), a[t] = in<T>(r, -1, 3);
            w[t] = right(o, {p[t], old[t], a[t]});
            sum += w[t].loss, tie = tie || w[t].tie;
        }
        if (tie) continue;
        const auto got =
            rlhf::policy_loss<T>({.steps = N, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                 {.log_probs = p, .old_log_probs = old, .advantages = a, .d_log_probs = d}, o);
        loss.add(got.loss(), sum / N);
        for (std::size_t t = 0; t < N; ++t) gradient.add(d[t], w[t].slope / N);
    }
    hold(page, loss, gradient);
}

/// What one sequence has: its loss per token, and the slope of its first token.
struct sequence_want {
    exact loss = 0, slope = 0;
    bool tie = false, cut = false;
};
sequence_want right(const rlhf::gspo& o, const std::vector<exact>& d, const std::vector<exact>&, const exact& a) {
    exact sum = 0;
    for (const exact& x : d) sum += x;
    const exact ratio = exp(sum / d.size()), low = 1 - o.range.low, high = 1 + o.range.high;
    const bool cut = a > 0 ? ratio > high : ratio < low;
    return {-a * (cut ? clip(ratio, low, high) : ratio), -a * ratio,
            abs(ratio - low) < near_tie || abs(ratio - high) < near_tie, cut};
}
sequence_want right(const rlhf::gmpo& o, const std::vector<exact>& d, const std::vector<exact>&, const exact& a) {
    const exact low = -o.range.low, high = o.range.high;
    exact sum = 0;
    for (const exact& x : d) sum += a > 0 ? (x < high ? x : high) : (x > low ? x : low);
    const exact loss = -a * exp(sum / d.size());
    return {loss, loss, abs(d[0] - low) < near_tie || abs(d[0] - high) < near_tie, a > 0 ? d[0] > high : d[0] < low};
}
sequence_want right(const rlhf::vespo& o, const std::vector<exact>& d, const std::vector<exact>& p, const exact& a) {
    exact x = 0, log_probs = 0;
    for (std::size_t i = 0; i < d.size(); ++i) x += d[i], log_probs += p[i];
    const exact k = a < 0 ? o.k_negative : o.k_positive, lambda = a < 0 ? o.lambda_negative : o.lambda_positive;
    const exact slope = -a * exp(k * x + lambda * (1 - exp(x)));
    return {slope * log_probs / d.size(), slope};
}

/// Batches of one sequence, whose tokens share an advantage.
template <class T, class Objective>
void on_sequences(section& page, const std::string& name, const Objective& o, double moved) {
    constexpr std::size_t N = 600;
    const std::string inputs = "log π in [−5, −0.1], log π_old = log π ± " + std::string(moved < 0.5 ? "1/32" : "0.5") +
                               ", one Â in [−1, 3] per sequence";
    line<T> loss("`policy_loss` with " + name + ", loss", inputs, ulp),
        gradient("`policy_loss` with " + name + ", gradient", inputs, ulp);
    test::random r(3);
    for (int i = 0; i < page.draws / 20; ++i) {
        std::vector<T> p(N), old(N), d(N);
        const std::vector<T> a(1, in<T>(r, -1, 3));
        std::vector<exact> ratios(N), log_probs(N);
        for (std::size_t t = 0; t < N; ++t) {
            p[t] = in<T>(r, -5, -0.1), old[t] = p[t] + in<T>(r, -moved, moved);
            ratios[t] = exact(p[t]) - old[t], log_probs[t] = p[t];
        }
        const auto want = right(o, ratios, log_probs, a[0]);
        if (want.tie) continue;
        const auto got = rlhf::policy_loss<T>(
            {.steps = N, .mask = rlhf::all, .denominator = rlhf::counted_here},
            {.log_probs = p, .old_log_probs = old, .advantages = rlhf::per_sequence(a), .d_log_probs = d}, o);
        loss.add(got.loss(), want.loss);
        if (!want.cut) gradient.add(d[0], want.slope / N);
    }
    hold(page, loss, gradient);
}

template <class T>
void weights(section& page, rlhf::importance_level level, const std::string& name) {
    constexpr std::size_t N = 600;
    line<T> weight("`importance_weights`, " + name, "log π in [−5, −0.1], log μ = log π ± 0.5", ulp);
    test::random r(4);
    for (int i = 0; i < page.draws / 20; ++i) {
        std::vector<T> p(N), behavior(N), w(N);
        exact sum = 0;
        for (std::size_t t = 0; t < N; ++t) {
            p[t] = in<T>(r, -5, -0.1), behavior[t] = p[t] + in<T>(r, -0.5, 0.5);
            sum += exact(p[t]) - behavior[t];
        }
        rlhf::importance_weights<T>({.steps = N, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                    {.log_probs = p, .behavior_log_probs = behavior, .weights = w}, {.level = level});
        weight.add(w[0], level == rlhf::importance_level::token ? exp(exact(p[0]) - behavior[0]) : exp(sum / N));
    }
    hold(page, weight);
}

template <class T>
void top_entropy(section& page) {
    constexpr std::size_t N = 600;
    line<T> threshold("`top_entropy`, threshold", "H in [0, 3], share 0.2", ulp);
    test::random r(5);
    for (int i = 0; i < page.draws / 20; ++i) {
        std::vector<T> h(N), sorted;
        for (auto& e : h) e = in<T>(r, 0, 3);
        sorted = h, std::sort(sorted.begin(), sorted.end());
        const exact place = exact(1 - 0.2) * (N - 1);
        const auto at = static_cast<std::size_t>(static_cast<double>(place));
        const auto got =
            rlhf::top_entropy<T>({.steps = N, .mask = rlhf::all, .denominator = rlhf::counted_here}, {.entropy = h});
        threshold.add(got.threshold, sorted[at] + (place - at) * (exact(sorted[at + 1]) - sorted[at]));
    }
    hold(page, threshold);
}

template <class T>
void selection(section& page) {
    line<T> kl("`larger_binary_kl`", "log π in [−5, −0.1], log μ = log π ± 0.5", ulp_of_largest),
        covariance("`token_covariance`", "Â in [−1, 3], mean 1; log π in [−5, −0.1], mean −2", ulp_of_largest),
        cut("`covariance_tokens`, largest of 600", "Â in [−1, 3], log π in [−5, −0.1]", ulp),
        coef("`adapted_entropy_coef`", "c in [0.01, 1], step 0.005", ulp);
    test::random r(6);
    using V = rlhf::lane::number<T>;
    namespace formula = rlhf::formula;
    for (int i = 0; i < page.draws; ++i) {
        const T p = in<T>(r, -5, -0.1), q = p + in<T>(r, -0.5, 0.5), a = in<T>(r, -1, 3), c = in<T>(r, 0.01, 1);
        const auto binary = [](exact x, exact y) {
            return exp(x) * (x - y) + (1 - exp(x)) * log((1 - exp(x)) / (1 - exp(y)));
        };
        kl.add(T(formula::larger_binary_kl(V(p), V(q < 0 ? q : p))),
               q < 0 ? (std::max)(binary(p, q), binary(q, p)) : exact(0));
        const formula::token_covariance<T> rule{1, -2, -100, 100, 0, 100};
        covariance.add(T(rule(V(a), V(p), V(p))), (exact(a) - 1) * (exact(p) + 2));
        coef.add(T(formula::adapted_entropy_coef(V(c), V(T(0.1)), V(T(0.2)), V(T(0.005)), V(0), V(9))),
                 exact(c) + T(0.005));
    }
    constexpr std::size_t N = 600;
    for (int i = 0; i < page.draws / 20; ++i) {
        std::vector<T> p(N), a(N);
        exact mean_p = 0, mean_a = 0, most = -100;
        for (std::size_t t = 0; t < N; ++t) {
            p[t] = in<T>(r, -5, -0.1), a[t] = in<T>(r, -1, 3);
            mean_p += exact(p[t]) / N, mean_a += exact(a[t]) / N;
        }
        for (std::size_t t = 0; t < N; ++t) most = (std::max)(most, exact((a[t] - mean_a) * (p[t] - mean_p)));
        cut.add(rlhf::covariance_tokens<T>({.steps = N, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                           {.log_probs = p, .advantages = a}, {.share = 0})
                    .cut.last,
                most);
    }
    hold(page, kl, covariance, cut, coef);
}

template <class T>
void measure(section& page) {
    formula_alone<T>(page, "cispo", cispo), formula_alone<T>(page, "sapo", sapo);
    formula_alone<T>(page, "topr", topr), function<T>(page, "topr", topr);
    formula_alone<T>(page, "dppo_tv", dppo_tv), formula_alone<T>(page, "dppo_kl", dppo_kl);
    function<T>(page, "cispo", cispo), function<T>(page, "sapo", sapo);
    function<T>(page, "dppo_tv", dppo_tv), function<T>(page, "dppo_kl", dppo_kl);
    on_sequences<T>(page, "gspo", rlhf::gspo{.range = 0.0625}, 0.5);
    on_sequences<T>(page, "gmpo", rlhf::gmpo{.range = 0.25}, 0.5);
    on_sequences<T>(page, "vespo", rlhf::vespo{}, 0.03125);
    weights<T>(page, rlhf::importance_level::token, "per token");
    weights<T>(page, rlhf::importance_level::sequence_mean, "sequence_mean");
    top_entropy<T>(page), selection<T>(page);
}

void all(section page) {
    measure<float>(page), measure<double>(page);
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: objectives of the policy loss") { all({heading, 1}); }

TEST_CASE("accuracy: objectives of the policy loss, at length", "[.exhaustive]") { all({heading, 50}); }
