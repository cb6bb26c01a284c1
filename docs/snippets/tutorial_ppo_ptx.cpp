// SPDX-License-Identifier: MIT
#include "tutorial_ppo.hpp"

#include <rlhf/rlhf.hpp>

#include <cstdio>

namespace {

// --8<-- [start:data]
// Pretraining text: two documents of eight words, every word of which counts.
const std::vector<int> pretraining{1, 2, 1, 2, 3, 2, 1, 0, /**/ 6, 5, 4, 3, 2, 1, 2, 0};
constexpr rlhf::logits_shape text_shape{.sequences = 2, .steps = 8, .vocab = toy::vocab};
const rlhf::batch text{
    .sequences = 2, .steps = 8, .predict_next = true, .mask = rlhf::all, .denominator = rlhf::counted_here};
// --8<-- [end:data]

/// PPO-ptx for 40 steps with the coefficient γ of the pretraining term. Returns the perplexity of the text.
double tuned(const toy::model& sft, const std::vector<float>& reward, double gamma) {
    constexpr std::size_t n = rollout::tokens_in_all;
    constexpr rlhf::logits_shape shape{.sequences = rollout::answers, .steps = rollout::steps, .vocab = toy::vocab};
    toy::model policy = sft;
    toy::random uniform;
    double perplexity = 0;
    for (int step = 0; step <= 40; ++step) {
        const rollout r(policy, reward, uniform);
        const rlhf::batch batch{.sequences = rollout::answers,
                                .steps = rollout::steps,
                                .predict_next = true,
                                .mask = r.mask,
                                .denominator = rlhf::counted_here};
        std::vector<float> log_probs(n), ref_log_probs(n), values(n), advantages(n), d_log_probs(n);
        std::vector<float> of_sft = sft.forward(r.tokens), buffer = policy.forward(r.tokens);
        const rlhf::logits_view logits(buffer.data(), shape);
        rlhf::token_log_probs(batch, rlhf::logits_view(of_sft.data(), shape), r.tokens, {.log_probs = ref_log_probs});
        rlhf::token_log_probs(batch, logits, r.tokens, {.log_probs = log_probs});
        rlhf::ppo_advantages(batch,
                             {.log_probs = log_probs,
                              .ref_log_probs = ref_log_probs,
                              .values = values,
                              .scores = r.scores,
                              .finished = r.finished,
                              .advantages = advantages},
                             {.rewards = {.kl_coef = 0.05, .unfinished_score = -1}});

        // --8<-- [start:step]
        // PPO: the gradient of its loss by the logits of the rollout, which it overwrites
        rlhf::ppo_policy_loss(batch, {.log_probs = log_probs,
                                      .old_log_probs = log_probs, // the first epoch after a rollout
                                      .advantages = advantages,
                                      .d_log_probs = d_log_probs});
        rlhf::token_log_probs_backward(batch, logits, r.tokens, {.d_log_probs = d_log_probs}, logits);

        // ptx: the gradient of γ times its loss by the logits of the text, which it overwrites
        std::vector<float> text_buffer = policy.forward(pretraining);
        const rlhf::logits_view text_logits(text_buffer.data(), text_shape);
        const auto ptx = rlhf::cross_entropy_loss(text, text_logits, pretraining, rlhf::write_to(text_logits, gamma));

        // both are added up in the gradient of the weights
        std::vector<float> d(policy.weights.size());
        toy::model::backward(r.tokens, buffer, d);
        toy::model::backward(pretraining, text_buffer, d);
        policy.descend(d, 1.0f);
        // --8<-- [end:step]
        perplexity = ptx.perplexity();
    }
    return perplexity;
}

} // namespace

void tutorial_ppo_ptx(const toy::model& sft, const std::vector<float>& reward) {
    for (const double gamma : {0.0, 0.2, 1.0})
        std::printf("ptx coefficient %.1f: perplexity of the pretraining text %.2f\n", gamma,
                    tuned(sft, reward, gamma));
}
