// SPDX-License-Identifier: MIT
// PPO-ptx: InstructGPT, section 3.5, equation 2 (arXiv:2203.02155).
#include "trainer.hpp"

#include <rlhf/recipe/ppo_advantages.hpp>
#include <rlhf/with/torch/recipe.hpp>

step_report trainer::ppo_ptx_step() {
    begin_step();
    const rollout r = answer(data_.prompts(o_.answers, o_.prompt));
    const rlhf::batch answers = r.batch();

    // Â and R of the reward r(x, y) − β log (π / π_SFT), by the critic as it is now.
    const auto [log_probs, values, ref_log_probs] = [&] {
        const torch::NoGradGuard constant;
        const auto now = policy_(r.tokens), before = reference_(r.tokens);
        return std::tuple(rlhf::torch::token_log_probs(answers, now.logits, r.tokens).log_probs,
                          now.values.contiguous(),
                          rlhf::torch::token_log_probs(answers, before.logits, r.tokens).log_probs);
    }();
    const torch::Tensor advantages = torch::empty_like(values), returns = torch::empty_like(values);
    const auto rollout_result = rlhf::ppo_advantages(answers,
                                                     {.log_probs = log_probs,
                                                      .ref_log_probs = ref_log_probs,
                                                      .values = values,
                                                      .scores = r.scores,
                                                      .advantages = advantages,
                                                      .returns = returns},
                                                     {.rewards = {.kl_coef = o_.beta}});

    step_report report{.score = r.scores.mean().item<double>(), .kl = rollout_result.rewards.kl_per_token()};
    for (int epoch = 0; epoch < o_.epochs; ++epoch) {
        const torch::Tensor text = data_.windows(o_.answers, o_.context);
        const rlhf::batch words{.sequences = text.size(0),
                                .steps = text.size(1),
                                .predict_next = true,
                                .mask = rlhf::all,
                                .denominator = rlhf::counted_here};
        const auto now = policy_(r.tokens);
        const auto [ppo, result] = rlhf::torch::ppo_loss(answers, now.logits, r.tokens,
                                                         {.old_log_probs = log_probs,
                                                          .advantages = advantages,
                                                          .values = now.values,
                                                          .old_values = values,
                                                          .returns = returns},
                                                         {.policy = {.clip_range = o_.clip_range}, .value_coef = 0.5});
        const auto [ptx, likelihood] = rlhf::torch::cross_entropy_loss(words, policy_(text).logits, text);
        descend(ppo + o_.gamma * ptx);
        report.loss = result.loss() + o_.gamma * likelihood.loss();
        report.clip_fraction = result.policy.clip_fraction();
    }
    return report;
}
