// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 3 of the paper's figure 2, reinforcement learning (section 3.5, equation 2).
#include "ppo.hpp"

#include "adam.hpp"

#include <rlhf/ppo.hpp>

namespace {

class ppo_learner final : public learner {
public:
    ppo_learner(const scalar_model& reward_model, const tuning_options& o)
        : o_(o), value_(reward_model), optimiser_(value_) {}

    void judge(const rollout& r, activations& a) override {
        // [report: ppo_advantages]
        value_.forward(r.responses, a, contexts::every_token);
        values_ = a.scalars;
        advantages_.resize(values_.size());
        returns_.resize(values_.size());
        rlhf::ppo_advantages(r.responses.batch(),
                             {.log_probs = r.log_probs,
                              .ref_log_probs = r.ref_log_probs,
                              .values = values_,
                              .scores = r.scores,
                              .advantages = advantages_,
                              .returns = returns_},
                             {.rewards = {.kl_coef = o_.kl_coef}, .gae = {.gamma = o_.gamma, .lambda = o_.lambda}});
        // [end]
        loss_ = {};
    }

    void add_gradients(language_model& policy, const rollout& r, std::size_t first, std::size_t count,
                       activations& a) override {
        // [report: ppo]
        const auto part = [&](auto& array) { return rlhf::part(array, r.responses.batch(), first, count); };
        const text responses = r.responses.part(first, count);
        policy.forward(responses, a);
        activations of_value;
        value_.forward(responses, of_value, contexts::every_token);
        floats log_probs(responses.tokens.size()), d_log_probs(log_probs), d_values(log_probs);
        const auto logits = response_logits(a); // the gradient replaces the logits
        loss_ += rlhf::ppo_loss(responses.batch(), logits, responses.tokens,
                                {.old_log_probs = part(r.log_probs),
                                 .ref_log_probs = part(r.ref_log_probs),
                                 .advantages = part(advantages_),
                                 .values = of_value.scalars,
                                 .old_values = part(values_),
                                 .returns = part(returns_),
                                 .log_probs = log_probs,
                                 .d_log_probs = d_log_probs,
                                 .d_values = d_values},
                                logits, {.policy = {.clip_range = o_.clip_range}});
        policy.backward(responses, a);
        value_.backward(responses, of_value, contexts::every_token, d_values);
        // [end]
    }

    void step() override { optimiser_.step(value_, o_.value_learning_rate); }

    void write_log(tuning_log& log) override {
        log.clip_fraction.push_back(loss_.policy.clip_fraction());
        log.explained_variance.push_back(loss_.value.explained_variance());
    }

private:
    const tuning_options& o_;
    scalar_model value_;
    adam optimiser_;
    floats values_, advantages_, returns_;
    rlhf::ppo_loss_result loss_;
};

} // namespace

tuning_log train_ppo(language_model& policy, const tuning_inputs& given, const tuning_options& o, progress& bar) {
    ppo_learner ppo(given.reward_model, o);
    return tune(policy, given, o, ppo, bar);
}
