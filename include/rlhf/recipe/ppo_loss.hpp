// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/policy/masked_mean.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>

#include <optional>

namespace rlhf {

struct ppo_loss_options {
    token_log_probs_options head = {};   ///< for token_log_probs
    ppo_policy_loss_options policy = {}; ///< for ppo_policy_loss
    ppo_value_loss_options value = {};   ///< for ppo_value_loss
    double value_coef = 1;               ///< finite: the factor of the value loss
    double entropy_coef = 0;             ///< finite: the factor of the mean entropy, by the policy's aggregation
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct ppo_loss_arrays {
    view<const T> old_log_probs = detail::required<T>(); ///< [B, T] log π_old at the time of the rollout
    view<const T> ref_log_probs = {};                    ///< [B, T] log π_ref; absent: no KL
    view<const T> behavior_log_probs = {};               ///< [B, T] log μ of the sampler; absent: no importance weight
    view<const T> advantages = detail::required<T>();    ///< [B, T], or per_sequence [B]
    view<const T> weights = {};                          ///< [B, T], or per_sequence [B]; factor of the policy loss
    view<const T> values = {};                           ///< [B, T] V(sₜ) now; absent: no critic
    view<const T> old_values = {};                       ///< [B, T] v_old at rollout; needed for value.clip_range
    view<const T> returns = {};                          ///< [B, T] R, the targets of the values; needed with values
    view<const T> value_weights = {};                    ///< [B, T], or per_sequence [B]; factor of the value loss
    view<T> log_probs = detail::required_output<T>();    ///< [B, T] out, log π of the targets, nats
    view<T> entropy = {};                                ///< [B, T] out, nats; needed if entropy_coef is not 0
    view<T> d_log_probs = detail::required_output<T>();  ///< [B, T] out, ∂loss/∂log_probs
    view<T> d_entropy = {};                              ///< [B, T] out, ∂loss/∂entropy; needed with entropy_coef
    gradient<T> d_values = {};                           ///< [B, T] value_coef · ∂value loss/∂values
};

/// The results of the four functions. The parts of a step join by +=.
struct ppo_loss_result {
    counts own; ///< counted here
    ppo_policy_loss_result policy;
    ppo_value_loss_result value;
    masked_mean_result entropy; ///< its loss() is the mean entropy; 0 if `entropy` is absent
    double value_coef = 0, entropy_coef = 0;

    /// The loss whose derivative the written gradients are. It adds up over the parts of a step.
    [[nodiscard]] double loss() const {
        using detail::real;
        return double(policy.loss() + value_coef * real(value.loss()) - entropy_coef * real(entropy.loss()));
    }
    ppo_loss_result& operator+=(const ppo_loss_result& o) {
        if (o.own.tokens > 0) value_coef = o.value_coef, entropy_coef = o.entropy_coef;
        own += o.own, policy += o.policy, value += o.value, entropy += o.entropy;
        return *this;
    }
};

namespace detail {
/// Checks all arguments before the first part writes, and binds the arrays that the sweep over rows of logits uses.
template <class T>
struct ppo_loss_call {
    bound_targets ids;
    stream<T> log_probs, entropy, d_log_probs, d_entropy;

