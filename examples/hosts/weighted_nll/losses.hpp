// SPDX-License-Identifier: MIT
// I have a trainer that minimises (1 / n) Σ wₜ · (−log pₜ), and want PPO, GRPO or DPO: with wₜ = −n · ∂loss/∂log pₜ it
// makes the same step.
//
// `where` is where ∂loss/∂log pₜ goes: for this trainer rlhf::nll_weights(weights, n).
#pragma once

#include <rlhf/ppo.hpp>
#include <rlhf/preference.hpp>

#include <vector>

using floats = std::vector<float>;

/// Advantages are per token, from gae and a critic.
template <class Where>
double ppo(const rlhf::batch& batch, const floats& log_probs, const floats& old_log_probs, const floats& advantages,
           const Where& where) {
    return rlhf::ppo_policy_loss(
               batch,
               {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = where})
        .loss();
}

/// group_size consecutive sequences answer the same prompt. There is one reward per sequence.
template <class Where>
double grpo(const rlhf::batch& batch, const floats& log_probs, const floats& old_log_probs, const floats& rewards,
            int group_size, const Where& where) {
    floats advantages(rewards.size());
    rlhf::group_advantages({.size = group_size}, {.rewards = rewards, .advantages = advantages});
    return rlhf::ppo_policy_loss(batch, {.log_probs = log_probs,
                                         .old_log_probs = old_log_probs,
                                         .advantages = rlhf::per_sequence(advantages),
                                         .d_log_probs = where})
        .loss();
}

/// The sequences chosen[i] are preferred to the sequences rejected[i].
template <class Where>
double dpo(const rlhf::batch& batch, const floats& log_probs, const floats& ref_log_probs,
           const std::vector<int>& chosen, const std::vector<int>& rejected, const Where& where) {
    floats sums(static_cast<std::size_t>(batch.size())), d_sums(sums.size());
    rlhf::sequence_log_probs(batch, {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .sums = sums});
    const rlhf::batch pairs{.steps = chosen.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto loss = rlhf::preference_pairs(
        pairs, {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, rlhf::dpo{.beta = 0.1});
    rlhf::sequence_log_probs_backward(batch, {.d_sums = d_sums, .d_log_probs = where});
    return loss.loss();
}
