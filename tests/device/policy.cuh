// SPDX-License-Identifier: MIT
// Device code of the formulas of policy losses.
#pragma once

#include <rlhf/formula/cispo.hpp>
#include <rlhf/formula/clipped_surrogate.hpp>
#include <rlhf/formula/covariance_tokens.hpp>
#include <rlhf/formula/dppo.hpp>
#include <rlhf/formula/entropy_controller.hpp>
#include <rlhf/formula/gmpo.hpp>
#include <rlhf/formula/gspo.hpp>
#include <rlhf/formula/importance_weights.hpp>
#include <rlhf/formula/log_ratio.hpp>
#include <rlhf/formula/policy_token.hpp>
#include <rlhf/formula/sapo.hpp>
#include <rlhf/formula/top_entropy.hpp>
#include <rlhf/formula/topr.hpp>
#include <rlhf/formula/vespo.hpp>

#include "launch.cuh"

template <class V>
RLHF_FORMULA void clipped_surrogate(const V* x, V* y) {
    const auto t = formula::clipped_surrogate<V>{x[2], x[3]}(formula::sampled_token<V>{x[0], x[0], x[0], x[1]});
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_low), y[4] = V(t.clipped_high);
}
LAUNCH(clipped_surrogate)

template <class V>
RLHF_FORMULA void dual_clipped_surrogate(const V* x, V* y) {
    const auto t =
        formula::dual_clipped_surrogate<V>{{x[2], x[3]}, x[4]}(formula::sampled_token<V>{x[0], x[0], x[0], x[1]});
    y[0] = t.loss, y[1] = t.slope, y[2] = V(t.dual_clipped);
}
LAUNCH(dual_clipped_surrogate)

template <class V>
RLHF_FORMULA void by_log_prob(const V* x, V* y) {
    y[0] = formula::by_log_prob(x[0], x[1]);
}
LAUNCH(by_log_prob)

template <class V>
RLHF_FORMULA void cispo(const V* x, V* y) {
    const formula::sampled_token<V> token{x[0], x[1], x[0] - x[1], x[2]};
    const auto t = formula::cispo<V>{x[3], x[4], x[5], x[6]}(token);
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_low), y[4] = V(t.clipped_high);
}
LAUNCH(cispo)

template <class V>
RLHF_FORMULA void sapo(const V* x, V* y) {
    const formula::sampled_token<V> token{x[0], x[1], x[0] - x[1], x[2]};
    const auto t = formula::sapo<V>{x[3], x[4], x[5], x[6]}(token);
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio;
}
LAUNCH(sapo)

template <class V>
RLHF_FORMULA void topr(const V* x, V* y) {
    const auto t = formula::topr<V>{x[3], x[4]}(formula::sampled_token<V>{x[0], x[1], x[0] - x[1], x[2]});
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_high);
}
LAUNCH(topr)

template <class V>
RLHF_FORMULA void dppo_surrogate(const V* x, V* y) {
    const formula::sampled_token<V> token{x[0], x[0], x[0], x[1]};
    const auto t = formula::dppo_surrogate<V>{x[2], x[3] != V(0)}(token, x[4], x[5] != V(0), x[6] != V(0));
    y[0] = t.loss, y[1] = t.slope, y[2] = V(t.clipped_low), y[3] = V(t.clipped_high);
}
LAUNCH(dppo_surrogate)

template <class V>
RLHF_FORMULA void dppo_tv(const V* x, V* y) {
    const formula::sampled_token<V> token{x[0], x[1], x[0] - x[1], x[2]};
    const auto t = formula::dppo_tv<V>{x[3], x[4], {x[5], x[6] != V(0)}}(token);
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_low), y[4] = V(t.clipped_high);
}
LAUNCH(dppo_tv)

