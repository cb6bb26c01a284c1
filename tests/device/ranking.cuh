// SPDX-License-Identifier: MIT
// Device code of the formulas of rankings.
#pragma once

#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/formula/plackett_luce_loss.hpp>

#include "launch.cuh"

template <class V>
RLHF_FORMULA void bradley_terry(const V* x, V* y) {
    const auto t = formula::bradley_terry(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(bradley_terry)

template <class V>
RLHF_FORMULA void odds(const V* x, V* y) {
    y[0] = formula::odds(x[0]);
}
LAUNCH(odds)

template <class V>
RLHF_FORMULA void wrong_share(const V* x, V* y) {
    y[0] = formula::wrong_share(x[0], x[1]);
}
LAUNCH(wrong_share)

template <class V>
RLHF_FORMULA void comparison(const V* x, V* y) {
    const auto smoothed = formula::comparison(x[0], x[1], x[2]), plain = formula::comparison(x[0], x[1]);
    y[0] = smoothed.loss, y[1] = smoothed.d_chosen, y[2] = smoothed.d_rejected;
    y[3] = plain.loss, y[4] = plain.d_chosen, y[5] = plain.d_rejected;
}
LAUNCH(comparison)

template <class V>
RLHF_FORMULA void pulled(const V* x, V* y) {
    const auto t = formula::pulled(formula::comparison_term<V>{x[0], x[1], x[2]}, x[3], x[4], x[5]);
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(pulled)

template <class V>
RLHF_FORMULA void apart(const V* x, V* y) {
    y[0] = formula::apart(x[0], x[1]);
}
LAUNCH(apart)

template <class V>
RLHF_FORMULA void with_response(const V* x, V* y) {
    const auto c = formula::with_response(formula::choice<V>{x[0], x[1]}, x[2]);
    y[0] = c.largest, y[1] = c.sum;
}
LAUNCH(with_response)

template <class V>
RLHF_FORMULA void plackett_luce(const V* x, V* y) {
    y[0] = formula::plackett_luce(formula::choice<V>{x[0], x[1]}, x[2]);
}
LAUNCH(plackett_luce)

template <class V>
RLHF_FORMULA void chance(const V* x, V* y) {
    y[0] = formula::chance(formula::choice<V>{x[0], x[1]}, x[2]);
}
LAUNCH(chance)
