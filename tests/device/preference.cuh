// SPDX-License-Identifier: MIT
// Device code of the formulas of preferences.
#pragma once

#include <rlhf/formula/apo.hpp>
#include <rlhf/formula/discopop.hpp>
#include <rlhf/formula/dpo.hpp>
#include <rlhf/formula/exo.hpp>
#include <rlhf/formula/ipo.hpp>
#include <rlhf/formula/kto.hpp>
#include <rlhf/formula/nca.hpp>
#include <rlhf/formula/orpo.hpp>
#include <rlhf/formula/slic_hinge.hpp>
#include <rlhf/formula/sppo.hpp>

#include "launch.cuh"

template <class V>
RLHF_FORMULA void sigmoids(const V* x, V* y) {
    const auto s = formula::sigmoids(x[0]);
    y[0] = s.e, y[1] = s.large, y[2] = s.other;
}
LAUNCH(sigmoids)

template <class V>
RLHF_FORMULA void sigmoid_with_slope(const V* x, V* y) {
    const auto s = formula::sigmoid_with_slope(x[0]);
    y[0] = s.value, y[1] = s.slope;
}
LAUNCH(sigmoid_with_slope)

template <class V>
RLHF_FORMULA void preference_rule(const V* x, V* y) {
    const formula::preference_rule<V, formula::logistic_preference<V>> rule{{x[4], x[5], x[6]}};
    const auto t = rule(x[0], x[1], x[2], x[3]);
    const auto& s = t.statistics;
    y[0] = t.writes[0], y[1] = t.writes[1], y[2] = s.loss, y[3] = s.chosen_reward, y[4] = s.rejected_reward;
    y[5] = V(s.correct), y[6] = V(s.nonfinite);
}
LAUNCH(preference_rule)

template <class V>
RLHF_FORMULA void log_odds(const V* x, V* y) {
    const auto t = formula::log_odds(x[0]);
    y[0] = t.value, y[1] = t.slope;
}
LAUNCH(log_odds)

template <class V>
RLHF_FORMULA void odds_preference(const V* x, V* y) {
    const auto t = formula::odds_preference<V>{x[2]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(odds_preference)

template <class V>
RLHF_FORMULA void logistic_preference(const V* x, V* y) {
    const auto t = formula::logistic_preference<V>{x[3], x[4], x[5]}(formula::preferred_pair<V>{x[0], x[1], x[2]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(logistic_preference)

template <class V>
RLHF_FORMULA void hinge_preference(const V* x, V* y) {
    const auto t = formula::hinge_preference<V>{x[3]}(formula::preferred_pair<V>{x[0], x[1], x[2]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(hinge_preference)

template <class V>
RLHF_FORMULA void squared_preference(const V* x, V* y) {
    const auto t = formula::squared_preference<V>{V(1), x[2]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(squared_preference)

template <class V>
RLHF_FORMULA void exact_preference(const V* x, V* y) {
    const auto t = formula::exact_preference<V>{x[2], x[3], x[4]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(exact_preference)

template <class V>
RLHF_FORMULA void modulated_preference(const V* x, V* y) {
    const auto t = formula::modulated_preference<V>{x[2], x[3], x[4]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(modulated_preference)

template <class V>
RLHF_FORMULA void zero_anchored_preference(const V* x, V* y) {
    const auto t = formula::zero_anchored_preference<V>{x[2]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(zero_anchored_preference)

template <class V>
RLHF_FORMULA void down_anchored_preference(const V* x, V* y) {
    const auto t = formula::down_anchored_preference<V>{x[2]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(down_anchored_preference)

template <class V>
RLHF_FORMULA void two_squares_preference(const V* x, V* y) {
    const auto t = formula::two_squares_preference<V>{V(1), x[2]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(two_squares_preference)

template <class V>
RLHF_FORMULA void contrastive_preference(const V* x, V* y) {
    const auto t = formula::contrastive_preference<V>{x[2]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(contrastive_preference)

template <class V>
RLHF_FORMULA void classifier_preference(const V* x, V* y) {
    const auto t = formula::classifier_preference<V>{x[2], x[3]}(formula::preferred_pair<V>{x[0], x[1], x[0]});
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
LAUNCH(classifier_preference)

template <class V>
RLHF_FORMULA void unpaired_rule(const V* x, V* y) {
    const formula::unpaired_rule<V, formula::prospect_answer<V>> rule{{x[3], x[4], x[5], x[6]}};
    const auto t = rule(x[0], x[1], x[2]);
    const auto& s = t.statistics;
    y[0] = t.writes[0], y[1] = s.loss, y[2] = s.desirable_reward, y[3] = s.undesirable_reward;
    y[4] = V(s.desirable), y[5] = V(s.nonfinite);
}
LAUNCH(unpaired_rule)

template <class V>
RLHF_FORMULA void prospect_answer(const V* x, V* y) {
    const auto t = formula::prospect_answer<V>{x[2], x[3], x[4], x[5]}(formula::judged_answer<V>{x[0], x[1]});
    y[0] = t.loss, y[1] = t.slope;
}
LAUNCH(prospect_answer)

template <class V>
RLHF_FORMULA void classifier_answer(const V* x, V* y) {
    const auto t = formula::classifier_preference<V>{x[2], x[3]}(formula::judged_answer<V>{x[0], x[1]});
    y[0] = t.loss, y[1] = t.slope;
}
LAUNCH(classifier_answer)
