// SPDX-License-Identifier: MIT
// Every formula as device code: LAUNCH makes two kernels of a function, for float and for double. They read from memory
// and write to memory, so that nothing is known at compile time and nothing is left out. device.cmake compiles them and
// looks into the PTX: a kernel reads each x[i] and writes each y[i] that its function names.
#include <rlhf/formula/apo.hpp>
#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/formula/cispo.hpp>
#include <rlhf/formula/clipped_surrogate.hpp>
#include <rlhf/formula/covariance_tokens.hpp>
#include <rlhf/formula/cross_entropy_loss.hpp>
#include <rlhf/formula/discopop.hpp>
#include <rlhf/formula/divergence.hpp>
#include <rlhf/formula/dpo.hpp>
#include <rlhf/formula/dppo.hpp>
#include <rlhf/formula/entropy_controller.hpp>
#include <rlhf/formula/exo.hpp>
#include <rlhf/formula/gae.hpp>
#include <rlhf/formula/gmpo.hpp>
#include <rlhf/formula/group_advantage.hpp>
#include <rlhf/formula/gspo.hpp>
#include <rlhf/formula/importance_weights.hpp>
#include <rlhf/formula/ipo.hpp>
#include <rlhf/formula/kl_controller.hpp>
#include <rlhf/formula/kl_reward.hpp>
#include <rlhf/formula/kto.hpp>
#include <rlhf/formula/log_ratio.hpp>
#include <rlhf/formula/mean.hpp>
#include <rlhf/formula/nca.hpp>
#include <rlhf/formula/orpo.hpp>
#include <rlhf/formula/placed_score.hpp>
#include <rlhf/formula/plackett_luce_loss.hpp>
#include <rlhf/formula/policy_token.hpp>
#include <rlhf/formula/ppo_value_loss.hpp>
#include <rlhf/formula/sapo.hpp>
#include <rlhf/formula/shaped_score.hpp>
#include <rlhf/formula/slic_hinge.hpp>
#include <rlhf/formula/sppo.hpp>
#include <rlhf/formula/top_entropy.hpp>
#include <rlhf/formula/topr.hpp>
#include <rlhf/formula/vespo.hpp>
#include <rlhf/formula/vtrace.hpp>
#include <rlhf/formula/whiten.hpp>

namespace formula = rlhf::formula;

template <class V, void (*Formula)(const V*, V*)>
__global__ void kernel(const V* x, V* y) {
    Formula(x, y);
}

/// On the host and on the device.
template <class V, void (*Formula)(const V*, V*)>
void launch(const V* x, V* y) {
    Formula(x, y);
    kernel<V, Formula><<<1, 1>>>(x, y);
}

#define LAUNCH(function)                                                                                               \
    template void launch<float, function<float>>(const float*, float*);                                                \
    template void launch<double, function<double>>(const double*, double*);

// ---- policy and value ------------------------------------------------------------------------------------------------

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
    const formula::sequence_surrogate<V> any{x[1], x[2], static_cast<rlhf::sequence_ratio>(int(x[6]))};
    const auto f = any.for_sequence(log_ratio_sums<V>{x[3]}, x[4], x[5]);
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
    const auto f = formula::gmpo<V>{{x[3], x[4]}}.for_sequence(bounded_log_ratio_sums<V>{x[5], x[6]}, x[7], x[8]);
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
    const auto f = formula::vespo<V>{x[2], x[3], x[4], x[5]}.for_sequence(log_ratio_sums<V>{x[6]}, V(1), x[7]);
    const auto t = f(formula::sampled_token<V>{x[0], V(0), V(0), x[1]});
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio;
}
LAUNCH(vespo)

template <class V>
RLHF_FORMULA void importance_weight_rule(const V* x, V* y) {
    using range = formula::range_of<V>;
    const formula::importance_weight_rule<V> rule{.level = static_cast<rlhf::importance_level>(int(x[3])),
                                                  .mask = x[4] != V(0),
                                                  .range = range{x[5], x[6]},
                                                  .mean = range{x[7], x[8]},
                                                  .product = range{x[9], x[10]},
                                                  .token = range{x[11], x[12]},
                                                  .drift_limit = x[13],
                                                  .probability_limit = x[14],
                                                  .log_ratio_limit = x[19],
                                                  .binary_kl_limit = x[20]};
    const auto t = rule.for_sequence(log_weight_sums<V>{x[15], {x[16]}, {x[17]}}, x[18])(x[0], x[1], x[2]);
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

// ---- rewards and advantages -------------------------------------------------------------------------------------------

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

// ---- rankings ---------------------------------------------------------------------------------------------------------

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

// ---- preferences ------------------------------------------------------------------------------------------------------

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

// ---- logits -----------------------------------------------------------------------------------------------------------

template <class V>
RLHF_FORMULA void cross_entropy(const V* x, V* y) {
    const auto t = formula::cross_entropy(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.nll, y[1] = t.loss, y[2] = t.by_log_prob, y[3] = t.by_mean_log_prob, y[4] = t.by_log_sum_exp;
}
LAUNCH(cross_entropy)

template <class V>
RLHF_FORMULA void difference(const V* x, V* y) {
    y[0] = formula::difference(x[0], x[1], x[2]);
}
LAUNCH(difference)

template <class V>
RLHF_FORMULA void kl_share(const V* x, V* y) {
    y[0] = formula::kl_share(x[0], x[1], x[2]);
}
LAUNCH(kl_share)

template <class V>
RLHF_FORMULA void artanh_series(const V* x, V* y) {
    y[0] = formula::artanh_series<3>(x[0]);
}
LAUNCH(artanh_series)

template <class V>
RLHF_FORMULA void log_and_excess(const V* x, V* y) {
    const auto t = formula::log_and_excess(x[0], x[1]);
    y[0] = t.log, y[1] = t.excess;
}
LAUNCH(log_and_excess)

template <class V>
RLHF_FORMULA void reverse_kl(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::reverse_kl>(x[0], x[1], x[2], V(0.5), V(0.5));
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(reverse_kl)

template <class V>
RLHF_FORMULA void forward_kl(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::forward_kl>(x[0], x[1], x[2], V(0.5), V(0.5));
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(forward_kl)

template <class V>
RLHF_FORMULA void jsd(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::jsd>(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(jsd)
