// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the code that the methods of step 3 share.
#include "tuning.hpp"

#include "adam.hpp"
#include "sft.hpp"

#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/policy/ptx_loss.hpp>
#include <rlhf/preference/sequence_log_probs.hpp>

#include <algorithm>
#include <numeric>

namespace {

/// Equation 2's second term: the gradient of the pretraining loss, times γ.
void add_ptx_gradient(language_model& policy, text_stream& pretraining, std::size_t tokens, double ptx_coef,
                      activations& a) {
    // [report: ptx]
    const text old = pretraining.next(tokens); // as many tokens as the responses have
    policy.forward(old, a);
    const auto logits = text_logits(a);
    rlhf::cross_entropy_loss(old.batch(), logits, old.tokens, rlhf::write_to(logits, ptx_coef));
    policy.backward(old, a);
    // [end]
}

double mean_of(const auto& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

} // namespace

rollout roll_out(const language_model& policy, const tuning_inputs& given, const tuning_options& o,
                 random_source& random, activations& a) {
    std::vector<word> topics;
    for (std::size_t p = 0; p < o.prompts; ++p)
        topics.insert(topics.end(), o.answers, given.prompts[random.below(given.prompts.size())]);
    rollout r;
    // [report: rollout]
    r.responses = policy.sample(topics, random, o.limit);
    r.log_probs = response_log_probs(policy, r.responses, a);
    r.ref_log_probs = response_log_probs(given.sft, r.responses, a);
    r.scores = rewards(given.reward_model, r.responses);
    // [end]
    return r;
}

void write_log(tuning_log& log, const language_model& policy, const rollout& r, const tuning_inputs& given) {
    const bool measure = log.perplexity.size() % tuning_log::perplexity_every == 0;
    log.perplexity.push_back(measure ? perplexity(policy, given.held_out) : log.perplexity.back());
    floats log_ratios(r.responses.size());
    rlhf::sequence_log_probs(r.responses.batch(),
                             {.log_probs = r.log_probs, .ref_log_probs = r.ref_log_probs, .sums = log_ratios});
    log.reward.push_back(mean_of(r.scores));
    log.kl.push_back(mean_of(log_ratios));
    log.gold.push_back(mean_of(given.people.gold(r.responses)));
}

tuning_log tune(language_model& policy, const tuning_inputs& given, const tuning_options& o, learner& by,
                progress& bar) {
    random_source random(o.seed);
    adam optimiser(policy);
    text_stream pretraining(given.pretraining, random);
    activations a;
    tuning_log log;
    for (std::size_t iteration = 0; iteration < o.iterations; ++iteration) {
        const rollout r = roll_out(policy, given, o, random, a);
        write_log(log, policy, r, given);
        by.judge(r, a);
        const std::size_t count = r.responses.size() / o.minibatches;
        for (std::size_t epoch = 0; epoch < o.epochs; ++epoch)
            for (std::size_t first = 0; first + count <= r.responses.size(); first += count) {
                by.add_gradients(policy, r, first, count, a);
                const auto tokens = r.responses.offsets[first + count] - r.responses.offsets[first];
                if (o.ptx_coef > 0)
                    add_ptx_gradient(policy, pretraining, static_cast<std::size_t>(tokens), o.ptx_coef, a);
                optimiser.step(policy, o.learning_rate);
                by.step();
            }
        by.write_log(log);
        bar.advance(o.name, o.work() * static_cast<double>(r.responses.tokens.size()));
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
