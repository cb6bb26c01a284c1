// SPDX-License-Identifier: MIT
#include "tutorial_ppo.hpp"

#include <rlhf/rlhf.hpp>

#include <cstdio>

// --8<-- [start:train]
void tutorial_ppo(const toy::model& sft, const std::vector<float>& reward) {
    constexpr std::size_t n = rollout::tokens_in_all;
    constexpr rlhf::logits_shape shape{.sequences = rollout::answers, .steps = rollout::steps, .vocab = toy::vocab};
    toy::model policy = sft;
    std::vector<float> value_of(toy::vocab); // the critic: V(s) by the last word
    toy::random uniform;

    for (int step = 0; step <= 40; ++step) {
        // 1. Roll out, score, and keep the log-probabilities of the policy and of the SFT model.
        const rollout r(policy, reward, uniform);
        const rlhf::batch batch{.sequences = rollout::answers,
                                .steps = rollout::steps,
                                .predict_next = true,
                                .mask = r.mask,
                                .denominator = rlhf::counted_here};
        std::vector<float> old_log_probs(n), ref_log_probs(n), values(n), advantages(n), returns(n);
        const auto log_probs_by = [&](const toy::model& m, std::vector<float>& to) {
            std::vector<float> logits = m.forward(r.tokens);
            rlhf::token_log_probs(batch, rlhf::logits_view(logits.data(), shape), r.tokens, {.log_probs = to});
        };
        log_probs_by(policy, old_log_probs), log_probs_by(sft, ref_log_probs);
        for (std::size_t i = 0; i < n; ++i) values[i] = value_of[static_cast<std::size_t>(r.tokens[i])];

        // 2. Rewards with the KL penalty, GAE, whitening.
        const auto a = rlhf::ppo_advantages(batch,
                                            {.log_probs = old_log_probs,
                                             .ref_log_probs = ref_log_probs,
                                             .values = values,
                                             .scores = r.scores,
                                             .finished = r.finished,
                                             .advantages = advantages,
                                             .returns = returns},
                                            {.rewards = {.kl_coef = 0.05, .unfinished_score = -1}});
        if (step % 10 == 0)
            std::printf("step %2d  score %+.3f  KL to SFT %.3f per answer\n", step, a.rewards.mean_score(),
                        a.rewards.kl_per_sequence());

        // 3. Two epochs over the rollout: policy, value and entropy terms, from logits to their gradient.
        for (int epoch = 0; epoch < 2; ++epoch) {
            std::vector<float> buffer = policy.forward(r.tokens), now(n), log_probs(n), d_log_probs(n), d_values(n);
            for (std::size_t i = 0; i < n; ++i) now[i] = value_of[static_cast<std::size_t>(r.tokens[i])];
            const rlhf::logits_view logits(buffer.data(), shape);
            rlhf::ppo_loss(batch, logits, r.tokens,
                           {.old_log_probs = old_log_probs,
                            .advantages = advantages,
                            .values = now,
                            .old_values = values,
                            .returns = returns,
                            .log_probs = log_probs,
                            .d_log_probs = d_log_probs,
                            .d_values = d_values},
                           logits, {.policy = {.clip_range = 0.2}, .value = {.clip_range = 0.2}, .value_coef = 0.5});

            std::vector<float> d(policy.weights.size());
            toy::model::backward(r.tokens, buffer, d);
            policy.descend(d, 2.0f);
            for (std::size_t i = 0; i < n; ++i) value_of[static_cast<std::size_t>(r.tokens[i])] -= d_values[i];
        }
    }
}
// --8<-- [end:train]