template <class V>
RLHF_FORMULA void dppo_kl(const V* x, V* y) {
    const formula::sampled_token<V> token{x[0], x[1], x[0] - x[1], x[2]};
    const auto t = formula::dppo_kl<V>{x[3], x[4], {x[5], x[6] != V(0)}}(token);
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_low), y[4] = V(t.clipped_high);
}
LAUNCH(dppo_kl)

/// The sums of a sequence that the rules of sequences read.
template <class V>
struct sum_of {
    V value;
};
template <class V>
struct log_ratio_sums {
    V log_ratio;
};
template <class V>
struct log_weight_sums {
    V log_weight;
    sum_of<V> largest, smallest;
};

template <class V>
RLHF_FORMULA void sequence_surrogate(const V* x, V* y) {
    formula::sequence_surrogate<V> f{x[1], x[2], static_cast<rlhf::sequence_ratio>(int(x[6]))};
    f.decide(log_ratio_sums<V>{x[3]}, x[4], x[5]);
    const auto t = f(formula::sampled_token<V>{V(0), V(0), V(0), x[0]});
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_low), y[4] = V(t.clipped_high);
}
LAUNCH(sequence_surrogate)

template <class V>
RLHF_FORMULA void log_ratio_term(const V* x, V* y) {
    y[0] = formula::log_ratio_term{}(x[0], x[1]).statistics.log_ratio;
}
LAUNCH(log_ratio_term)

template <class V>
struct bounded_log_ratio_sums {
    V bounded_above, bounded_below;
};

template <class V>
RLHF_FORMULA void gmpo(const V* x, V* y) {
    formula::gmpo<V> f{{x[3], x[4]}};
    f.decide(bounded_log_ratio_sums<V>{x[5], x[6]}, x[7], x[8]);
    const auto t = f(formula::sampled_token<V>{x[0], x[1], x[0] - x[1], x[2]});
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_low), y[4] = V(t.clipped_high);
}
LAUNCH(gmpo)

template <class V>
RLHF_FORMULA void bounded_log_ratio_term(const V* x, V* y) {
    const auto s = formula::bounded_log_ratio_term<V>{x[2], x[3]}(x[0], x[1]).statistics;
    y[0] = s.bounded_above, y[1] = s.bounded_below;
}
LAUNCH(bounded_log_ratio_term)

template <class V>
RLHF_FORMULA void vespo(const V* x, V* y) {
    formula::vespo<V> f{x[2], x[3], x[4], x[5]};
    f.decide(log_ratio_sums<V>{x[6]}, V(1), x[7]);
    const auto t = f(formula::sampled_token<V>{x[0], V(0), V(0), x[1]});
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio;
}
LAUNCH(vespo)

template <class V>
RLHF_FORMULA void importance_weight_rule(const V* x, V* y) {
    using range = formula::range_of<V>;
    formula::importance_weight_rule<V> rule{.level = static_cast<rlhf::importance_level>(int(x[3])),
                                            .mask = x[4] != V(0),
                                            .range = range{x[5], x[6]},
                                            .mean = range{x[7], x[8]},
                                            .product = range{x[9], x[10]},
                                            .token = range{x[11], x[12]},
                                            .drift_limit = x[13],
                                            .probability_limit = x[14],
                                            .log_ratio_limit = x[19],
                                            .binary_kl_limit = x[20]};
    rule.decide(log_weight_sums<V>{x[15], {x[16]}, {x[17]}}, x[18]);
    const auto t = rule(x[0], x[1], x[2]);
    const auto& s = t.statistics;
    y[0] = t.writes[0], y[1] = s.log_weight, y[2] = s.weight, y[3] = s.largest, y[4] = V(s.below), y[5] = V(s.above);
    y[6] = V(s.dropped), y[7] = V(s.nonfinite);
}
LAUNCH(importance_weight_rule)

template <class V>
RLHF_FORMULA void log_weight_term(const V* x, V* y) {
    const auto s = formula::log_weight_term{}(x[0], x[1]).statistics;
    y[0] = s.log_weight, y[1] = s.largest, y[2] = s.smallest;
}
LAUNCH(log_weight_term)

