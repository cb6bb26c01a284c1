// SPDX-License-Identifier: MIT
// Device code of the formulas of value losses and means.
#pragma once

#include <rlhf/formula/mean.hpp>
#include <rlhf/formula/ppo_value_loss.hpp>

#include "launch.cuh"

template <class V>
RLHF_FORMULA void huber(const V* x, V* y) {
    const auto t = formula::huber<V>{x[1]}(x[0]);
    y[0] = t.loss, y[1] = t.slope, y[2] = V(t.clipped);
}
LAUNCH(huber)

template <class V>
RLHF_FORMULA void half_square(const V* x, V* y) {
    const auto t = formula::half_square{}(x[0]);
    y[0] = t.loss, y[1] = t.slope;
}
LAUNCH(half_square)

template <class V>
RLHF_FORMULA void value_loss(const V* x, V* y) {
    const auto t = formula::value_loss(x[0], x[1], x[2], x[3], formula::half_square{});
    y[0] = t.loss, y[1] = t.slope, y[2] = V(t.clipped);
}
LAUNCH(value_loss)

template <class V>
RLHF_FORMULA void value_rule(const V* x, V* y) {
    const auto t = formula::value_rule<V, formula::huber<V>, true>{x[4], {x[5]}}(x[0], x[1], x[2], x[3]);
    const auto& s = t.statistics;
    y[0] = t.writes[0], y[1] = s.loss, y[2] = V(s.clipped), y[3] = V(s.nonfinite), y[4] = s.residuals;
}
LAUNCH(value_rule)

template <class V>
RLHF_FORMULA void mean_rule(const V* x, V* y) {
    const auto t = formula::mean_rule<V>{x[1]}(x[0]);
    y[0] = t.writes[0], y[1] = t.statistics.value;
}
LAUNCH(mean_rule)
