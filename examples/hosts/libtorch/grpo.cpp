// SPDX-License-Identifier: MIT
// GRPO: Shao et al. 2024, arXiv:2402.03300.
#include "trainer.hpp"

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/with/torch/logits.hpp>
#include <rlhf/with/torch/policy.hpp>

step_report trainer::grpo_step() {
    begin_step();
    const torch::Tensor prompts = data_.prompts(o_.answers / o_.group, o_.prompt);
    const rollout r = answer(prompts.repeat_interleave(o_.group, 0));
    const rlhf::batch answers = r.batch();

    const judgement old = judge(policy_, r), ref = judge(reference_, r);

    // Â: how much better an answer is than the other answers to its prompt.
    const torch::Tensor advantages = torch::empty_like(r.scores);
    rlhf::group_advantages({.size = o_.group}, {.rewards = r.scores, .advantages = advantages});

    // The clipped surrogate, and β KL(π ‖ π_SFT) in the loss.
    step_report report{.score = r.scores.mean().item<double>()};
    for (int epoch = 0; epoch < o_.epochs; ++epoch) {
        const auto now = rlhf::torch::token_log_probs(answers, policy_(r.tokens).logits, r.tokens);
        const auto [loss, result] = rlhf::torch::ppo_policy_loss(answers,
                                                                 {.log_probs = now.log_probs,
                                                                  .old_log_probs = old.log_probs,
                                                                  .ref_log_probs = ref.log_probs,
                                                                  .advantages = advantages.unsqueeze(1)},
                                                                 {.clip_range = o_.clip_range, .kl_coef = o_.beta});
        descend(loss);
        report.loss = result.loss(), report.kl = result.kl(), report.clip_fraction = result.clip_fraction();
    }
    return report;
}
