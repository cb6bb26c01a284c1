// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/preference_loss.hpp"
#include "support/cases.hpp"

#include <rlhf/preference/preference_loss.hpp>

namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

std::vector<double> digest(const rlhf::preference_loss_result& r) {
    return {r.loss(),        r.mean_loss(), r.own.tokens,           r.own.sequences,
            r.comparisons(), r.accuracy(),  r.mean_chosen_reward(), r.mean_rejected_reward(),
            r.mean_margin(), r.nonfinite()};
}

/// Every objective with its reference: f(objective, reference, factor of Δ in the loss).
template <class F>
void each_objective(F&& f) {
    for (const double e : {0.0, 0.125, 0.5}) f(rlhf::dpo{.beta = 0.25, .label_smoothing = e}, reference::dpo(.25L, e));
    f(rlhf::robust_dpo{.beta = 0.25, .label_smoothing = 0.125}, reference::robust_dpo(.25L, .125L));
    f(rlhf::simpo{.beta = 2, .gamma = 0.75}, reference::dpo(2, 0, .75L));
    f(rlhf::ipo{.beta = 0.25}, reference::ipo(.25L));
    f(rlhf::slic_hinge{.beta = 0.25}, reference::slic_hinge(.25L));
    f(rlhf::exo{.beta = 0.25, .label_smoothing = 0.0625}, reference::exo(.25L, .0625L));
    f(rlhf::discopop{.beta = 0.25, .tau = 0.5}, reference::discopop(.25L, .5L));
    f(rlhf::apo_zero{.beta = 0.25}, reference::apo_zero(.25L));
    f(rlhf::apo_down{.beta = 0.25}, reference::apo_down(.25L));
    f(rlhf::sppo{.beta = 0.25}, reference::sppo(.25L));
    f(rlhf::orpo{.beta = 0.25}, reference::orpo(.25L));
    f(rlhf::nca{.beta = 0.25}, reference::nca(.25L));
    f(rlhf::bco{.beta = 0.25, .shift = 0.5}, reference::bco(.25L, .5L));
}
template <class Objective>
constexpr bool has_margin = requires {
    rlhf::formula::objective<Objective>::has_margin;
};

/// A call with some objective, so that the checks of all objectives are compiled once.
template <class T>
using call = std::function<rlhf::preference_loss_result(const rlhf::batch&, const rlhf::preference_loss_arrays<T>&,
                                                        const rlhf::executor&)>;
template <class T>
call<T> call_with(const auto& objective) {
    return [=](const auto& batch, const auto& arrays, const auto& run) {
        return rlhf::preference_loss<T>(batch, arrays, objective, run);
    };
}

template <class T>
void contract_holds(const call<T>& loss, bool margins) {
    contract::holds<T>(
        {.inputs = {test::log_probs<T>, test::log_probs<T>, test::advantages<T>, test::advantages<T>},
         .outputs = 2,
         .adds = true},
        [&](const contract::call<T>& c) {
            rlhf::preference_loss_arrays<T> a{.chosen = c.in[0], .rejected = c.in[1], .weights = c.in[2]};
            if (margins) a.margins = c.in[3];
            a.d_chosen = c.d(0), a.d_rejected = c.d(1);
            return loss(c.batch, a, c.run);
        },
        digest);
}

/// Some roundings of m, of at most its terms' size, then exp, log1p, a quotient, and products with β and the weight.
constexpr double roundings = 12;

