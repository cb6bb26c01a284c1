// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 3 without a critic, group relative policy optimisation (Shao et al. 2024,
// arXiv:2402.03300).
#include "grpo.hpp"

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>

namespace {

class grpo_learner final : public learner {
public:
    explicit grpo_learner(const tuning_options& o) : o_(o) {}

    void judge(const rollout& r, activations&) override {
        // [report: grpo_advantages]
        advantages_.resize(r.scores.size());
        rlhf::group_advantages({.size = o_.answers}, {.rewards = r.scores, .advantages = advantages_});
        // [end]
        loss_ = {};
    }

    void add_gradients(language_model& policy, const rollout& r, std::size_t first, std::size_t count,
                       activations& a) override {
        // [report: grpo]
        const auto part = [&](const auto& array) { return rlhf::part(array, r.responses.batch(), first, count); };
        const text responses = r.responses.part(first, count);
        const floats log_probs = response_log_probs(policy, responses, a);
        floats d_log_probs(log_probs.size());
        loss_ += rlhf::ppo_policy_loss(responses.batch(),
                                       {.log_probs = log_probs,
                                        .old_log_probs = part(r.log_probs),
                                        .ref_log_probs = part(r.ref_log_probs),
                                        .advantages = part(rlhf::per_sequence(advantages_)),
                                        .d_log_probs = d_log_probs},
                                       {.clip_range = o_.clip_range, .kl_coef = o_.kl_coef});
        const auto logits = response_logits(a); // the gradient replaces the logits
        rlhf::token_log_probs_backward(responses.batch(), logits, responses.tokens, {.d_log_probs = d_log_probs},
                                       logits);
        policy.backward(responses, a);
        // [end]
    }

    void write_log(tuning_log& log) override { log.clip_fraction.push_back(loss_.clip_fraction()); }

private:
    const tuning_options& o_;
    floats advantages_; ///< one per response
    rlhf::ppo_policy_loss_result loss_;
};

} // namespace

tuning_log train_grpo(language_model& policy, const tuning_inputs& given, const tuning_options& o, progress& bar) {
    grpo_learner grpo(o);
    return tune(policy, given, o, grpo, bar);
}
