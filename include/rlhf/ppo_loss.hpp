// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/masked_mean.hpp>
#include <rlhf/ppo_policy_loss.hpp>
#include <rlhf/ppo_value_loss.hpp>
#include <rlhf/token_log_probs.hpp>

namespace rlhf {

struct ppo_loss_options {
    token_log_probs_options head = {};
    ppo_policy_loss_options policy = {};
    ppo_value_loss_options value = {};
    double value_coef = 1;
    double entropy_coef = 0; ///< of the mean entropy, by the policy's aggregation
};

} // namespace rlhf

namespace rlhf::inline RLHF_ABI {

template <class T>
struct ppo_loss_arrays {
    view<const T> old_log_probs = detail::required<T>(); ///< [B, T] when the rollout was scored
    view<const T> ref_log_probs = {};                    ///< [B, T] of the reference; absent: no KL
    view<const T> advantages = detail::required<T>();    ///< [B, T], or per_sequence [B]
    view<const T> values = {};                           ///< [B, T] V(sₜ) now; absent: no critic
    view<const T> old_values = {};                       ///< [B, T] at rollout; needed when value.clip_range is finite
    view<const T> returns = {};                          ///< [B, T]; needed with values
    view<T> log_probs = {};                              ///< [B, T] out, required
    view<T> entropy = {};                                ///< [B, T] out; needed when entropy_coef is not 0
    view<T> log_sum_exp = {};  ///< [B, T] out; without entropy_coef it saves a read of the logits
    view<T> d_log_probs = {};  ///< [B, T] out, required; ∂loss/∂log_probs
    view<T> d_entropy = {};    ///< [B, T] out; needed when entropy_coef is not 0
    gradient<T> d_values = {}; ///< [B, T] value_coef · ∂value loss/∂values
};

/// The results of the parts; joins by +=.
struct ppo_loss_result {
    ppo_policy_loss_result policy;
    ppo_value_loss_result value;
    masked_mean_result entropy; ///< its loss() is the mean entropy; 0 where no entropy was asked for
    double value_coef = 0, entropy_coef = 0;

