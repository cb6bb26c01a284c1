// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/rlhf.hpp>

/// rlhf.hpp and linear_head.hpp, with the code of the usual calls in the library `rlhf::compiled`. A file that makes
/// only usual calls compiles as fast as its headers are read. In usual calls, arrays are of float and logits of float,
/// bfloat16 or float16, or everything is of double; the gradient of the logits has their type. policy_loss,
/// preference_loss and unpaired_loss are there with all objectives, divergences for two logits of the same type.
/// kept_log_probs and vocab_shards are not usual calls. Other calls are compiled in the file that makes them, as
/// without this header.
///
/// Compile the library and the program that links it for the same instruction set. Otherwise the linker does not find
/// `rlhf::v0_1_…::gae`, because the ABI tag names another instruction set (DESIGN.md, D9 and D29).

/// The usual calls. `word` is `extern template` in this header and `template` in the library.
#define RLHF_USUAL(word, T, result, name)                                                                              \
    word result name(const batch&, const name##_arrays<T>&, const name##_options&, const executor&);

#define RLHF_USUAL_OBJECTIVE(word, T, objective)                                                                       \
    word policy_loss_result policy_loss(const batch&, const policy_loss_arrays<T>&, const objective&,                  \
                                        const policy_loss_options&, const executor&);

#define RLHF_USUAL_ADVANTAGES(word, T)                                                                                 \
    RLHF_USUAL(word, T, void, discounted_returns)                                                                      \
    RLHF_USUAL(word, T, void, gae)                                                                                     \
    RLHF_USUAL(word, T, void, gae_backward)                                                                            \
    RLHF_USUAL(word, T, shape_rewards_result, shape_rewards)                                                           \
    RLHF_USUAL(word, T, ppo_advantages_result, ppo_advantages)                                                         \
    RLHF_USUAL(word, T, void, vtrace)                                                                                  \
    word group_advantages_result group_advantages(const groups&, const group_advantages_arrays<T>&,                    \
                                                  const group_advantages_options&, const executor&);                   \
    word moments moments_of<T>(const batch&, const view<const T>&, const executor&);                                   \
    word void whiten<T>(const batch&, const view<T>&, const moments&, const whiten_options&, const executor&);         \
    word moments whiten<T>(const batch&, const view<T>&, const whiten_options&, const executor&);

#define RLHF_USUAL_POLICIES(word, T)                                                                                   \
    RLHF_USUAL(word, T, ppo_policy_loss_result, ppo_policy_loss)                                                       \
    RLHF_USUAL_OBJECTIVE(word, T, cispo)                                                                               \
    RLHF_USUAL_OBJECTIVE(word, T, dppo_kl)                                                                             \
    RLHF_USUAL_OBJECTIVE(word, T, dppo_tv)                                                                             \
    RLHF_USUAL_OBJECTIVE(word, T, gmpo)                                                                                \
    RLHF_USUAL_OBJECTIVE(word, T, gspo)                                                                                \
    RLHF_USUAL_OBJECTIVE(word, T, ppo_clip)                                                                            \
    RLHF_USUAL_OBJECTIVE(word, T, sapo)                                                                                \
    RLHF_USUAL_OBJECTIVE(word, T, topr)                                                                                \
    RLHF_USUAL_OBJECTIVE(word, T, vespo)                                                                               \
    RLHF_USUAL(word, T, importance_weights_result, importance_weights)                                                 \
    RLHF_USUAL(word, T, covariance_tokens_result, covariance_tokens)                                                   \
    RLHF_USUAL(word, T, top_entropy_result, top_entropy)

#define RLHF_USUAL_LOSSES(word, T)                                                                                     \
    RLHF_USUAL(word, T, masked_mean_result, masked_mean)                                                               \
    RLHF_USUAL(word, T, ppo_value_loss_result, ppo_value_loss)                                                         \
    RLHF_USUAL(word, T, ptx_loss_result, ptx_loss)                                                                     \
    RLHF_USUAL(word, T, bradley_terry_loss_result, bradley_terry_loss)                                                 \
    RLHF_USUAL(word, T, ranking_loss_result, ranking_loss)                                                             \
    word plackett_luce_loss_result plackett_luce_loss(const batch&, const plackett_luce_loss_arrays<T>&,               \
                                                      const executor&);                                                \
    word double reward_bias<T>(const batch&, const view<const T>&, const executor&);                                   \
    RLHF_USUAL(word, T, sequence_log_probs_result, sequence_log_probs)                                                 \
    word void sequence_log_probs_backward(const batch&, const sequence_log_probs_backward_arrays<T>&,                  \
                                          const sequence_log_probs_options&, const executor&);                         \
    word preference_loss_result preference_pairs(const batch&, const preference_pairs_arrays<T>&, const dpo&);

#define RLHF_USUAL_PREFERENCE(word, T, objective)                                                                      \
    word preference_loss_result preference_loss(const batch&, const preference_loss_arrays<T>&, const objective&,      \
                                                const executor&);

#define RLHF_USUAL_PREFERENCES(word, T)                                                                                \
    RLHF_USUAL_PREFERENCE(word, T, apo_down)                                                                           \
    RLHF_USUAL_PREFERENCE(word, T, apo_zero)                                                                           \
    RLHF_USUAL_PREFERENCE(word, T, bco)                                                                                \
    RLHF_USUAL_PREFERENCE(word, T, discopop)                                                                           \
    RLHF_USUAL_PREFERENCE(word, T, dpo)                                                                                \
    RLHF_USUAL_PREFERENCE(word, T, exo)                                                                                \
    RLHF_USUAL_PREFERENCE(word, T, ipo)                                                                                \
    RLHF_USUAL_PREFERENCE(word, T, nca)                                                                                \
    RLHF_USUAL_PREFERENCE(word, T, orpo)                                                                               \
    RLHF_USUAL_PREFERENCE(word, T, robust_dpo)                                                                         \
    RLHF_USUAL_PREFERENCE(word, T, simpo)                                                                              \
    RLHF_USUAL_PREFERENCE(word, T, slic_hinge)                                                                         \
    RLHF_USUAL_PREFERENCE(word, T, sppo)                                                                               \
    word unpaired_loss_result unpaired_loss(const batch&, const unpaired_loss_arrays<T>&, const bco&);                 \
    word unpaired_loss_result unpaired_loss(const batch&, const unpaired_loss_arrays<T>&, const kto&);

/// The functions over logits. Source says where the logits come from and where their gradient goes.
#define RLHF_USUAL_LOGITS(word, T, Source)                                                                             \
    word token_log_probs_result log_probs_of<T, native>(call&, const Source&, const index_view&,                       \
                                                        const token_log_probs_arrays<T>&,                              \
                                                        const token_log_probs_options&, const executor&);              \
    word token_log_probs_result log_probs_backward<T, native>(call&, const Source&, const index_view&,                 \
                                                              const token_log_probs_backward_arrays<T>&,               \
                                                              const token_log_probs_options&, const executor&);        \
    word cross_entropy_loss_result cross_entropy<native>(call&, const Source&, const index_view&,                      \
                                                         const cross_entropy_loss_options&, const executor&);          \
    word ppo_loss_result ppo_loss<T, native>(call&, const Source&, const index_view&, const ppo_loss_arrays<T>&,       \
                                             const ppo_loss_options&, const executor&);

#define RLHF_USUAL_DIVERGENCES(word, E)                                                                                \
    word divergence_sums divergence_from_logits<native>(call&, const stored_logits<E>&, const logits_view<E>&,         \
                                                        const divergence_options&, const executor&);                   \
    word divergence_sums divergence_from_top_k<native>(call&, const stored_logits<E>&, const top_k_reference&,         \
                                                       const top_k_divergence_options&, const executor&);

namespace RLHF_NAMESPACE {
RLHF_USUAL_ADVANTAGES(extern template, float)
RLHF_USUAL_ADVANTAGES(extern template, double)
RLHF_USUAL_POLICIES(extern template, float)
RLHF_USUAL_POLICIES(extern template, double)
RLHF_USUAL_LOSSES(extern template, float)
RLHF_USUAL_LOSSES(extern template, double)
RLHF_USUAL_PREFERENCES(extern template, float)
RLHF_USUAL_PREFERENCES(extern template, double)
namespace detail {
RLHF_USUAL_LOGITS(extern template, float, stored_logits<float>)
RLHF_USUAL_LOGITS(extern template, float, stored_logits<bfloat16>)
RLHF_USUAL_LOGITS(extern template, float, stored_logits<float16>)
RLHF_USUAL_LOGITS(extern template, double, stored_logits<double>)
RLHF_USUAL_LOGITS(extern template, float, head_logits<float>)
RLHF_USUAL_LOGITS(extern template, double, head_logits<double>)
RLHF_USUAL_DIVERGENCES(extern template, float)
RLHF_USUAL_DIVERGENCES(extern template, double)
RLHF_USUAL_DIVERGENCES(extern template, bfloat16)
} // namespace detail
} // namespace RLHF_NAMESPACE
