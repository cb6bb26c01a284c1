// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// The odds ratio term of ORPO, over averages of log π, without a reference. ORPO's other term is ptx_loss on the
/// preferred answers.
struct orpo {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶], λ of the paper: a factor of the loss
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// log(p / (1 − p)) of x = log p, and its slope 1 / (1 − p).
template <class V>
struct log_odds_term {
    V value, slope;
};
template <class V>
[[nodiscard]] RLHF_FORMULA log_odds_term<V> log_odds(V x) {
    using lane::expm1, lane::log;
    const V rest = V(0) - expm1(x); // 1 − p; +0 at x = 0
    return {x - log(rest), V(1) / rest};
}

/// One pair under orpo, with averages c, j ≤ 0.
///
///     o    = log odds(c) − log odds(j),  odds(x) = eˣ / (1 − eˣ)
///     loss = −β log σ(o)
///     ∂loss/∂c = −β σ(−o) / (1 − eᶜ)      ∂loss/∂j = β σ(−o) / (1 − eʲ)
///
/// At c = 0 the loss is 0, and the slope is its limit −β odds(j). At j = 0 loss and slope are ∞. A positive average
/// gives NaN, because it is not a log-probability.
///
/// Source: Hong et al. 2024, arXiv:2403.07691, eq. 7.
template <class T>
struct odds_preference {
    T beta;

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        using lane::exp, lane::select;
        const V zero(0), b(beta);
        const log_odds_term<V> c = log_odds(p.chosen), j = log_odds(p.rejected);
        const comparison_term<V> t = bradley_terry(c.value, j.value, zero, zero);
        // σ(−o) / (1 − eᶜ) is σ(o) odds(j) / eᶜ, which at c = 0 is not 0 · ∞
        const V at_ease = (t.d_chosen + V(1)) * exp(j.value - p.chosen);
        const V by_c = select(c.value > j.value, -at_ease, t.d_chosen * c.slope);
        return {b * t.loss, b * by_c, b * (t.d_rejected * j.slope)};
    }
};

template <>
struct objective<orpo> {
    template <class T>
    static odds_preference<T> whole(const orpo& o) {
        return {T(o.beta)};
    }
    static void bounds(const orpo& o, auto&& within) { within("beta", o.beta, 1e-6, 1e6); }
};

} // namespace RLHF_NAMESPACE::formula
