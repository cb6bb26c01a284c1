// SPDX-License-Identifier: MIT

// The errors of losses over pairs of answers, which ACCURACY.md states. What is right is the formula of the
// documentation in 50 digits, of the same inputs. Options are numbers that a float holds exactly.

#include "accuracy/errors.hpp"

#include <rlhf/preference.hpp>

#include <functional>

namespace {

using namespace accuracy;
constexpr auto heading = "Preferences";
const std::string answers = "c, j in [−20, 20], β = 0.125", averages = "c, j in [−3, 0], β = 2";

exact sigmoid(const exact& x) { return 1 / (1 + exp(-x)); }
exact softplus(const exact& x) { return log(1 + exp(x)); }

struct term {
    exact loss, d_chosen, d_rejected;
};
using truth = std::function<term(const exact& c, const exact& j)>;

/// An objective of Δ, with its slope by Δ.
truth of_difference(const std::function<std::pair<exact, exact>(const exact& delta)>& f) {
    return [=](const exact& c, const exact& j) {
        const auto [loss, slope] = f(c - j);
        return term{loss, slope, -slope};
    };
}

template <class T, class Options>
void measure(section& page, const std::string& name, const Options& options, const truth& want, unit of_loss,
             unit of_slope, const std::string& inputs = answers, double low = -20, double high = 20) {
    using V = rlhf::lane::number<T>;
    const auto objective = rlhf::formula::objective<Options>::template whole<T>(options);
    line<T> loss(name + ", loss", inputs, of_loss), slope(name + ", slopes", inputs, of_slope);
    test::random r(6);
    for (int i = 0; i < page.draws; ++i) {
        const T c = in<T>(r, low, high), j = in<T>(r, low, high);
        const auto got = objective(rlhf::formula::preferred_pair<V>{V(c), V(j), V(0)});
        const term right = want(c, j);
        loss.add(T(got.loss), right.loss);
        slope.add(T(got.d_chosen), right.d_chosen), slope.add(T(got.d_rejected), right.d_rejected);
    }
    hold(page, loss, slope);
}

template <class T>
void objectives_of_difference(section& page) {
    const exact b = 0.125, e = 0.125;
    const auto pair = [](const exact& x, const exact& y) { return std::pair(x, y); };
    const auto logistic = [=](const exact& beta, const exact& smoothing, const exact& gamma) {
        return of_difference([=](const exact& delta) {
            const exact m = beta * delta - gamma;
            return pair(softplus(-m) + smoothing * m, beta * (smoothing - sigmoid(-m)));
        });
    };
    measure<T>(page, "`dpo`", rlhf::dpo{.beta = 0.125}, logistic(b, 0, 0), ulp, ulp);
    measure<T>(page, "`dpo` with ε = 0.125", rlhf::dpo{.beta = 0.125, .label_smoothing = 0.125}, logistic(b, e, 0), ulp,
               ulp_of_largest);
    measure<T>(page, "`robust_dpo`", rlhf::robust_dpo{.beta = 0.125, .label_smoothing = 0.25}, logistic(b, -0.5, 0),
               ulp_of_largest, ulp);
    measure<T>(page, "`simpo`", rlhf::simpo{.beta = 2, .gamma = 1}, logistic(2, 0, 1), ulp, ulp, averages, -3, 0);
    measure<T>(page, "`ipo`", rlhf::ipo{.beta = 0.125},
               of_difference([=](const exact& delta) { return pair((delta - 4) * (delta - 4), 2 * (delta - 4)); }),
               ulp_of_largest, ulp_of_largest);
    measure<T>(page, "`slic_hinge`", rlhf::slic_hinge{.beta = 0.125}, of_difference([=](const exact& delta) {
                   const exact gap = 1 - b * delta;
                   return gap > 0 ? pair(gap, -b) : pair(0, 0);
               }),
               ulp_of_largest, ulp);
    measure<T>(page, "`exo`", rlhf::exo{.beta = 0.125, .label_smoothing = 0.125},
               of_difference([=](const exact& delta) {
                   const exact m = b * delta, p = sigmoid(m), q = sigmoid(-m);
                   const exact right = log(p / (1 - e)), wrong = log(q / e);
                   return pair(p * right + q * wrong, b * p * q * (right - wrong));
               }),
               ulp_of_largest, ulp_of_largest);
    measure<T>(page, "`discopop`", rlhf::discopop{.beta = 0.125, .tau = 0.0625}, of_difference([=](const exact& delta) {
                   const exact m = b * delta, mu = sigmoid(16 * m), rest = sigmoid(-16 * m), l = softplus(-m);
                   return pair(rest * l + mu * exp(-m),
                               b * (-16 * mu * rest * l - rest * sigmoid(-m) + (16 * rest - 1) * mu * exp(-m)));
               }),
               ulp_of_largest, ulp_of_largest);
}

template <class T>
void objectives_of_both(section& page) {
    const exact b = 0.125;
    const auto bend = [](const exact& x) { return sigmoid(x) * sigmoid(-x); };
    measure<T>(
        page, "`apo_zero`", rlhf::apo_zero{.beta = 0.125},
        [=](const exact& c, const exact& j) {
            return term{sigmoid(-b * c) + sigmoid(b * j), -b * bend(b * c), b * bend(b * j)};
        },
        ulp, ulp);
    measure<T>(
        page, "`apo_down`", rlhf::apo_down{.beta = 0.125},
        [=](const exact& c, const exact& j) {
            const exact m = b * (c - j);
            return term{sigmoid(b * c) + sigmoid(-m), b * bend(b * c) - b * bend(m), b * bend(m)};
        },
        ulp, ulp_of_largest);
    measure<T>(
        page, "`sppo`", rlhf::sppo{.beta = 0.125},
        [=](const exact& c, const exact& j) {
            return term{(c - 4) * (c - 4) + (j + 4) * (j + 4), 2 * (c - 4), 2 * (j + 4)};
        },
        ulp_of_largest, ulp);
    measure<T>(
        page, "`nca`", rlhf::nca{.beta = 0.125},
        [=](const exact& c, const exact& j) {
            return term{softplus(-b * c) + softplus(b * c) / 2 + softplus(b * j) / 2,
                        b * (sigmoid(b * c) / 2 - sigmoid(-b * c)), b * sigmoid(b * j) / 2};
        },
        ulp, ulp_of_largest);
    measure<T>(
        page, "`bco`", rlhf::bco{.beta = 0.125, .shift = 0.5},
        [=](const exact& c, const exact& j) {
            const exact d = 0.5;
            return term{softplus(d - b * c) + softplus(b * j - d), -b * sigmoid(d - b * c), b * sigmoid(b * j - d)};
        },
        ulp, ulp);
}

template <class T>
void odds(section& page) {
    const auto log_odds = [](const exact& x) { return x - log(1 - exp(x)); };
    measure<T>(
        page, "`orpo`", rlhf::orpo{.beta = 0.125},
        [=](const exact& c, const exact& j) {
            const exact wrong = sigmoid(log_odds(j) - log_odds(c)) / 8;
            return term{softplus(log_odds(j) - log_odds(c)) / 8, -wrong / (1 - exp(c)), wrong / (1 - exp(j))};
        },
        ulp, ulp, "c, j in [−3, −0.125], β = 0.125", -3, -0.125);
}

/// An objective over answers, each taken as good and as bad. want(r, ±1) makes loss and slope.
template <class T, class Options>
void measure_answers(section& page, const std::string& name, const Options& options,
                     const std::function<std::pair<exact, exact>(const exact& r, int sign)>& want) {
    using V = rlhf::lane::number<T>;
    const auto objective = rlhf::formula::objective<Options>::template whole<T>(options);
    line<T> loss(name + ", loss", "r in [−20, 20], β = 0.125", ulp),
        slope(name + ", slope", "r in [−20, 20], β = 0.125", ulp);
    test::random r(6);
    for (int i = 0; i < page.draws; ++i) {
        const T x = in<T>(r, -20, 20);
        for (const int sign : {1, -1}) {
            const auto got = objective(rlhf::formula::judged_answer<V>{V(x), V(sign > 0 ? 1 : 0)});
            const auto [right, right_slope] = want(x, sign);
            loss.add(T(got.loss), right), slope.add(T(got.slope), right_slope);
        }
    }
    hold(page, loss, slope);
}

template <class T>
void answers_one_by_one(section& page) {
    measure_answers<T>(
        page, "`kto`",
        rlhf::kto{.beta = 0.125, .reference_point = 1, .desirable_weight = 1.5, .undesirable_weight = 0.5},
        [](const exact& r, int sign) {
            const exact u = sign * (r - 1) / 8, weight = sign > 0 ? 1.5 : 0.5;
            return std::pair<exact, exact>(weight * sigmoid(-u), -sign * weight / 8 * sigmoid(u) * sigmoid(-u));
        });
    measure_answers<T>(page, "`bco` of an answer", rlhf::bco{.beta = 0.125, .shift = 0.5},
                       [](const exact& r, int sign) {
                           const exact u = sign * (r / 8 - 0.5);
                           return std::pair<exact, exact>(softplus(-u), -sign * sigmoid(-u) / 8);
                       });
}

template <class T>
void functions(section& page) {
    constexpr std::size_t B = 2, S = 300;
    const std::string tokens = "2 × 300 tokens, log π in [−5, 0]", pairs = "300 pairs, " + answers;
    line<T> plain("`sequence_log_probs`", tokens, ulp),
        ratio("`sequence_log_probs`, with a reference", tokens + ", log π_ref = log π ± 0.5", ulp_of_largest),
        average("`sequence_log_probs`, averages", tokens, ulp);
    line<T> loss("`preference_loss` of dpo, loss", pairs, ulp), d("`preference_loss` of dpo, gradient", pairs, ulp),
        margin("`preference_loss` of dpo, mean_margin", pairs, ulp_of_largest);
    test::random r(7);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto array = [&](double low, double high, std::size_t n) {
            std::vector<T> x(n);
            for (T& e : x) e = in<T>(r, low, high);
            return x;
        };
        const auto p = array(-5, 0, B * S);
        auto ref = p;
        for (T& x : ref) x += in<T>(r, -0.5, 0.5);
        const rlhf::batch b{.sequences = B, .steps = S, .mask = rlhf::all, .denominator = rlhf::counted_here};
        std::vector<T> sums(B), ratios(B), means(B);
        rlhf::sequence_log_probs<T>(b, {.log_probs = p, .sums = sums});
        rlhf::sequence_log_probs<T>(b, {.log_probs = p, .ref_log_probs = ref, .sums = ratios});
        rlhf::sequence_log_probs<T>(b, {.log_probs = p, .sums = means}, {.average = true});
        for (std::size_t s = 0; s < B; ++s) {
            exact sum = 0, of_ref = 0;
            for (std::size_t t = s * S; t < (s + 1) * S; ++t) sum += p[t], of_ref += ref[t];
            plain.add(sums[s], sum), average.add(means[s], sum / S), ratio.add(ratios[s], sum - of_ref);
        }
        const auto c = array(-20, 20, S), j = array(-20, 20, S);
        std::vector<T> got(S);
        const auto result =
            rlhf::preference_loss<T>({.steps = S, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                     {.chosen = c, .rejected = j, .d_rejected = got}, rlhf::dpo{.beta = 0.125});
        exact losses = 0, margins = 0;
        for (std::size_t k = 0; k < S; ++k) {
            const exact m = (exact(c[k]) - j[k]) / 8;
            losses += softplus(-m), margins += m, d.add(got[k], sigmoid(-m) / 8 / S);
        }
        loss.add(result.loss(), losses / S), margin.add(result.mean_margin(), margins / S);
    }
    hold(page, plain, ratio, average, loss, d, margin);
}

void all(section page) {
    const auto of = [&]<class T>(T) {
        objectives_of_difference<T>(page), objectives_of_both<T>(page), odds<T>(page);
        answers_one_by_one<T>(page), functions<T>(page);
    };
    of(0.F), of(0.0);
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: preferences") { all({heading, 1}); }

TEST_CASE("accuracy: preferences, at length", "[.exhaustive]") { all({heading, 50}); }
