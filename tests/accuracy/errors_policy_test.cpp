// SPDX-License-Identifier: MIT

// The errors of the formulas of policies, values and advantages, which ACCURACY.md states. What is right is the
// textbook's formula in 50 digits, of the same inputs.

#include "accuracy/errors.hpp"

#include <rlhf/formula/clipped_surrogate.hpp>
#include <rlhf/formula/gae.hpp>
#include <rlhf/formula/kl_controller.hpp>
#include <rlhf/formula/kl_reward.hpp>
#include <rlhf/formula/policy_token.hpp>
#include <rlhf/formula/ppo_value_loss.hpp>
#include <rlhf/formula/whiten.hpp>

namespace {

using namespace accuracy;
namespace formula = rlhf::formula;
using rlhf::kl_estimator, rlhf::std_floor, std::min, std::max;

constexpr auto heading = "Formulas of policies, values and advantages";

template <class T>
using number = rlhf::lane::number<T>;

/// A token of π_old = 1.
template <class V>
formula::sampled_token<V> token(V log_ratio, V advantage) {
    return {log_ratio, V(0), log_ratio, advantage};
}

/// −min(ρ Â, clip(ρ) Â), at Â < 0 at most c |Â|, and its derivative by log ρ.
struct objective {
    exact loss, slope;
    objective(const exact& x, const exact& a, const exact& low, const exact& high, const exact& c = 1000) {
        const exact ratio = exp(x), free = ratio * a, cut = clip(ratio, low, high) * a;
        loss = -std::min(free, cut), slope = free <= cut ? -free : exact(0);
        if (a < 0 && loss > -c * a) loss = -c * a, slope = 0;
    }
};

template <class T>
void surrogates(section& page) {
    using V = number<T>;
    const formula::clipped_surrogate<T> clipped{T(0.8), T(1.2)};
    const formula::dual_clipped_surrogate<T> dual{clipped, T(3)};
    const std::string inputs = "log ρ in [−2, 2], Â in [−3, 3], ρ cut to [0.8, 1.2]";
    line<T> loss("`clipped_surrogate`, loss", inputs, ulp), slope("`clipped_surrogate`, slope", inputs, ulp);
    line<T> dual_loss("`dual_clipped_surrogate`, loss", inputs + ", c = 3", ulp),
        dual_slope("`dual_clipped_surrogate`, slope", inputs + ", c = 3", ulp);
    line<T> weight("`importance_weight`", "log w in [−2, 2], limit 2, loss in [−3, 3]", ulp);
    test::random r(1);
    for (int i = 0; i < page.draws; ++i) {
        const T x = in<T>(r, -2, 2), a = in<T>(r, -3, 3), l = in<T>(r, -3, 3);
        const objective want(x, a, T(0.8), T(1.2)), want_dual(x, a, T(0.8), T(1.2), 3);
        const auto got = clipped(token(V(x), V(a))), got_dual = dual(token(V(x), V(a)));
        loss.add(T(got.loss), want.loss), slope.add(T(got.slope), want.slope);
        dual_loss.add(T(got_dual.loss), want_dual.loss), dual_slope.add(T(got_dual.slope), want_dual.slope);
        V weighted(l), slope_of_it(l);
        formula::importance_weight<T>{T(0), T(2), T(0), T(2)}.apply(weighted, slope_of_it, V(a), V(x));
        weight.add(T(weighted), std::min(exp(exact(x)), exact(2)) * l);
    }
    hold(page, loss, slope, dual_loss, dual_slope, weight);
}

exact k3(const exact& d) { return exp(-d) - 1 + d; }

template <class T>
void divergence_of_a_token(section& page) {
    using V = number<T>;
    const std::string inputs = "log π − log π_ref in [−4, 4]", near = "log π − log π_ref in ±[2⁻³⁰, 1]",
                      of_rule = "log π in [−5, 0], log π_ref = log π ± 4, coefficient 0.02";
    line<T> half_square("`kl`, k2", inputs, ulp), value("`kl`, k3", inputs, ulp),
        slope("`kl`, slope of k3", inputs, ulp);
    line<T> value_near("`kl`, k3 near 0", near, ulp), slope_near("`kl`, slope of k3 near 0", near, ulp);
    line<T> reward_1("`kl_reward_rule`, k1", of_rule, ulp), reward_3("`kl_reward_rule`, k3", of_rule, ulp);
    test::random r(2);
    const auto k = [](T d, kl_estimator how) { return formula::kl(V(d), how, how, V(rlhf::lane::infinity)); };
    for (int i = 0; i < page.draws; ++i) {
        const T d = in<T>(r, -4, 4), p = in<T>(r, -5, 0), q = p + in<T>(r, -4, 4);
        half_square.add(T(k(d, kl_estimator::k2).value), exact(d) * d / 2);
        value.add(T(k(d, kl_estimator::k3).value), k3(d));
        slope.add(T(k(d, kl_estimator::k3).slope), 1 - exp(-exact(d)));
        const T small = static_cast<T>(std::ldexp(r.uniform(1, 2), -1 - static_cast<int>(r.below(30)))),
                e = i % 2 == 0 ? small : -small;
        value_near.add(T(k(e, kl_estimator::k3).value), k3(e));
        slope_near.add(T(k(e, kl_estimator::k3).slope), 1 - exp(-exact(e)));
        const auto reward = [&](kl_estimator how) {
            return T(formula::kl_reward_rule<T>{T(0.02), T(rlhf::lane::infinity), how}(V(p), V(q)).writes[0]);
        };
        reward_1.add(reward(kl_estimator::k1), -exact(T(0.02)) * (exact(p) - q));
        reward_3.add(reward(kl_estimator::k3), -exact(T(0.02)) * k3(exact(p) - q));
    }
    hold(page, half_square, value, slope, value_near, slope_near, reward_1, reward_3);
}

template <class T>
void policy_tokens(section& page) {
    using V = number<T>;
    using formula::policy_parts;
    const formula::clipped_surrogate<T> clipped{T(0.8), T(1.2)};
    const formula::importance_weight<T> importance{T(0), T(2), T(0), T(2)};
    const auto none = T(rlhf::lane::infinity), coef = T(0.1);
    const formula::policy_rule<T, formula::clipped_surrogate<T>, policy_parts::objective> objective_alone{
        clipped, none, importance, 0, none, kl_estimator::k3, kl_estimator::k3, rlhf::kl_weight::one, false, false};
    const formula::policy_rule<T, formula::dual_clipped_surrogate<T>, policy_parts::all> everything{
        {clipped, T(3)},      none, importance, coef, none, kl_estimator::k3, kl_estimator::k3,
        rlhf::kl_weight::one, true, true};
    const std::string of_one = "log π in [−5, 0], log π_old = log π ± 0.5, Â in [−3, 3]",
                      of_all = of_one + ", log π_ref = log π ± 1, importance, dual clip, weight in [0, 2]";
    line<T> loss("`policy_rule`, loss", of_one, ulp), slope("`policy_rule`, slope", of_one, ulp);
    line<T> all_loss("`policy_rule` with everything, loss", of_all, ulp_of_largest),
        all_slope("`policy_rule` with everything, slope", of_all, ulp_of_largest);
    test::random r(3);
    for (int i = 0; i < page.draws; ++i) {
        const T p = in<T>(r, -5, 0), old = p + in<T>(r, -0.5, 0.5), ref = p + in<T>(r, -1, 1),
                behavior = old + in<T>(r, -0.5, 0.5), a = in<T>(r, -3, 3), w = in<T>(r, 0, 2);
        const objective one(exact(p) - old, a, T(0.8), T(1.2)), dual(exact(p) - old, a, T(0.8), T(1.2), 3);
        const auto got = objective_alone(V(p), V(old), V(a));
        loss.add(T(got.statistics.loss), one.loss), slope.add(T(got.writes[0]), one.slope);
        const auto got_all = everything(V(p), V(old), V(a), V(ref), V(w), V(behavior));
        const exact factor = std::min(exp(exact(old) - behavior), exact(2)), d = exact(p) - ref;
        all_loss.add(T(got_all.statistics.loss), w * (factor * dual.loss + coef * k3(d)));
        all_slope.add(T(got_all.writes[0]), w * (factor * dual.slope + coef * (1 - exp(-d))));
    }
    hold(page, loss, slope, all_loss, all_slope);
}

exact huber_of(const exact& e) { return abs(e) <= 1 ? e * e / 2 : abs(e) - exact(0.5); }

template <class T>
void values(section& page) {
    using V = number<T>;
    const std::string of_error = "v − R in [−3, 3]", of_all = "v, R in [−3, 3], v_old = v ± 1, range 0.2, δ = 1";
    line<T> square("`half_square`, loss", of_error, ulp), huber("`huber`, loss", of_error + ", δ = 1", ulp);
    line<T> loss("`value_loss`, loss", of_all, ulp_of_largest), slope("`value_loss`, slope", of_all, ulp);
    const formula::huber<T> h{T(1)};
    test::random r(4);
    for (int i = 0; i < page.draws; ++i) {
        const T e = in<T>(r, -3, 3), v = in<T>(r, -3, 3), R = in<T>(r, -3, 3), old = v + in<T>(r, -1, 1), c = T(0.2);
        square.add(T(formula::half_square()(V(e)).loss), exact(e) * e / 2);
        huber.add(T(h(V(e)).loss), huber_of(e));
        const auto got = formula::value_loss(V(v), V(old), V(R), V(c), h);
        const exact free = huber_of(exact(v) - R), held = huber_of(clip(v, exact(old) - c, exact(old) + c) - R);
        loss.add(T(got.loss), std::max(free, held));
        if (held == free || abs(held - free) > near_tie)
            slope.add(T(got.slope), held > free ? exact(0) : clip(exact(v) - R, -1, 1));
    }
    hold(page, square, huber, loss, slope);
}

template <class T>
void advantages(section& page) {
    using V = number<T>;
    const std::string of_step = "r in [−1, 1], V(s), V(s′) in [−3, 3], γ = 0.99";
    line<T> residual("`td_error`", of_step, ulp_of_largest), sum("`gae_return`", "Â, V(s) in [−3, 3]", ulp);
    line<T> d_value("`gae_backward`, ∂/∂V(s)", "three terms in [−3, 3]", ulp_of_largest);
    line<T> vapo("`length_lambda`", "n in [21, 1000], α = 0.05", ulp_of_largest),
        same("`relative_lambda`", "n in [2, 1000], q = 0.5", ulp);
    test::random r(5), lengths(6);
    for (int i = 0; i < page.draws; ++i) {
        const T reward = in<T>(r, -1, 1), v = in<T>(r, -3, 3), next = in<T>(r, -3, 3), gamma = T(0.99);
        residual.add(T(formula::td_error(V(reward), V(v), V(next), V(gamma))), reward + exact(gamma) * next - v);
        const T a = in<T>(r, -3, 3);
        sum.add(T(formula::gae_return(V(a), V(v))), exact(a) + v);
        d_value.add(T(formula::gae_backward(V(a), V(v), V(next), V(reward)).value), exact(a) - v + next);
        const T n = T(21 + lengths.below(980)), alpha = T(0.05), few = T(2 + lengths.below(999));
        vapo.add(T(formula::length_lambda(V(n), V(alpha))), 1 - 1 / (exact(alpha) * n));
        same.add(T(formula::relative_lambda(V(few), V(T(0.5)))), pow(exact(0.5), 1 / (exact(few) - 1)));
    }
    hold(page, residual, sum, d_value, vapo, same);
}

template <class T>
void whitening(section& page) {
    using V = number<T>;
    const std::string of_variance = "variance in [0, 4], ε = 10⁻⁸";
    line<T> inside("`floored_deviation`, inside_root", of_variance, ulp),
        after("`floored_deviation`, after_root", of_variance, ulp);
    line<T> white("`whitening` and `affine`", "x in [−3, 3], mean in [−1, 1], deviation in [0.5, 2]", ulp_of_largest);
    line<T> coef("`adapted_kl_coef`", "β in [0.01, 1], KL in [0, 12], target 6, limit 0.2, 512 of 10,000", ulp);
    test::random r(6);
    for (int i = 0; i < page.draws; ++i) {
        const T variance = in<T>(r, 0, 4), epsilon = T(1e-8), x = in<T>(r, -3, 3);
        const auto deviation = [&](std_floor f) { return T(formula::floored_deviation(V(variance), V(epsilon), f)); };
        inside.add(deviation(std_floor::inside_root), sqrt(exact(variance) + epsilon));
        after.add(deviation(std_floor::after_root), sqrt(exact(variance)) + epsilon);
        const double mean = r.uniform(-1, 1), std = r.uniform(0.5, 2);
        const auto m = formula::whitening<T>(mean, std, true, true);
        const formula::affine_map<V> map{m.center, m.center_rest, m.factor, m.shift};
        white.add(T(formula::affine(V(x), map)), (exact(x) - mean) / std);
        const T beta = in<T>(r, 0.01, 1), kl = in<T>(r, 0, 12), limit = T(0.2);
        coef.add(T(formula::adapted_kl_coef(V(beta), V(kl), V(6), V(limit), V(512), V(10000))),
                 beta * (1 + clip(exact(kl) / 6 - 1, -limit, limit) * 512 / 10000));
    }
    hold(page, inside, after, white, coef);
}

void all(section page) {
    const auto of = [&]<class T>(T) {
        surrogates<T>(page), divergence_of_a_token<T>(page), policy_tokens<T>(page);
        values<T>(page), advantages<T>(page), whitening<T>(page);
    };
    of(0.F), of(0.0);
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: formulas of policies, values and advantages") { all({heading, 1}); }

TEST_CASE("accuracy: formulas of policies, values and advantages, at length", "[.exhaustive]") { all({heading, 50}); }
