// SPDX-License-Identifier: MIT
// Every formula as device code: each of these becomes a kernel for float and one for double, read from memory and
// written to memory, so that nothing is known at compile time and nothing is left out. device.cmake compiles them and
// looks into the PTX: a kernel reads each x[i] and writes each y[i] that its function names.
#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/formula/clipped_surrogate.hpp>
#include <rlhf/formula/cross_entropy_loss.hpp>
#include <rlhf/formula/divergence.hpp>
#include <rlhf/formula/gae.hpp>
#include <rlhf/formula/kl_controller.hpp>
#include <rlhf/formula/kl_reward.hpp>
#include <rlhf/formula/mean.hpp>
#include <rlhf/formula/placed_score.hpp>
#include <rlhf/formula/plackett_luce_loss.hpp>
#include <rlhf/formula/policy_token.hpp>
#include <rlhf/formula/ppo_value_loss.hpp>
#include <rlhf/formula/whiten.hpp>

namespace formula = rlhf::formula;

// ---- policy and value ------------------------------------------------------------------------------------------------

template <class V>
RLHF_FORMULA void clipped_surrogate(const V* x, V* y) {
    const auto t = formula::clipped_surrogate<V>{x[2], x[3]}(x[0], x[1]);
    y[0] = t.loss, y[1] = t.slope, y[2] = t.ratio, y[3] = V(t.clipped_low), y[4] = V(t.clipped_high);
}
template <class V>
RLHF_FORMULA void dual_clipped_surrogate(const V* x, V* y) {
    const auto t = formula::dual_clipped_surrogate<V>{{x[2], x[3]}, x[4]}(x[0], x[1]);
    y[0] = t.loss, y[1] = t.slope, y[2] = V(t.dual_clipped);
}
template <class V>
RLHF_FORMULA void kl(const V* x, V* y) {
    const auto value = static_cast<rlhf::kl_estimator>(int(x[2])), slope = static_cast<rlhf::kl_estimator>(int(x[3]));
    const auto t = formula::kl(x[0], value, slope, x[1]);
    y[0] = t.value, y[1] = t.slope;
}
template <class V>
RLHF_FORMULA void importance_weight(const V* x, V* y) {
    V loss = x[0], slope = x[1];
    formula::importance_weight<V>{x[2], x[3]}.apply(loss, slope, x[4], x[5]);
    y[0] = loss, y[1] = slope;
}
template <class V>
RLHF_FORMULA void policy_rule(const V* x, V* y) {
    using formula::policy_parts::all;
    const auto k = static_cast<rlhf::kl_estimator>(int(x[12]));
    const formula::policy_rule<V, formula::clipped_surrogate<V>, all> rule{
        {x[6], x[7]}, x[8], {x[9], x[9]}, x[10], x[11], k, k, x[13] != V(0), x[14] != V(0)};
    const auto t = rule(x[0], x[1], x[2], x[3], x[4], x[5]);
    const auto& s = t.statistics;
    y[0] = t.writes[0], y[1] = s.loss, y[2] = s.log_ratio, y[3] = s.ratio, y[4] = s.kl, y[5] = s.log_ratio_size;
    y[6] = V(s.clipped_low), y[7] = V(s.clipped_high), y[8] = V(s.nonfinite);
}
template <class V>
RLHF_FORMULA void huber(const V* x, V* y) {
    const auto t = formula::huber<V>{x[1]}(x[0]);
    y[0] = t.loss, y[1] = t.slope, y[2] = V(t.clipped);
}
template <class V>
RLHF_FORMULA void half_square(const V* x, V* y) {
    const auto t = formula::half_square{}(x[0]);
    y[0] = t.loss, y[1] = t.slope;
}
template <class V>
RLHF_FORMULA void value_loss(const V* x, V* y) {
    const auto t = formula::value_loss(x[0], x[1], x[2], x[3], formula::half_square{});
    y[0] = t.loss, y[1] = t.slope, y[2] = V(t.clipped);
}
template <class V>
RLHF_FORMULA void value_rule(const V* x, V* y) {
    const auto t = formula::value_rule<V, formula::huber<V>, true>{x[4], {x[5]}}(x[0], x[1], x[2], x[3]);
    const auto& s = t.statistics;
    y[0] = t.writes[0], y[1] = s.loss, y[2] = V(s.clipped), y[3] = V(s.nonfinite), y[4] = s.residuals;
}
template <class V>
RLHF_FORMULA void mean_rule(const V* x, V* y) {
    const auto t = formula::mean_rule<V>{x[1]}(x[0]);
    y[0] = t.writes[0], y[1] = t.statistics.value;
}

// ---- rewards and advantages -------------------------------------------------------------------------------------------

