// SPDX-License-Identifier: MIT
// One step of GRPO for a model in libtorch. The docs show what is between the brackets.
// [report: grpo_step]
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/with/torch/logits.hpp>
#include <rlhf/with/torch/policy.hpp>

#include <torch/torch.h>

/// tokens [B, T]: prompts with their answers, eight consecutive answers per prompt. is_answer [B, T] Bool: the tokens
/// that the policy chose. old_log_probs [B, T]: log π_old of these tokens. rewards [B].
template <class Model>
double grpo_step(Model& policy, torch::optim::Optimizer& optimiser, const torch::Tensor& tokens,
                 const torch::Tensor& is_answer, const torch::Tensor& old_log_probs, const torch::Tensor& rewards) {
    const rlhf::batch batch{.sequences = tokens.size(0),
                            .steps = tokens.size(1),
                            .predict_next = true, // row t of the logits predicts token t + 1
                            .mask = is_answer,
                            .denominator = rlhf::counted_here};
    const torch::Tensor advantages = torch::empty_like(rewards);
    rlhf::group_advantages({.size = 8}, {.rewards = rewards, .advantages = advantages});

    const auto now = rlhf::torch::token_log_probs(batch, policy(tokens), tokens);
    const auto [loss, result] = rlhf::torch::ppo_policy_loss(
        batch, {.log_probs = now.log_probs, .old_log_probs = old_log_probs, .advantages = advantages.unsqueeze(1)},
        {.clip_range = {0.2, 0.28}});
    optimiser.zero_grad();
    loss.backward();
    optimiser.step();
    return result.loss();
}
// [end]

/// A model that predicts the next word from this word alone learns to answer with small numbers.
int main() {
    torch::manual_seed(1);
    constexpr std::int64_t words = 20;
    torch::nn::Embedding logits(words, words);
    torch::optim::Adam adam(logits->parameters(), 0.1);
    const torch::Tensor prompts = torch::arange(4).unsqueeze(1).repeat_interleave(8, 0);
    double first = 0, last = 0;
    for (int step = 0; step < 50; ++step) {
        const torch::Tensor before = logits(prompts.squeeze(1)).log_softmax(-1).detach();
        const torch::Tensor answers = before.exp().multinomial(1);
        const torch::Tensor tokens = torch::cat({prompts, answers}, 1);
        const torch::Tensor is_answer = torch::tensor({false, true}).repeat({32, 1});
        const torch::Tensor old_log_probs = torch::cat({before.gather(1, answers), torch::zeros({32, 1})}, 1);
        const torch::Tensor rewards = -answers.squeeze(1).to(torch::kFloat);
        grpo_step(logits, adam, tokens, is_answer, old_log_probs, rewards);
        (step == 0 ? first : last) = rewards.mean().item<double>();
    }
    std::printf("mean reward %.2f, after 50 steps %.2f\n", first, last);
    return last > first + 3 ? 0 : 1;
}
