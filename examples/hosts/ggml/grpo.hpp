// SPDX-License-Identifier: MIT
// I have ggml, I want GRPO.
#pragma once

#include <rlhf/ppo.hpp>
#include <rlhf/with/ggml.hpp>

#include <vector>

/// Answers to prompts: `group_size` consecutive answers per prompt. Tensors and arrays are [B, T].
struct rollout {
    ggml_tensor* tokens; ///< I32, ne = [T, B]
    std::vector<std::uint8_t> is_answer;
    std::vector<float> old_log_probs; ///< log π_old of the model that answered
    std::vector<float> rewards;       ///< [B]
    int group_size;

    [[nodiscard]] rlhf::batch batch() const {
        return {.sequences = tokens->ne[1],
                .steps = tokens->ne[0],
                .predict_next = true,
                .mask = is_answer,
                .denominator = rlhf::counted_here};
    }
};

/// The loss, between the forward and the backward pass: d becomes its gradient with respect to the logits, ne = [V, T,
/// B]. The graph ends in ggml_sum(ctx, ggml_mul(ctx, logits, d)), whose gradient is d.
inline rlhf::ppo_loss_result grpo(const rollout& r, ggml_tensor* logits, ggml_tensor* d) {
    std::vector<float> advantages(r.rewards.size()), log_probs(r.is_answer.size()), d_log_probs(r.is_answer.size());
    rlhf::group_advantages({.size = r.group_size}, {.rewards = r.rewards, .advantages = advantages});
    return rlhf::ppo_loss(r.batch(), rlhf::logits_of<const float>(logits), r.tokens,
                          {.old_log_probs = r.old_log_probs,
                           .advantages = rlhf::per_sequence(advantages),
                           .log_probs = log_probs,
                           .d_log_probs = d_log_probs},
                          rlhf::logits_of<float>(d));
}