template <class V>
RLHF_FORMULA void kl_reward_rule(const V* x, V* y) {
    const formula::kl_reward_rule<V> rule{x[2], x[3], static_cast<rlhf::kl_estimator>(int(x[4]))};
    const auto t = rule(x[0], x[1]);
    y[0] = t.writes[0], y[1] = t.statistics.kl;
}
template <class V>
RLHF_FORMULA void placed_score(const V* x, V* y) {
    y[0] = formula::placed_score(x[0], x[1] != V(0), x[2], formula::unfinished<V>{x[3], x[4] != V(0), x[5]});
}
template <class V>
RLHF_FORMULA void adapted_kl_coef(const V* x, V* y) {
    y[0] = formula::adapted_kl_coef(x[0], x[1], x[2], x[3], x[4], x[5]);
}
template <class V>
RLHF_FORMULA void discounted(const V* x, V* y) {
    y[0] = formula::discounted(x[0], x[1]);
}
template <class V>
RLHF_FORMULA void td_error(const V* x, V* y) {
    y[0] = formula::td_error(x[0], x[1], x[2], x[3]);
}
template <class V>
RLHF_FORMULA void gae_return(const V* x, V* y) {
    y[0] = formula::gae_return(x[0], x[1]);
}
template <class V>
RLHF_FORMULA void gae_backward(const V* x, V* y) {
    const auto d = formula::gae_backward(x[0], x[1], x[2], x[3]);
    y[0] = d.reward, y[1] = d.value, y[2] = d.next_value;
}
template <class V>
RLHF_FORMULA void floored_deviation(const V* x, V* y) {
    y[0] = formula::floored_deviation(x[0], x[1], static_cast<rlhf::std_floor>(int(x[2])));
}
template <class V>
RLHF_FORMULA void whitening(const V* x, V* y) {
    const auto m = formula::whitening<V>(x[0], x[1], x[2] != V(0), x[3] != V(0));
    y[0] = m.center, y[1] = m.center_rest, y[2] = m.factor, y[3] = m.shift;
}
template <class V>
RLHF_FORMULA void affine(const V* x, V* y) {
    y[0] = formula::affine(x[0], formula::affine_map<V>{x[1], x[2], x[3], x[4]});
}

// ---- rankings ---------------------------------------------------------------------------------------------------------

template <class V>
RLHF_FORMULA void bradley_terry(const V* x, V* y) {
    const auto t = formula::bradley_terry(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.loss, y[1] = t.d_chosen, y[2] = t.d_rejected;
}
template <class V>
RLHF_FORMULA void apart(const V* x, V* y) {
    y[0] = formula::apart(x[0], x[1]);
}
template <class V>
RLHF_FORMULA void with_response(const V* x, V* y) {
    const auto c = formula::with_response(formula::choice<V>{x[0], x[1]}, x[2]);
    y[0] = c.largest, y[1] = c.sum;
}
template <class V>
RLHF_FORMULA void plackett_luce(const V* x, V* y) {
    y[0] = formula::plackett_luce(formula::choice<V>{x[0], x[1]}, x[2]);
}
template <class V>
RLHF_FORMULA void chance(const V* x, V* y) {
    y[0] = formula::chance(formula::choice<V>{x[0], x[1]}, x[2]);
}

// ---- logits -----------------------------------------------------------------------------------------------------------

template <class V>
RLHF_FORMULA void cross_entropy(const V* x, V* y) {
    const auto t = formula::cross_entropy(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.nll, y[1] = t.loss, y[2] = t.by_log_prob, y[3] = t.by_mean_log_prob, y[4] = t.by_log_sum_exp;
}
template <class V>
RLHF_FORMULA void k3_series(const V* x, V* y) {
    y[0] = formula::k3_series<3>(x[0]);
}
template <class V>
RLHF_FORMULA void k3(const V* x, V* y) {
    y[0] = formula::k3(x[0]);
}
template <class V>
RLHF_FORMULA void difference(const V* x, V* y) {
    y[0] = formula::difference(x[0], x[1], x[2]);
}
template <class V>
RLHF_FORMULA void kl_share(const V* x, V* y) {
    y[0] = formula::kl_share(x[0], x[1], x[2]);
}
template <class V>
RLHF_FORMULA void artanh_series(const V* x, V* y) {
    y[0] = formula::artanh_series<3>(x[0]);
}
template <class V>
RLHF_FORMULA void log_and_excess(const V* x, V* y) {
    const auto t = formula::log_and_excess(x[0], x[1]);
    y[0] = t.log, y[1] = t.excess;
}
template <class V>
RLHF_FORMULA void reverse_kl(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::reverse_kl>(x[0], x[1], x[2], V(0.5), V(0.5));
    y[0] = t.value, y[1] = t.pull;
}
template <class V>
RLHF_FORMULA void forward_kl(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::forward_kl>(x[0], x[1], x[2], V(0.5), V(0.5));
    y[0] = t.value, y[1] = t.pull;
}
template <class V>
RLHF_FORMULA void jsd(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::jsd>(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.value, y[1] = t.pull;
}

// ---- the kernels, and the same code on the host -------------------------------------------------------------------------

template <class V, void (*Formula)(const V*, V*)>
__global__ void kernel(const V* x, V* y) {
    Formula(x, y);
}

template <class V, void (*... Formulas)(const V*, V*)>
void launch(const V* x, V* y) {
    (Formulas(x, y), ...);
    (kernel<V, Formulas><<<1, 1>>>(x, y), ...);
}

template <class V>
void launch_all(const V* x, V* y) {
    launch<V, clipped_surrogate<V>, dual_clipped_surrogate<V>, kl<V>, importance_weight<V>, policy_rule<V>>(x, y);
    launch<V, huber<V>, half_square<V>, value_loss<V>, value_rule<V>, mean_rule<V>>(x, y);
    launch<V, kl_reward_rule<V>, placed_score<V>, adapted_kl_coef<V>>(x, y);
    launch<V, discounted<V>, td_error<V>, gae_return<V>, gae_backward<V>>(x, y);
    launch<V, floored_deviation<V>, whitening<V>, affine<V>>(x, y);
    launch<V, bradley_terry<V>, apart<V>, with_response<V>, plackett_luce<V>, chance<V>>(x, y);
    launch<V, cross_entropy<V>, k3_series<V>, k3<V>, difference<V>, kl_share<V>>(x, y);
    launch<V, artanh_series<V>, log_and_excess<V>, reverse_kl<V>, forward_kl<V>, jsd<V>>(x, y);
}
template void launch_all(const float*, float*);
template void launch_all(const double*, double*);
