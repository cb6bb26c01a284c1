// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 3 of the paper's figure 2, reinforcement learning (section 3.5, equation 2).
#include "ppo.hpp"

#include "adam.hpp"
#include "reward_model.hpp"
#include "sft.hpp"

#include <rlhf/ppo.hpp>

#include <numeric>

namespace {

/// What one iteration samples and scores, before it learns.
struct rollout {
    text responses;
    floats log_probs, ref_log_probs, values, scores, advantages, returns;
    rlhf::ppo_advantages_result statistics;
};

rollout roll_out(const language_model& policy, const scalar_model& value, const ppo_inputs& given, const ppo_options& o,
                 random_source& random, activations& a) {
    std::vector<word> topics(o.prompts);
    for (word& t : topics) t = given.prompts[random.below(given.prompts.size())];
    rollout r;
    // [report: rollout]
    r.responses = policy.sample(topics, random, o.limit);
    r.log_probs = response_log_probs(policy, r.responses, a);
    r.ref_log_probs = response_log_probs(given.sft, r.responses, a);
    value.forward(r.responses, a, contexts::every_token);
    r.values = a.scalars;
    r.scores = rewards(given.reward_model, r.responses);
    r.advantages.resize(r.values.size());
    r.returns.resize(r.values.size());
    r.statistics =
        rlhf::ppo_advantages(r.responses.batch(),
                             {.log_probs = r.log_probs,
                              .ref_log_probs = r.ref_log_probs,
                              .values = r.values,
                              .scores = r.scores,
                              .advantages = r.advantages,
                              .returns = r.returns},
                             {.rewards = {.kl_coef = o.kl_coef}, .gae = {.gamma = o.gamma, .lambda = o.lambda}});
    // [end]
    return r;
}

/// The gradients of policy and value from the responses first … first + count − 1.
rlhf::ppo_loss_result add_ppo_gradients(language_model& policy, scalar_model& value, rollout& r, std::size_t first,
                                        std::size_t count, const ppo_options& o, activations& a) {
    // [report: ppo]
    const rlhf::batch all = r.responses.batch();
    const auto part = [&](auto& array) { return rlhf::part(array, all, first, count); };
    const text responses = r.responses.part(first, count);
    policy.forward(responses, a);
    activations of_value;
    value.forward(responses, of_value, contexts::every_token);
    floats log_probs(responses.tokens.size()), d_log_probs(log_probs), d_values(log_probs);
    const auto logits = response_logits(a); // the gradient takes the place of the logits
    const auto loss = rlhf::ppo_loss(responses.batch(), logits, responses.tokens,
                                     {.old_log_probs = part(r.log_probs),
                                      .ref_log_probs = part(r.ref_log_probs),
                                      .advantages = part(r.advantages),
                                      .values = of_value.scalars,
                                      .old_values = part(r.values),
                                      .returns = part(r.returns),
                                      .log_probs = log_probs,
                                      .d_log_probs = d_log_probs,
                                      .d_values = d_values},
                                     logits, {.policy = {.clip_range = o.clip_range}});
    policy.backward(responses, a);
    value.backward(responses, of_value, contexts::every_token, d_values);
    // [end]
    return loss;
}

/// Equation 2's second term: the gradient of the pretraining loss, times γ.
double add_ptx_gradient(language_model& policy, text_stream& pretraining, std::size_t tokens, double ptx_coef,
                        activations& a) {
    // [report: ptx]
    const text old = pretraining.next(tokens); // as many tokens as the responses have
    policy.forward(old, a);
    const auto logits = text_logits(a);
    const auto loss = rlhf::cross_entropy_loss(old.batch(), logits, old.tokens, rlhf::write_to(logits, ptx_coef));
    policy.backward(old, a);
    // [end]
    return loss.mean_loss();
}

void write_log(ppo_log& log, const rollout& r, const rlhf::ppo_loss_result& loss, double ptx_loss,
               const ppo_inputs& given) {
    const std::vector<double> gold = given.people.gold(r.responses);
    log.reward.push_back(r.statistics.rewards.mean_score());
    log.kl.push_back(r.statistics.rewards.kl_per_sequence());
    log.gold.push_back(std::accumulate(gold.begin(), gold.end(), 0.0) / static_cast<double>(gold.size()));
    log.clip_fraction.push_back(loss.policy.clip_fraction());
    log.explained_variance.push_back(loss.value.explained_variance());
    log.ptx_loss.push_back(ptx_loss);
}

} // namespace

ppo_log train_ppo(language_model& policy, const ppo_inputs& given, const ppo_options& o, progress& bar) {
    random_source random(o.seed);
    scalar_model value(given.reward_model);
    adam policy_optimiser(policy), value_optimiser(value);
    text_stream pretraining(given.pretraining, random);
    activations a;
    ppo_log log;
    for (std::size_t iteration = 0; iteration < o.iterations; ++iteration) {
        const bool measure = iteration % ppo_log::perplexity_every == 0;
        log.perplexity.push_back(measure ? perplexity(policy, given.held_out) : log.perplexity.back());
        rollout r = roll_out(policy, value, given, o, random, a);
        rlhf::ppo_loss_result loss;
        double ptx_loss = 0;
        for (std::size_t epoch = 0; epoch < o.epochs; ++epoch)
            for (std::size_t m = 0; m < o.minibatches; ++m) {
                const std::size_t count = o.prompts / o.minibatches;
                const auto now = add_ppo_gradients(policy, value, r, m * count, count, o, a);
                const auto tokens = static_cast<std::size_t>(now.policy.own.tokens);
                if (o.ptx_coef > 0) ptx_loss = add_ptx_gradient(policy, pretraining, tokens, o.ptx_coef, a);
                policy_optimiser.step(policy, o.learning_rate);
                value_optimiser.step(value, o.value_learning_rate);
                loss += now;
            }
        write_log(log, r, loss, ptx_loss, given);
        const auto tokens = static_cast<double>(r.responses.tokens.size());
        bar.advance(o.name, tokens * (o.ptx_coef > 0 ? 5 : 3));
    }
    return log;
}

floats response_log_probs(const language_model& model, const text& responses, activations& a) {
    model.forward(responses, a);
    floats result(responses.tokens.size());
    rlhf::token_log_probs(responses.batch(), response_logits(a), responses.tokens, {.log_probs = result});
    return result;
}

double perplexity(const language_model& model, const text& t) {
    activations a;
    rlhf::ptx_loss_result total;
    for (std::size_t first = 0; first < t.size(); first += 64) {
        const text some = t.part(first, std::min<std::size_t>(64, t.size() - first));
        model.forward(some, a);
        floats log_probs(some.tokens.size());
        rlhf::token_log_probs(some.batch(), text_logits(a), some.tokens, {.log_probs = log_probs});
        total += rlhf::ptx_loss(some.batch(), {.log_probs = log_probs});
    }
    return total.perplexity();
}
