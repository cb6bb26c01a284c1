// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/formula/surrogate.hpp>

/// Objectives of a preference loss, over pairs of answers, one of which is preferred. They see the log ratios
///
///     c = Σ log π − log π_ref of the chosen answer,    j of the rejected one,    Δ = c − j
///
/// (some objectives take averages, or sums without a reference). β Δ corresponds to the margin between the rewards of a
/// reward model. Like an objective of a policy loss (formula/surrogate.hpp), each is a struct of options in namespace
/// rlhf, a formula, and formula::objective<options>, which makes the formula from the options. The formula has
///
///     T beta;
///     template <class V>
///     comparison_term<V> operator()(const preferred_pair<V>& p) const;
///
/// An objective in which each pair may have a margin of its own, β Δ − margin, says `static constexpr bool has_margin =
/// true` in formula::objective<options>.
namespace RLHF_NAMESPACE::formula {

/// What an objective sees of a pair.
template <class V>
struct preferred_pair {
    V chosen, rejected; ///< c and j
    V margin;           ///< 0 for objectives without one
};

/// e = e^−|x|, and σ(±|x|) = 1 / (1 + e) and e / (1 + e), each with all its digits.
template <class V>
struct both_sigmoids {
    V e, large, other;
};
template <class V>
[[nodiscard]] RLHF_FORMULA both_sigmoids<V> sigmoids(V x) {
    using lane::abs, lane::exp_nonpositive;
    const V e = exp_nonpositive(-abs(x)), large = V(1) / (V(1) + e);
    return {e, large, e * large};
}

template <class V>
struct sigmoid_term {
    V value, slope;
};

/// σ(x) and its slope σ(x) σ(−x).
template <class V>
[[nodiscard]] RLHF_FORMULA sigmoid_term<V> sigmoid_with_slope(V x) {
    using lane::select;
    const both_sigmoids<V> s = sigmoids(x);
    return {select(x < V(0), s.other, s.large), s.large * s.other};
}

template <class Kind>
struct preference_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum chosen_reward = {}, rejected_reward = {};
    typename Kind::count correct = {}, nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.loss...), f(s.chosen_reward...), f(s.rejected_reward...), f(s.correct...), f(s.nonfinite...);
    }
};

/// The whole rule of one pair: weight · objective. Writes ∂loss/∂c and ∂loss/∂j.
template <class T, class Objective>
struct preference_rule {
    Objective objective;

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 2, preference_statistics> operator()(V chosen, V rejected, V margin,
                                                                                   V weight) const {
        const comparison_term<V> t = objective(preferred_pair<V>{chosen, rejected, margin});
        const V loss = weight * t.loss, beta(objective.beta);
        return {.writes = {weight * t.d_chosen, weight * t.d_rejected},
                .statistics = {.loss = loss,
                               .chosen_reward = beta * chosen,
                               .rejected_reward = beta * rejected,
                               .correct = chosen > rejected,
                               .nonfinite = lane::nonfinite(loss)}};
    }
};

} // namespace RLHF_NAMESPACE::formula