    ppo_loss_call(call& c, const index_view& targets, const ppo_loss_arrays<T>& a, const ppo_loss_options& o,
                  std::int64_t vocab) {
        check(c.function(), a, o);
        ids = bind_targets(c, targets);
        c.in(a.old_log_probs, "old_log_probs"), c.in(a.advantages, "advantages");
        const auto ref = c.optional(a.ref_log_probs, "ref_log_probs"), values = c.optional(a.values, "values");
        c.optional(a.behavior_log_probs, "behavior_log_probs"), c.optional(a.weights, "weights");
        const auto old_values = c.optional(a.old_values, "old_values"), returns = c.optional(a.returns, "returns");
        const auto value_weights = c.optional(a.value_weights, "value_weights");
        log_probs = c.out(a.log_probs, "log_probs").to, d_log_probs = c.out(a.d_log_probs, "d_log_probs").to;
        entropy = c.out(a.entropy, "entropy").to, d_entropy = c.out(a.d_entropy, "d_entropy").to;
        const auto d_values = c.out(a.d_values, "d_values");
        const auto needs = [&](bool there, const char* what) {
            if (!there && c.tokens() > 0) fail(c.function(), "%s", what);
        };
        needs(bool(log_probs), "log_probs is missing: give a buffer [B, T] for the log-probabilities");
        needs(bool(d_log_probs),
              "d_log_probs is missing: give a buffer [B, T] for the gradient with respect to log_probs");
        needs(o.entropy_coef == 0 || (entropy && d_entropy), "entropy_coef needs the buffers entropy and d_entropy");
        needs(o.policy.kl_coef == 0 || ref, "policy.kl_coef needs ref_log_probs");
        needs(!values || returns, "values needs returns");
        needs(values || !d_values, "d_values needs values");
        needs(values || !(old_values || returns || value_weights), "old_values, returns and value_weights need values");
        needs(values || o.value_coef == 0 || o.value_coef == ppo_loss_options().value_coef, "value_coef needs values");
        needs(values || !(o.value.clip_range < unlimited || o.value.huber < unlimited),
              "value.clip_range and value.huber need values");
        needs(!values || old_values || !(o.value.clip_range < unlimited), "value.clip_range needs old_values");
        (void)normalization(c, o.policy.aggregation);
        if (values) (void)normalization(c, o.value.aggregation);
        c.done();
        check_targets(c, ids, vocab);
    }

private:
    /// Checks the options that are numbers, and the numbers that the parts make of them.
    static void check(const char* f, const ppo_loss_arrays<T>& a, const ppo_loss_options& o) {
        check_options(f, o.head);
        check_options(f, o.policy);
        check_positive<T>(f, "value.clip_range", o.value.clip_range);
        check_positive<T>(f, "value.huber", o.value.huber);
        check_finite(f, "value_coef", o.value_coef);
        check_finite<T>(f, "value_coef times the scale of d_values", o.value_coef * a.d_values.scale);
        check_finite<T>(f, "entropy_coef", o.entropy_coef);
    }
};

/// Turns logits into their gradient row by row: softmax, the token's slopes, the row's gradient (DESIGN.md, D13).
/// `entropy` is the sweep of the entropy bonus, or null.
template <class T, class Arch, class Source, class Policy, class Mean>
void ppo_loss_rows(const call& c, const Source& source, const ppo_loss_call<T>& a, const Policy& policy,
                   const Mean* entropy, const ppo_loss_options& o, const executor& run) {
    using E = typename Source::element_type;
    const softmax_pass<compute_type<E>, Arch> rows(o.head.temperature);
    (void)source.template sweep<totals<no_statistics>>(c, run, [&](const position& here, auto&) {
        const auto put = [&](const stream<T>& to, double value) {
            if (to) here.of(to) = static_cast<T>(value);
        };
        softmax_stats softmax;
        logit_slopes slope{.scale = source.scale};
        std::int64_t target = 0;
        if (entropy == nullptr) put(a.d_entropy, 0);
        if (here.counted) {
            const E* const z = source.at(here);
            target = here.of(a.ids);
            softmax = a.entropy ? rows.template read<softmax_wanted{.entropy = true}>(z, source.vocab())
                                : rows.template read<softmax_wanted{}>(z, source.vocab());
            put(a.log_probs, softmax.log_prob(static_cast<double>(z[target]))), put(a.entropy, softmax.entropy);
            policy.token(here.sequence, here.step);
            slope.log_prob = static_cast<double>(here.of(a.d_log_probs));
            if (entropy != nullptr) {
                entropy->token(here.sequence, here.step);
                slope.entropy = static_cast<double>(here.of(a.d_entropy));
            }
        } else {
            put(a.log_probs, 0), put(a.entropy, 0);
        }
        if (slope.log_prob == 0 && slope.entropy == 0) softmax = {}, target = 0; // writes zeros
        source.write(rows, here, softmax, slope, target);
    });
}

/// See ppo_loss. Source: stored_logits or head_logits.
template <class T, class Arch, class Source>
ppo_loss_result ppo_loss(call& c, const Source& source, const index_view& targets, const ppo_loss_arrays<T>& a,
                         const ppo_loss_options& o, const executor& run) {
    check_scale(c, source, o.head.temperature);
    const ppo_loss_call<T> bound(c, targets, a, o, source.vocab());
    const batch& b = c.batch();
    const bool bonus = o.entropy_coef != 0;
    const ppo_policy_loss_arrays<T> arrays{.log_probs = a.log_probs,
                                           .old_log_probs = a.old_log_probs,
                                           .ref_log_probs = a.ref_log_probs,
                                           .behavior_log_probs = a.behavior_log_probs,
                                           .advantages = a.advantages,
                                           .weights = a.weights,
                                           .d_log_probs = a.d_log_probs};
    call of_policy(c.function(), b), of_entropy(c.function(), b);
    const auto [n, policy] = ppo_policy_sweep<T, Arch>(of_policy, arrays, o.policy);
    const auto bind_mean = [&] {
        const gradient<T> d_entropy(bonus ? a.d_entropy : view<T>(), -o.entropy_coef, false);
        return mean_sweep<T, Arch>(of_entropy, view<const T>(a.entropy), "entropy", d_entropy, "d_entropy", T(1),
                                   o.policy.aggregation);
    };
    std::optional<decltype(bind_mean())> mean;
    if (!a.entropy.absent()) mean.emplace(bind_mean());
    ppo_loss_rows<T, Arch>(c, source, bound, policy, bonus && mean ? &mean->sweep : nullptr, o, run);

    ppo_loss_result r;
    r.value_coef = o.value_coef, r.entropy_coef = o.entropy_coef;
    r.policy = ppo_policy_loss_result(n, policy(run)), r.own = r.policy.own;
    if (!a.values.absent())
        r.value = ppo_value_loss<T, Arch>(b,
                                          {.values = a.values,
                                           .old_values = a.old_values,
                                           .returns = a.returns,
                                           .weights = a.value_weights,
                                           .d_values = a.d_values.times(o.value_coef)},
                                          o.value, run);
    if (mean) r.entropy = mean->n.sums(mean->sweep(run).loss);
    return r;
}
} // namespace detail

/// A minibatch of a PPO step, from logits to their gradient. It is token_log_probs, ppo_policy_loss, ppo_value_loss,
/// the entropy bonus by masked_mean, and token_log_probs_backward, with the same bits; see there for formulas, edge
/// cases and sources. A row of logits is read, used for its token's slopes, and overwritten by its gradient while it is
/// in the cache.
///
///     loss = policy loss + value_coef · value loss − entropy_coef · mean entropy
///
/// Logits are [B, T, V], targets and arrays [B, T] (or packed [1, tokens, V] and [tokens]). d_logits may be the logits
/// themselves or another buffer: a logits_view, or write_to or add_to of one. It may have any type of logits, but
/// double only if the logits are double. The gradient of the values is multiplied by value_coef. The weights do not
/// apply to the entropy bonus.
///
/// The caller's buffers log_probs and d_log_probs hold the intermediate results, with an entropy bonus also entropy and
/// d_entropy. Nothing is allocated (DESIGN.md, D12).
///
/// Throws before anything is written: what these functions throw, and std::invalid_argument if one of these buffers is
/// missing, and for arguments of a critic (returns, old_values, value_weights, value_coef, value.clip_range,
/// value.huber) without values.
template <class T = float, class Arch = native, class E, class D>
ppo_loss_result ppo_loss(const batch& b, logits_view<E> logits, const index_view& targets, const ppo_loss_arrays<T>& a,
                         const D& d_logits, const ppo_loss_options& o = {}, const executor& run = {}) {
    detail::call c("ppo_loss", b);
    const auto source = detail::bind_stored(c, logits, detail::as_logits_gradient(d_logits));
    return detail::ppo_loss<T, Arch>(c, source, targets, a, o, run);
}

} // namespace RLHF_NAMESPACE