template <class T>
void matches_reference(const call<T>& call, double beta, const reference::preference& formula, bool log_probs,
                       bool margins, bool weights) {
    test::random r(29);
    const auto where = test::mixed_rectangle(r);
    const std::size_t n = where.size();
    auto chosen = test::normals<T>(r, n, -1, 6), rejected = test::normals<T>(r, n, -2, 6);
    auto own_margins = test::normals<T>(r, n, 0.5, 0.5), own_weights = test::normals<T>(r, n, 1, 0.5);
    if (log_probs)
        for (auto* x : {&chosen, &rejected})
            for (T& e : *x) e = T(-0.5) - std::abs(e);
    for (auto* x : {&chosen, &rejected, &own_margins, &own_weights}) test::poison(r, *x, where.mask);
    std::vector<T> d_chosen(n), d_rejected(n);
    rlhf::preference_loss_arrays<T> a{
        .chosen = chosen, .rejected = rejected, .d_chosen = d_chosen, .d_rejected = d_rejected};
    if (margins) a.margins = own_margins;
    if (weights) a.weights = own_weights;
    const auto got = call(where.batch(), a, {});
    using reference::to_real;
    const auto b = where.reference();
    const auto want = reference::preference_loss(b,
                                                 {to_real(chosen), to_real(rejected),
                                                  margins ? to_real(own_margins) : reference::array(),
                                                  weights ? to_real(own_weights) : reference::array()},
                                                 formula, beta);
    const auto share = reference::shares(b, reference::aggregation::token_mean);
    reference::array scale(n, 0);
    long double loss = 0, reward = 0, by = std::max(1.0, beta), target = 1 / beta;
    for (std::size_t i = 0; i < n; ++i) {
        if (where.mask[i] == 0) continue;
        const long double size = target + std::fabs((long double)(chosen[i])) + std::fabs((long double)(rejected[i])) +
                                 (margins ? std::fabs((long double)(own_margins[i])) : 0);
        const long double weight = weights ? std::fabs((long double)(own_weights[i])) : 1;
        scale[i] = share[i] * weight * size * by;
        loss += share[i] * weight * size * size * by, reward += share[i] * size * by;
    }
    CHECK(test::worst_error(d_chosen, want.d_chosen, scale) <= roundings);
    CHECK(test::worst_error(d_rejected, want.d_rejected, scale) <= roundings);
    CHECK(test::error<T>(got.loss(), want.loss, loss) <= roundings + test::summing<T>);
    CHECK(got.mean_loss() == got.loss());
    CHECK(got.comparisons() == static_cast<double>(reference::count(b).tokens));
    CHECK(got.accuracy() == Approx(static_cast<double>(want.accuracy)).epsilon(1e-14));
    CHECK(test::error<T>(got.mean_chosen_reward(), want.mean_chosen_reward, reward) <= 1 + test::summing<T>);
    CHECK(test::error<T>(got.mean_rejected_reward(), want.mean_rejected_reward, reward) <= 1 + test::summing<T>);
    CHECK(got.mean_margin() == got.mean_chosen_reward() - got.mean_rejected_reward());
    CHECK(got.nonfinite() == 0);
}

rlhf::batch pairs(std::size_t n) { return {.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here}; }

} // namespace

TEMPLATE_TEST_CASE("preference_loss: same bits however the batch is laid out", "[contract]", float, double) {
    each_objective([]<class Objective>(const Objective& objective, const auto&) {
        contract_holds(call_with<TestType>(objective), has_margin<Objective>);
    });
}

TEMPLATE_TEST_CASE("preference_loss: value, gradients and statistics equal the reference", "", float, double) {
    using T = TestType;
    int number = 0;
    each_objective([&]<class Objective>(const Objective& objective, const reference::preference& formula) {
        ++number;
        for (const bool margins : {false, has_margin<Objective>})
            for (const bool weights : {false, true}) {
                CAPTURE(number, margins, weights);
                matches_reference<T>(call_with<T>(objective), objective.beta, formula,
                                     std::is_same_v<Objective, rlhf::orpo>, margins, weights);
            }
    });
}