template <class V>
RLHF_FORMULA void top_entropy_rule(const V* x, V* y) {
    const auto t = formula::top_entropy_rule<V>{x[1]}(x[0]);
    y[0] = t.writes[0], y[1] = t.statistics.entropy, y[2] = t.statistics.kept_entropy, y[3] = V(t.statistics.kept);
}
LAUNCH(top_entropy_rule)

template <class V>
RLHF_FORMULA void token_covariance(const V* x, V* y) {
    y[0] = formula::token_covariance<V>{x[3], x[4], x[5], x[6], x[7], x[8]}(x[0], x[1], x[2]);
    const auto s = formula::covariance_mean_term{}(x[0], x[1]).statistics;
    y[1] = s.advantage, y[2] = s.log_prob;
}
LAUNCH(token_covariance)

template <class V>
RLHF_FORMULA void larger_binary_kl(const V* x, V* y) {
    y[0] = formula::larger_binary_kl(x[0], x[1]);
}
LAUNCH(larger_binary_kl)

template <class V>
RLHF_FORMULA void adapted_entropy_coef(const V* x, V* y) {
    y[0] = formula::adapted_entropy_coef(x[0], x[1], x[2], x[3], x[4], x[5]);
}
LAUNCH(adapted_entropy_coef)

template <class V>
RLHF_FORMULA void quantile_place(const V* x, V* y) {
    y[0] = formula::quantile_place(x[0], x[1]);
}
LAUNCH(quantile_place)

template <class V>
RLHF_FORMULA void between(const V* x, V* y) {
    y[0] = formula::between(x[0], x[1], x[2]);
}
LAUNCH(between)

template <class V>
RLHF_FORMULA void kl(const V* x, V* y) {
    const auto value = static_cast<rlhf::kl_estimator>(int(x[2])), slope = static_cast<rlhf::kl_estimator>(int(x[3]));
    const auto t = formula::kl(x[0], value, slope, x[1]);
    y[0] = t.value, y[1] = t.slope;
}
LAUNCH(kl)

template <class V>
RLHF_FORMULA void weighted_kl(const V* x, V* y) {
    const auto by = static_cast<rlhf::kl_weight>(int(x[7]));
    const auto t =
        formula::weighted_kl(formula::kl_term<V>{x[0], x[1]}, x[2], x[3], x[4] != V(0), x[5], x[6] != V(0), by);
    y[0] = t.value, y[1] = t.slope;
}
LAUNCH(weighted_kl)

template <class V>
RLHF_FORMULA void importance_weight(const V* x, V* y) {
    V loss = x[0], slope = x[1];
    formula::importance_weight<V>{x[2], x[3], x[6], x[7]}.apply(loss, slope, x[4], x[5]);
    y[0] = loss, y[1] = slope;
}
LAUNCH(importance_weight)

template <class V>
RLHF_FORMULA void policy_rule(const V* x, V* y) {
    using formula::policy_parts::all;
    const auto k = static_cast<rlhf::kl_estimator>(int(x[12]));
    const auto by = static_cast<rlhf::kl_weight>(int(x[15]));
    const formula::policy_rule<V, formula::clipped_surrogate<V>, all> rule{
        {x[6], x[7]}, x[8], {V(0), x[9], V(0), x[9]}, x[10], x[11], k, k, by, x[13] != V(0), x[14] != V(0)};
    const auto t = rule(x[0], x[1], x[2], x[3], x[4], x[5]);
    const auto& s = t.statistics;
    y[0] = t.writes[0], y[1] = s.loss, y[2] = s.log_ratio, y[3] = s.ratio, y[4] = s.kl, y[5] = s.log_ratio_size;
    y[6] = V(s.clipped_low), y[7] = V(s.clipped_high), y[8] = V(s.nonfinite);
}
LAUNCH(policy_rule)
