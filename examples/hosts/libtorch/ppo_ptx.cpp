// SPDX-License-Identifier: MIT
// PPO-ptx: InstructGPT, section 3.5, equation 2 (arXiv:2203.02155).
#include "trainer.hpp"

#include <rlhf/recipe/ppo_advantages.hpp>
#include <rlhf/with/torch/recipe.hpp>

step_report trainer::ppo_ptx_step() {
    begin_step();
    const rollout r = answer(data_.prompts(o_.answers, o_.prompt));
    const rlhf::batch answers = r.batch();
    const judgement old = judge(policy_, r), ref = judge(reference_, r);

    // Â and R of the reward r(x, y) − β log (π / π_SFT), with the current critic.
    const torch::Tensor advantages = torch::empty_like(old.values), returns = torch::empty_like(old.values);
    const auto shaped = rlhf::ppo_advantages(answers,
                                             {.log_probs = old.log_probs,
                                              .ref_log_probs = ref.log_probs,
                                              .values = old.values,
                                              .scores = r.scores,
                                              .advantages = advantages,
                                              .returns = returns},
                                             {.rewards = {.kl_coef = o_.beta}});

    // The clipped surrogate and the critic's loss on the answers, −γ log π on text.
    step_report report{.score = r.scores.mean().item<double>(), .kl = shaped.rewards.kl_per_token()};
    for (int epoch = 0; epoch < o_.epochs; ++epoch) {
        const auto now = policy_(r.tokens);
        const auto [ppo, result] = rlhf::torch::ppo_loss(answers, now.logits, r.tokens,
                                                         {.old_log_probs = old.log_probs,
                                                          .advantages = advantages,
                                                          .values = now.values,
                                                          .old_values = old.values,
                                                          .returns = returns},
                                                         {.policy = {.clip_range = o_.clip_range}, .value_coef = 0.5});
        const torch::Tensor text = data_.windows(o_.answers, o_.context);
        const auto [ptx, likelihood] = rlhf::torch::cross_entropy_loss(every_word(text), policy_(text).logits, text);
        descend(ppo + o_.gamma * ptx);
        report.loss = result.loss() + o_.gamma * likelihood.loss();
        report.clip_fraction = result.policy.clip_fraction();
    }
    return report;
}