    /// What the gradients written are the derivative of. Adds up over the parts of a step.
    [[nodiscard]] double loss() const {
        return policy.loss() + value_coef * value.loss() - entropy_coef * entropy.loss();
    }
    ppo_loss_result& operator+=(const ppo_loss_result& o) {
        policy += o.policy, value += o.value, entropy += o.entropy;
        value_coef = o.value_coef, entropy_coef = o.entropy_coef;
        return *this;
    }
};

namespace detail {
/// The parts write one after the other, so all is checked before the first.
template <class T, class E, class D>
void check_arguments(const batch& b, const logits_view<E>& logits, const index_view& targets,
                     const ppo_loss_arrays<T>& a, const logits_gradient<D>& into, const ppo_loss_options& o) {
    call c("ppo_loss", b);
    check_options(c.function(), o.head);
    check_options(c.function(), o.policy);
    check_positive(c.function(), "value.clip_range", o.value.clip_range);
    check_positive(c.function(), "value.huber", o.value.huber);
    check_finite(c.function(), "value_coef", o.value_coef);
    check_finite(c.function(), "entropy_coef", o.entropy_coef);
    check_logits_batch(c);
    bind_logits(c, logits, "logits");
    const auto ids = bind_targets(c, targets);
    c.in(a.old_log_probs, "old_log_probs"), c.in(a.advantages, "advantages");
    const auto ref = c.optional(a.ref_log_probs, "ref_log_probs"), values = c.optional(a.values, "values");
    const auto old_values = c.optional(a.old_values, "old_values"), returns = c.optional(a.returns, "returns");
    const auto log_probs = c.out(a.log_probs, "log_probs"), d_log_probs = c.out(a.d_log_probs, "d_log_probs");
    const auto entropy = c.out(a.entropy, "entropy"), d_entropy = c.out(a.d_entropy, "d_entropy");
    c.out(a.log_sum_exp, "log_sum_exp");
    const auto d_values = c.out(a.d_values, "d_values");
    bind_d_logits(c, into, logits);
    const auto needs = [&](bool there, const char* what) {
        if (!there && c.tokens() > 0) fail(c.function(), "%s", what);
    };
    needs(bool(log_probs), "log_probs is missing: the caller's buffer [B, T] for the log-probabilities");
    needs(bool(d_log_probs),
          "d_log_probs is missing: the caller's buffer [B, T] for the gradient on its way to the logits");
    needs(o.entropy_coef == 0 || (entropy && d_entropy), "entropy_coef needs the buffers entropy and d_entropy");
    needs(o.policy.kl_coef == 0 || ref, "policy.kl_coef needs ref_log_probs");
    needs(!values || returns, "values needs returns");
    needs(values || !d_values, "d_values needs values");
    needs(!values || old_values || !(o.value.clip_range < unlimited), "value.clip_range needs old_values");
    (void)normalization(c, o.policy.aggregation);
    if (values) (void)normalization(c, o.value.aggregation);
    c.done();
    check_targets(c, ids, logits.shape().vocab);
}
} // namespace detail

/// The minibatch half of a PPO step, from logits to the gradient into them: token_log_probs, ppo_policy_loss,
/// ppo_value_loss, the entropy bonus by masked_mean, and token_log_probs_backward, and nothing else; see there for
/// formulas, edges and sources.
///
///     loss = policy loss + value_coef · value loss − entropy_coef · mean entropy
///
/// Logits are [B, T, V], targets and arrays [B, T] (or packed [1, tokens, V] and [tokens]). d_logits may be the logits
/// themselves, another buffer, or one of a narrower type: a logits_view, or write_to or add_to of one. The values'
/// gradient is multiplied by value_coef.
///
/// What passes between the parts lies in the caller's buffers log_probs and d_log_probs, with an entropy bonus also in
/// entropy and d_entropy; nothing is allocated.
///
/// Throws what its parts throw, and when one of these buffers is missing, before anything is written.
template <class T = float, class Arch = native, class E, class D>
ppo_loss_result ppo_loss(const batch& b, logits_view<E> logits, const index_view& targets, const ppo_loss_arrays<T>& a,
                         const D& d_logits, const ppo_loss_options& o = {}, const executor& run = {}) {
    const logits_gradient into(d_logits);
    detail::check_arguments(b, logits, targets, a, into, o);
    const bool bonus = o.entropy_coef != 0;
    ppo_loss_result r;
    r.value_coef = o.value_coef, r.entropy_coef = o.entropy_coef;
    token_log_probs<T, Arch>(b, logits, targets,
                             {.log_probs = a.log_probs, .entropy = a.entropy, .log_sum_exp = a.log_sum_exp}, o.head,
                             run);
    r.policy = ppo_policy_loss<T, Arch>(b,
                                        {.log_probs = a.log_probs,
                                         .old_log_probs = a.old_log_probs,
                                         .ref_log_probs = a.ref_log_probs,
                                         .advantages = a.advantages,
                                         .d_log_probs = a.d_log_probs},
                                        o.policy, run);
    if (!a.values.absent())
        r.value = ppo_value_loss<T, Arch>(b,
                                          {.values = a.values,
                                           .old_values = a.old_values,
                                           .returns = a.returns,
                                           .d_values = a.d_values.times(o.value_coef)},
                                          o.value, run);
    if (!a.entropy.absent())
        r.entropy = masked_mean<T, Arch>(
            b, {.values = a.entropy, .d_values = gradient<T>(bonus ? a.d_entropy : view<T>(), -o.entropy_coef, false)},
            {.aggregation = o.policy.aggregation}, run);
    token_log_probs_backward<T, Arch>(
        b, logits, targets,
        {.log_sum_exp = a.log_sum_exp, .d_log_probs = a.d_log_probs, .d_entropy = bonus ? a.d_entropy : view<T>()},
        into, o.head, run);
    return r;
}

} // namespace rlhf::inline RLHF_ABI
