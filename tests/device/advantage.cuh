// SPDX-License-Identifier: MIT
// Device code of the formulas of rewards and advantages.
#pragma once

#include <rlhf/formula/gae.hpp>
#include <rlhf/formula/group_advantage.hpp>
#include <rlhf/formula/kl_controller.hpp>
#include <rlhf/formula/kl_reward.hpp>
#include <rlhf/formula/placed_score.hpp>
#include <rlhf/formula/shaped_score.hpp>
#include <rlhf/formula/vtrace.hpp>
#include <rlhf/formula/whiten.hpp>

#include "launch.cuh"

template <class V>
RLHF_FORMULA void kl_reward_rule(const V* x, V* y) {
    const formula::kl_reward_rule<V> rule{x[2], x[3], static_cast<rlhf::kl_estimator>(int(x[4]))};
    const auto t = rule(x[0], x[1]);
    y[0] = t.writes[0], y[1] = t.statistics.kl;
}
LAUNCH(kl_reward_rule)

template <class V>
RLHF_FORMULA void placed_score(const V* x, V* y) {
    y[0] = formula::placed_score(x[0], x[1] != V(0), x[2], formula::unfinished<V>{x[3], x[4] != V(0), x[5]});
}
LAUNCH(placed_score)

template <class V>
RLHF_FORMULA void overlong_rule(const V* x, V* y) {
    y[0] = formula::overlong_rule<V>{x[1], x[2], x[3], static_cast<rlhf::overlong>(int(x[4]))}(x[0]);
}
LAUNCH(overlong_rule)

template <class V>
RLHF_FORMULA void shaped_score(const V* x, V* y) {
    const formula::overlong_rule<V> overlong{x[2], x[3], x[4], static_cast<rlhf::overlong>(int(x[5]))};
    const formula::unfinished<V> unfinished{x[6], x[7] != V(0), x[8], x[9]};
    y[0] = formula::shaped_score(x[0], x[1], x[10] != V(0), overlong, unfinished);
}
LAUNCH(shaped_score)

template <class V>
RLHF_FORMULA void adapted_kl_coef(const V* x, V* y) {
    y[0] = formula::adapted_kl_coef(x[0], x[1], x[2], x[3], x[4], x[5]);
}
LAUNCH(adapted_kl_coef)

template <class V>
RLHF_FORMULA void unless_zero(const V* x, V* y) {
    y[0] = formula::unless_zero(x[0], x[1]);
}
LAUNCH(unless_zero)

template <class V>
RLHF_FORMULA void discounted(const V* x, V* y) {
    y[0] = formula::discounted(x[0], x[1]);
}
LAUNCH(discounted)

template <class V>
RLHF_FORMULA void td_error(const V* x, V* y) {
    y[0] = formula::td_error(x[0], x[1], x[2], x[3]);
}
LAUNCH(td_error)

template <class V>
RLHF_FORMULA void length_lambda(const V* x, V* y) {
    y[0] = formula::length_lambda(x[0], x[1]);
}
LAUNCH(length_lambda)

template <class V>
RLHF_FORMULA void relative_lambda(const V* x, V* y) {
    y[0] = formula::relative_lambda(x[0], x[1]);
}
LAUNCH(relative_lambda)

template <class V>
RLHF_FORMULA void gae_return(const V* x, V* y) {
    y[0] = formula::gae_return(x[0], x[1]);
}
LAUNCH(gae_return)

template <class V>
RLHF_FORMULA void gae_backward(const V* x, V* y) {
    const auto d = formula::gae_backward(x[0], x[1], x[2], x[3]);
    y[0] = d.reward, y[1] = d.value, y[2] = d.next_value;
}
LAUNCH(gae_backward)

template <class V>
RLHF_FORMULA void truncated_ratio(const V* x, V* y) {
    y[0] = formula::truncated_ratio(x[0], x[1]);
}
LAUNCH(truncated_ratio)

template <class V>
RLHF_FORMULA void vtrace(const V* x, V* y) {
    const formula::vtrace_rule<V> rule{x[5], x[6], V(1), V(1), V(2)};
    const auto s = rule.step(x[0], x[1], x[2], x[3], x[4]);
    const V sum = rule.error(s.error, s.factor, x[7]);
    const auto done = rule.finish(x[1], s.residual, s.weight, sum, x[7]);
    y[0] = done.target, y[1] = done.advantage;
}
LAUNCH(vtrace)

template <class V>
RLHF_FORMULA void floored_deviation(const V* x, V* y) {
    y[0] = formula::floored_deviation(x[0], x[1], static_cast<rlhf::std_floor>(int(x[2])));
}
LAUNCH(floored_deviation)

template <class V>
RLHF_FORMULA void whitening(const V* x, V* y) {
    const auto m = formula::whitening<V>(x[0], x[1], x[2] != V(0), x[3] != V(0));
    y[0] = m.center, y[1] = m.center_rest, y[2] = m.factor, y[3] = m.shift;
}
LAUNCH(whitening)

template <class V>
RLHF_FORMULA void affine(const V* x, V* y) {
    y[0] = formula::affine(x[0], formula::affine_map<V>{x[1], x[2], x[3], x[4]});
}
LAUNCH(affine)

template <class V>
RLHF_FORMULA void group_rule(const V* x, V* y) {
    const formula::group_sums<V> sums{x[0], V(0), x[16], x[1], x[2], x[3], x[4], x[5], x[6], x[15]};
    const auto baseline = static_cast<rlhf::group_baseline>(int(x[7]));
    const auto scale = static_cast<rlhf::group_scale>(int(x[8]));
    const auto lone = static_cast<rlhf::lone_reward>(int(x[9]));
    const auto floor = static_cast<rlhf::std_floor>(int(x[12]));
    const formula::group_rule<V> rule{baseline, scale, lone, x[10], x[11], floor, x[13], x[14]};
    const auto m = rule(sums);
    y[0] = m.center, y[1] = m.center_rest, y[2] = m.factor, y[3] = rule.others_deviation(sums);
}
LAUNCH(group_rule)