TEST_CASE("preference_loss: without a change of the policy DPO's loss is log 2, and its slope −β/2") {
    const std::vector<double> zeros(3);
    std::vector<double> d_chosen(3), d_rejected(3);
    const auto r = rlhf::preference_loss<double>(
        pairs(3), {.chosen = zeros, .rejected = zeros, .d_chosen = d_chosen, .d_rejected = d_rejected}, rlhf::dpo{});
    CHECK(r.loss() == Approx(0.6931471805599453).epsilon(1e-15));
    CHECK(r.accuracy() == 0);
    CHECK(d_chosen == std::vector<double>(3, -0.05 / 3));
    CHECK(d_rejected == std::vector<double>(3, 0.05 / 3));
}

TEST_CASE("preference_loss: wrong arguments throw, and nothing is written") {
    const std::vector<float> c{1, 2, 3}, j{0, 3, 1}, two{1, 2};
    const auto said = [&](rlhf::preference_loss_arrays<float> a, const auto& objective,
                          rlhf::denominator d = rlhf::counted_here) {
        std::vector<float> first(3, 7.f), second(3, 7.f);
        a.d_chosen = first, a.d_rejected = second;
        rlhf::batch b = pairs(3);
        b.denominator = d;
        const auto words = test::refusal([&] { rlhf::preference_loss(b, a, objective); });
        CHECK((first == std::vector<float>(3, 7.f) && second == first));
        return words;
    };
    const std::string f = "rlhf::preference_loss: ";
    const rlhf::dpo dpo;
    CHECK(said({.chosen = two, .rejected = j}, dpo) == f + "chosen has 2 elements, expected 3");
    CHECK(said({.chosen = c, .rejected = two}, dpo) == f + "rejected has 2 elements, expected 3");
    CHECK(said({.chosen = c, .rejected = j, .margins = two}, dpo) == f + "margins has 2 elements, expected 3");
    CHECK(said({.chosen = c, .rejected = j, .weights = two}, dpo) == f + "weights has 2 elements, expected 3");
    CHECK(said({.chosen = c, .rejected = j, .margins = c}, rlhf::ipo{}) ==
          f + "margins are given, but this objective has none");
    const rlhf::preference_loss_arrays<float> right{.chosen = c, .rejected = j};
    for (const double beta : {0.0, -1.0, double(NaN), double(inf)}) {
        CHECK(said(right, rlhf::dpo{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::robust_dpo{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::simpo{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::ipo{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::slic_hinge{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::exo{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::discopop{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::apo_zero{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::apo_down{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::sppo{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::orpo{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::nca{.beta = beta}).starts_with(f + "beta is "));
        CHECK(said(right, rlhf::bco{.beta = beta}).starts_with(f + "beta is "));
    }
    CHECK(said(right, rlhf::exo{.label_smoothing = 0}) == f + "label_smoothing is 0, expected [1e-06, 0.5]");
    CHECK(said(right, rlhf::exo{.label_smoothing = 0.6}) == f + "label_smoothing is 0.6, expected [1e-06, 0.5]");
    CHECK(said(right, rlhf::discopop{.tau = 0}) == f + "tau is 0, expected [0.001, 1]");
    CHECK(said(right, rlhf::discopop{.tau = 1.5}) == f + "tau is 1.5, expected [0.001, 1]");
    CHECK(said(right, rlhf::bco{.shift = NaN}) == f + "shift is nan, expected [-1e+06, 1e+06]");
    CHECK(said(right, rlhf::dpo{.beta = 1e7}) == f + "beta is 1e+07, expected [1e-06, 1e+06]");
    CHECK(said(right, rlhf::dpo{.label_smoothing = 0.6}) == f + "label_smoothing is 0.6, expected [0, 0.5]");
    CHECK(said(right, rlhf::dpo{.label_smoothing = -0.1}) == f + "label_smoothing is -0.1, expected [0, 0.5]");
    CHECK(said(right, rlhf::robust_dpo{.label_smoothing = 0.5}) ==
          f + "label_smoothing is 0.5, expected [0, 0.499999]");
    CHECK(said(right, rlhf::robust_dpo{.label_smoothing = -0.1}) ==
          f + "label_smoothing is -0.1, expected [0, 0.499999]");
    CHECK(said(right, rlhf::simpo{.gamma = -1}) == f + "gamma is -1, expected [0, 1e+06]");
    CHECK(said(right, rlhf::simpo{.gamma = inf}) == f + "gamma is inf, expected [0, 1e+06]");
    CHECK(said(right, dpo, rlhf::counts{2, 1}) ==
          f + "the batch counts 3 tokens, more than its denominator 2; a part cannot exceed the whole");
    std::vector<float> d(3);
    CHECK(test::refusal([&] {
              rlhf::preference_loss(pairs(3), {.chosen = c, .rejected = j, .d_chosen = d, .d_rejected = d}, dpo);
          }) == f + "d_chosen overlaps d_rejected");
}

TEST_CASE("preference_loss: nothing to compare is zero") {
    const std::vector<float> c{1, 2, 3}, j{0, 3, 1};
    const std::vector<std::uint8_t> none(3, 0);
    std::vector<float> d(3, 7.f);
    const auto r = rlhf::preference_loss({.steps = 3, .mask = none, .denominator = rlhf::counted_here},
                                         {.chosen = c, .rejected = j, .d_chosen = d}, rlhf::dpo{});
    for (const double v : digest(r)) CHECK(v == 0);
    CHECK(test::same_bits(d, std::vector<float>(3, 0.f)));
}

TEST_CASE("preference_loss: infinite log ratios give limits, NaN its own pair") {
    const std::vector<float> c{inf, -inf, 1, NaN, inf, 2}, j{1, 1, inf, 1, inf, 1};
    std::vector<float> dc(6), dj(6);
    const auto run = [&](const auto& objective) {
        const auto r = rlhf::preference_loss(
            {.steps = 6, .mask = rlhf::all, .denominator = rlhf::counts{6, 1}},
            {.chosen = c, .rejected = j, .d_chosen = rlhf::write_to(dc, 6), .d_rejected = rlhf::write_to(dj, 6)},
            objective);
        CHECK((std::isnan(dc[3]) && std::isnan(dj[3]) && std::isnan(dc[4]) && std::isnan(dj[4])));
        CHECK(std::isfinite(dc[5]));
        for (const int i : {0, 1, 2, 5}) CHECK(dj[static_cast<std::size_t>(i)] == -dc[static_cast<std::size_t>(i)]);
        return r.nonfinite();
    };
    CHECK(run(rlhf::dpo{.beta = 0.5}) == 4);
    CHECK((dc[0] == 0 && dc[1] == -0.5 && dc[2] == -0.5));
    CHECK(run(rlhf::dpo{.beta = 0.5, .label_smoothing = 0.25}) == 5);
    CHECK((dc[0] == 0.125 && dc[1] == -0.375 && dc[2] == -0.375));
    CHECK(run(rlhf::robust_dpo{.beta = 0.5, .label_smoothing = 0.25}) == 5);
    CHECK((dc[0] == -0.25 && dc[1] == -0.75 && dc[2] == -0.75));
    CHECK(run(rlhf::simpo{.beta = 2, .gamma = 0.5}) == 4);
    CHECK((dc[0] == 0 && dc[1] == -2 && dc[2] == -2));
    CHECK(run(rlhf::exo{.beta = 0.5}) == 2);
    CHECK((dc[0] == 0 && dc[1] == 0 && dc[2] == 0));
    CHECK(run(rlhf::discopop{.beta = 0.5}) == 4);
    CHECK((dc[0] == 0 && dc[1] == -0.5 && dc[2] == -0.5));
    CHECK(run(rlhf::ipo{.beta = 0.5}) == 5);
    CHECK((dc[0] == inf && dc[1] == -inf && dc[2] == -inf));
    CHECK(run(rlhf::slic_hinge{.beta = 0.5}) == 4);
    CHECK((dc[0] == 0 && dc[1] == -0.5 && dc[2] == -0.5));
}
