// SPDX-License-Identifier: MIT
// Compiled by tests/structure/weight.cmake, never run: a call of each public function, so that sweeps and code can be
// counted.
#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/rlhf.hpp>

/// Plain C++ under a name of its own for each call: by it a sweep's symbol says whose it is. The call has at most so
/// many kilobytes of code, in which every operation of a lane::number is a function call.
template <class Function, int kilobytes = 0>
struct arch_of {};

template <class T, class Function, int kilobytes>
struct rlhf::detail::lanes<T, arch_of<Function, kilobytes>> : rlhf::detail::lanes<T, rlhf::scalar> {};

template <class X>
const X& any();

void calls(const rlhf::batch& b, rlhf::logits_view<const float> logits, rlhf::logits_gradient<float> d_logits,
           const rlhf::index_view& ids, rlhf::view<float> values, rlhf::view<rlhf::vocab_shard> shards) {
    using namespace rlhf;
    bradley_terry_loss<float, arch_of<struct call_of_bradley_terry_loss, 34>>(b,
                                                                              any<bradley_terry_loss_arrays<float>>());
    cross_entropy_loss<arch_of<struct call_of_cross_entropy_loss, 66>>(b, logits, ids, d_logits);
    cross_entropy_loss<arch_of<struct call_of_linear_head_cross_entropy, 67>>(b, any<linear_head<float>>(), ids,
                                                                              any<linear_head_gradient<float>>());
    discounted_returns<float, arch_of<struct call_of_discounted_returns, 145>>(b,
                                                                               any<discounted_returns_arrays<float>>());
    gae<float, arch_of<struct call_of_gae, 214>>(b, any<gae_arrays<float>>());
    gae_backward<float, arch_of<struct call_of_gae_backward, 246>>(b, any<gae_backward_arrays<float>>());
    gdpo_advantages<float, arch_of<struct call_of_gdpo_advantages, 79>>({}, any<gdpo_advantages_arrays<float>>());
    group_advantages<float, arch_of<struct call_of_group_advantages, 62>>({}, any<group_advantages_arrays<float>>());
    importance_weights<float, arch_of<struct call_of_importance_weights, 83>>(b,
                                                                              any<importance_weights_arrays<float>>());
    kept_log_probs<float, arch_of<struct call_of_kept_log_probs, 12>>(b, logits, ids, any<kept_set>(),
                                                                      any<kept_log_probs_arrays<float>>());
    kept_log_probs_backward<float, arch_of<struct call_of_kept_log_probs_backward, 16>>(
        b, logits, ids, any<kept_set>(), any<kept_log_probs_backward_arrays<float>>(), d_logits);
    logits_divergence<arch_of<struct call_of_logits_divergence, 158>>(b, logits, logits, d_logits);
    (void)masked_mean<float, arch_of<struct call_of_masked_mean, 21>>(b, any<masked_mean_arrays<float>>());
    plackett_luce_loss<float, arch_of<struct call_of_plackett_luce_loss, 2>>(b,
                                                                             any<plackett_luce_loss_arrays<float>>());
    preference_loss<float, arch_of<struct call_of_preference_loss, 34>>(b, any<preference_loss_arrays<float>>(),
                                                                        any<dpo>());
    preference_pairs<float, arch_of<struct call_of_preference_pairs, 37>>(b, any<preference_pairs_arrays<float>>(),
                                                                          any<dpo>());
    preference_nll<float, arch_of<struct call_of_preference_nll, 84>>(b, b, b, any<preference_nll_arrays<float>>(),
                                                                      any<dpo>());
    ppo_advantages<float, arch_of<struct call_of_ppo_advantages, 271>>(b, any<ppo_advantages_arrays<float>>());
    ppo_loss<float, arch_of<struct call_of_ppo_loss, 266>>(b, logits, ids, any<ppo_loss_arrays<float>>(), d_logits);
    ppo_loss<float, arch_of<struct call_of_linear_head, 266>>(
        b, any<linear_head<float>>(), ids, any<ppo_loss_arrays<float>>(), any<linear_head_gradient<float>>());
    policy_loss<float, arch_of<struct call_of_gspo, 99>>(b, any<policy_loss_arrays<float>>(), any<gspo>());
    policy_loss<float, arch_of<struct call_of_policy_loss, 132>>(b, any<policy_loss_arrays<float>>(), any<dppo_kl>());
    ppo_policy_loss<float, arch_of<struct call_of_ppo_policy_loss, 94>>(b, any<ppo_policy_loss_arrays<float>>());
    ppo_value_loss<float, arch_of<struct call_of_ppo_value_loss, 63>>(b, any<ppo_value_loss_arrays<float>>());
    ptx_loss<float, arch_of<struct call_of_ptx_loss, 21>>(b, any<ptx_loss_arrays<float>>());
    ranking_loss<float, arch_of<struct call_of_ranking_loss, 67>>(b, any<ranking_loss_arrays<float>>());
    (void)reward_bias<float, arch_of<struct call_of_reward_bias, 18>>(b, values);
    sequence_log_probs<float, arch_of<struct call_of_sequence_log_probs, 12>>(b,
                                                                              any<sequence_log_probs_arrays<float>>());
    sequence_log_probs_backward<float, arch_of<struct call_of_sequence_log_probs_backward, 15>>(
        b, any<sequence_log_probs_backward_arrays<float>>());
    covariance_tokens<float, arch_of<struct call_of_covariance_tokens, 28>>(b, any<covariance_tokens_arrays<float>>());
    top_entropy<float, arch_of<struct call_of_top_entropy, 32>>(b, any<top_entropy_arrays<float>>());
    shape_rewards<float, arch_of<struct call_of_shape_rewards, 25>>(b, any<shape_rewards_arrays<float>>());
    shape_scores<float, arch_of<struct call_of_shape_scores, 6>>(b, any<shape_scores_arrays<float>>());
    token_log_probs<float, arch_of<struct call_of_token_log_probs, 95>>(b, logits, ids,
                                                                        any<token_log_probs_arrays<float>>());
    token_log_probs_backward<float, arch_of<struct call_of_token_log_probs_backward, 89>>(
        b, logits, ids, any<token_log_probs_backward_arrays<float>>(), d_logits);
    top_k_divergence<arch_of<struct call_of_top_k_divergence, 116>>(b, logits, any<top_k_reference>(), d_logits);
    unpaired_loss<float, arch_of<struct call_of_unpaired_loss, 33>>(b, any<unpaired_loss_arrays<float>>(), any<kto>());
    vocab_shard_sums<arch_of<struct call_of_vocab_shards, 38>>(b, logits, 0, ids, shards);
    vocab_shard_backward<float, arch_of<struct call_of_vocab_shards_backward, 31>>(
        b, logits, 0, ids, any<vocab_shard_backward_arrays<float>>(), d_logits);
    vtrace<float, arch_of<struct call_of_vtrace, 20>>(b, any<vtrace_arrays<float>>());
    whiten<float, arch_of<struct call_of_whiten, 32>>(b, values);
}
