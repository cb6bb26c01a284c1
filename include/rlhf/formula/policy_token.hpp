// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/importance.hpp>
#include <rlhf/formula/kl.hpp>
#include <rlhf/formula/surrogate.hpp>

namespace RLHF_NAMESPACE::formula {

template <class Kind>
struct policy_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum log_ratio = {}, kl = {};
    typename Kind::square_sum log_ratio_square = {};
    typename Kind::spread ratio = {};
    typename Kind::count clipped_low = {}, clipped_high = {}, dual_clipped = {}, nonfinite = {};
    typename Kind::maximum log_ratio_size = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.loss...), f(s.log_ratio...), f(s.kl...), f(s.log_ratio_square...), f(s.ratio...), f(s.clipped_low...),
            f(s.clipped_high...), f(s.dual_clipped...), f(s.nonfinite...), f(s.log_ratio_size...);
    }
};

/// The parts of the rule that a sweep is compiled with. Parts that few calls use cost time even if they are off
/// (DESIGN.md, D19).
enum class policy_parts {
    objective, ///< the objective alone
    kl,        ///< with KL to a reference
    all,       ///< with KL, a limit of the log ratio, rare options of the objective, importance and weights
};

/// The whole rule of one token of a policy loss, for any objective. Numbers are of type T, rounded once from double.
///
///     x    = log π − log π_old, clamped to ±log_ratio_limit       no gradient through ρ = eˣ beyond
///     l    = objective(log π, log π_old, x, Â)
///     l   *= importance weight                                    with behavior
///     l   += kl_coef · k(log π − log π_ref) · its weight          with ref
///     loss = weight · l
///
/// Writes ∂loss/∂ log π. A coefficient of 0 leaves its term out, so that 0 · ∞ cannot arise.
template <class T, class Objective, policy_parts Parts>
struct policy_rule {
    Objective objective;
    T log_ratio_limit;
    importance_weight<T> importance;
    T kl_coef, kl_limit;
    kl_estimator kl_value, kl_slope;
    rlhf::kl_weight kl_weight;
    bool ref, behavior; ///< true if there are log-probs of the reference, and of the policy that sampled

    /// Sets the numbers that the tokens of a sequence share, if the objective has a ratio per sequence.
    template <class Sums, class Number>
    RLHF_FORMULA void decide(const Sums& sums, Number tokens) {
        objective.decide(sums, tokens, log_ratio_limit);
    }

    /// What the objective computes first, if it has such a part.
    template <class V, class... Rest>
        requires requires(const Objective& o, const sampled_token<V>& t) { o.first(t); }
    [[nodiscard]] RLHF_FORMULA V first(V log_prob, V old_log_prob, V advantage, const Rest&... /*rest*/) const {
        return objective.first(token(log_prob, old_log_prob, advantage));
    }
    template <class V, class... Rest>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, policy_statistics>
    operator()(lane::early<V> first, V log_prob, V old_log_prob, V advantage, const Rest&... rest) const {
        return of(objective(token(log_prob, old_log_prob, advantage), first.x), log_prob, old_log_prob, advantage,
                  rest...);
    }
    template <class V, class... Rest>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, policy_statistics> operator()(V log_prob, V old_log_prob, V advantage,
                                                                               const Rest&... rest) const {
        return of(objective(token(log_prob, old_log_prob, advantage)), log_prob, old_log_prob, advantage, rest...);
    }

private:
    static constexpr bool all = Parts == policy_parts::all;

    template <class V>
    [[nodiscard]] RLHF_FORMULA sampled_token<V> token(V log_prob, V old_log_prob, V advantage) const {
        V x = log_prob - old_log_prob;
        if constexpr (all) x = lane::clamp(x, V(-log_ratio_limit), V(log_ratio_limit));
        return {log_prob, old_log_prob, x, advantage};
    }
    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, policy_statistics>
    of(const surrogate<V>& s, V log_prob, V old_log_prob, V advantage, V ref_log_prob = V(0), V weight = V(1),
       V behavior_log_prob = V(0)) const {
        using lane::abs, lane::fma, lane::select;
        const V raw = log_prob - old_log_prob;
        V loss = s.loss, slope = s.slope, divergence(0);
        if constexpr (all) {
            if (objective.learns_by_ratio()) slope = select(abs(raw) > V(log_ratio_limit), V(0), slope);
            if (behavior) importance.apply(loss, slope, advantage, old_log_prob - behavior_log_prob);
        }
        if (Parts != policy_parts::objective && ref) {
            const V d = log_prob - ref_log_prob;
            kl_term<V> k = kl(d, kl_value, kl_slope, V(kl_limit));
            divergence = k.value;
            if (all && kl_weight != rlhf::kl_weight::one)
                k = weighted_kl(k, d, V(kl_limit), kl_value == kl_estimator::k3 && kl_slope == kl_estimator::k3,
                                s.ratio, abs(raw) <= V(log_ratio_limit), kl_weight);
            if (kl_coef != 0) loss = fma(V(kl_coef), k.value, loss), slope = fma(V(kl_coef), k.slope, slope);
        }
        if constexpr (all) loss = weight * loss, slope = weight * slope;
        return {.writes = {slope},
                .statistics = {.loss = loss,
                               .log_ratio = raw,
                               .kl = divergence,
                               .log_ratio_square = raw,
                               .ratio = s.ratio,
                               .clipped_low = s.clipped_low,
                               .clipped_high = s.clipped_high,
                               .dual_clipped = all ? s.dual_clipped : lane::mask_of<V>(false),
                               .nonfinite = lane::nonfinite(loss),
                               .log_ratio_size = abs(raw)}};
    }
};

} // namespace RLHF_NAMESPACE::formula
