// SPDX-License-Identifier: MIT
// A host that knows one loss only, (1 / rows) Σ wₜ · nllₜ over all positions. Checked: weights from nll_weights give it
// the gradient of the clipped surrogate, and weights of one micro-batch that of its share of a larger step.
#include "toy_model.hpp"

#include <rlhf/ppo.hpp>

#include <cstdio>

namespace {

constexpr int vocab = 7, steps = 14;
constexpr rlhf::counts whole_step{.tokens = 40, .sequences = 4};

struct host {
    toy_model model;

    void train(const std::vector<int>& tokens, const std::vector<float>& weights) {
        for (std::size_t t = 0; t + 1 < tokens.size(); ++t)
            for (int v = 0; v < vocab; ++v) {
                const double p = std::exp(model.log_prob(tokens[t], v)), hit = v == tokens[t + 1] ? 1 : 0;
                const double d = static_cast<double>(weights[t]) * (p - hit) / static_cast<double>(tokens.size());
                model.d_table[static_cast<std::size_t>(tokens[t] * vocab + v)] += static_cast<float>(d);
            }
    }
};

} // namespace

int main() {
    const toy_model start(vocab, vocab, 2);
    const toy_rollout roll(1, steps, vocab, 8);
    std::mt19937 random(3);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> buffer(steps * vocab), log_probs(steps), old_log_probs, advantages;
    std::vector<float> weights(steps), d_log_probs(steps);
    const rlhf::batch batch{.steps = steps, .predict_next = true, .mask = roll.is_response, .denominator = whole_step};
    const rlhf::logits_view logits(buffer.data(), {.steps = steps, .vocab = vocab});
    start.forward(roll.tokens.data(), 1, steps, buffer.data(), nullptr);
    rlhf::token_log_probs(batch, logits, roll.tokens, {.log_probs = log_probs});
    for (const float x : log_probs) {
        old_log_probs.push_back(x + 0.3f * uniform(random));
        advantages.push_back(2 * uniform(random));
    }
    const auto loss = [&](auto where) {
        rlhf::ppo_policy_loss(
            batch,
            {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = where});
    };
    host by_weights{start};
    loss(rlhf::nll_weights(weights, steps));
    by_weights.train(roll.tokens, weights);

    toy_model direct = start;
    loss(rlhf::write_to(d_log_probs));
    rlhf::token_log_probs_backward(batch, logits, roll.tokens, {.d_log_probs = d_log_probs}, logits);
    direct.backward(roll.tokens.data(), 1, steps, buffer.data(), nullptr);

    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < direct.d_table.size(); ++i) {
        const double d = direct.d_table[i];
        worst = std::fmax(worst, std::fabs(d - static_cast<double>(by_weights.model.d_table[i])));
        largest = std::fmax(largest, std::fabs(d));
    }
    std::printf("gradients differ by %.1e of %.3f\n", worst, largest);
    return worst < 1e-7 && largest > 1e-3 ? 0 : 1;
}
