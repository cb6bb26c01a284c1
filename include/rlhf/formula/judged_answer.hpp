// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

/// Objectives over answers that were judged one by one, as good or bad. They see the log ratio r = Σ log π − log π_ref
/// of an answer. Like an objective over pairs (formula/preference.hpp), each is a struct of options in namespace rlhf,
/// a formula, and formula::objective<options>, which makes the formula from the options. The formula has
///
///     T beta;
///     template <class V>
///     answer_term<V> operator()(const judged_answer<V>& a) const;
namespace RLHF_NAMESPACE::formula {

/// What an objective sees of an answer.
template <class V>
struct judged_answer {
    V log_ratio; ///< r
    V desirable; ///< 1 for a good answer, else 0
};

template <class V>
struct answer_term {
    V loss, slope; ///< ∂loss/∂r
};

template <class Kind>
struct unpaired_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum desirable_reward = {}, undesirable_reward = {};
    typename Kind::count desirable = {}, nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.loss...), f(s.desirable_reward...), f(s.undesirable_reward...), f(s.desirable...), f(s.nonfinite...);
    }
};

/// The whole rule of one answer: weight · objective. Writes ∂loss/∂r.
template <class T, class Objective>
struct unpaired_rule {
    Objective objective;

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, unpaired_statistics> operator()(V log_ratio, V desirable,
                                                                                 V weight) const {
        using lane::select;
        const answer_term<V> t = objective(judged_answer<V>{log_ratio, desirable});
        const V loss = weight * t.loss, reward = V(objective.beta) * log_ratio, zero(0);
        const auto good = desirable > zero;
        return {.writes = {weight * t.slope},
                .statistics = {.loss = loss,
                               .desirable_reward = select(good, reward, zero),
                               .undesirable_reward = select(good, zero, reward),
                               .desirable = good,
                               .nonfinite = lane::nonfinite(loss)}};
    }
};

} // namespace RLHF_NAMESPACE::formula
