// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the evaluation (sections 3.6 and 4 of the paper).
#include "evaluate.hpp"

#include "reward_model.hpp"
#include "tuning.hpp"

#include <rlhf/advantage/shape_rewards.hpp>
#include <rlhf/policy/ptx_loss.hpp>

#include <cmath>

interval mean(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    double sum = 0, squares = 0;
    for (const double x : values) sum += x;
    for (const double x : values) squares += (x - sum / n) * (x - sum / n);
    return {sum / n, 1.96 * std::sqrt(squares / (n * (n - 1)))};
}

interval wins(std::span<const double> a, std::span<const double> b) {
    std::vector<double> won(a.size());
    for (std::size_t i = 0; i < won.size(); ++i) won[i] = a[i] > b[i] ? 1 : a[i] < b[i] ? 0 : 0.5;
    return mean(won);
}

evaluation evaluate(std::string name, text responses, double perplexity, const labellers& people) {
    evaluation e;
    e.name = std::move(name);
    e.utility = people.gold(responses);
    e.gold = mean(e.utility);
    e.responses = std::move(responses);
    e.perplexity = perplexity;
    return e;
}

evaluation evaluate(std::string name, const language_model& model, const language_model& sft,
                    const scalar_model& reward_model, std::span<const word> prompts, const text& held_out,
                    const labellers& people, random_source& random, int limit) {
    evaluation e = evaluate(std::move(name), model.sample(prompts, random, limit), perplexity(model, held_out), people);
    activations a;
    const floats log_probs = response_log_probs(model, e.responses, a);
    const floats ref_log_probs = response_log_probs(sft, e.responses, a);
    const floats scores = rewards(reward_model, e.responses);
    std::vector<double> kl, reward(scores.begin(), scores.end());
    floats shaped(log_probs.size());
    const floats no_score(1, 0.0F);
    const rlhf::batch all = e.responses.batch();
    for (std::size_t s = 0; s < e.responses.size(); ++s) {
        const auto part = [&](auto& array) { return rlhf::part(array, all, s, 1); };
        const auto one = rlhf::shape_rewards(all.part(s, 1), {.log_probs = part(log_probs),
                                                              .ref_log_probs = part(ref_log_probs),
                                                              .scores = no_score,
                                                              .rewards = part(shaped)});
        kl.push_back(one.kl_per_sequence());
    }
    e.kl = mean(kl);
    e.reward = mean(reward);
    return e;
}

text respond(const ngram_model& model, std::span<const word> prompts, bool prompted, random_source& random, int limit) {
    text responses;
    for (const word topic : prompts) {
        std::vector<word> start;
        if (prompted) start.push_back(topic);
        responses.add(topic, model.sample(start, random, limit));
    }
    return responses;
}

double perplexity(const ngram_model& model, const text& t) {
    const std::vector<float> log_probs = model.log_probs(t);
    return rlhf::ptx_loss(t.batch(), {.log_probs = log_probs}).perplexity();
}

best_of_n evaluate_best_of_n(const language_model& sft, const scalar_model& reward_model, std::span<const word> prompts,
                             const labellers& people, double perplexity, random_source& random, int limit) {
    constexpr int most = 16;
    std::vector<word> asked;
    for (const word topic : prompts) asked.insert(asked.end(), most, topic);
    const text responses = sft.sample(asked, random, limit);
    const floats scores = rewards(reward_model, responses);
    best_of_n result;
    for (int n = 1; n <= most; n *= 2) {
        text chosen;
        double reward = 0;
        for (std::size_t p = 0; p < prompts.size(); ++p) {
            std::size_t best = p * most;
            for (std::size_t k = best; k < p * most + static_cast<std::size_t>(n); ++k)
                if (scores[k] > scores[best]) best = k;
            chosen.add(prompts[p], responses[best]);
            reward += static_cast<double>(scores[best]) / static_cast<double>(prompts.size());
        }
        result.best = evaluate("small SFT, best of 16 by reward model", std::move(chosen), perplexity, people);
        result.n.push_back(n);
        result.kl.push_back(-static_cast<double>(log_probability(1.0 / n)) - (n - 1.0) / n);
        result.gold.push_back(result.best.gold.value);
        result.reward.push_back(reward);
    }
    result.best.kl = interval{result.kl.back(), 0};
    result.best.reward = interval{result.reward.back(), 0};
    return result;
}
