// SPDX-License-Identifier: MIT
// Training by PPO with a trainer that knows one loss only, a weighted negative log-likelihood
//
//     (1 / rows) Σ wₜ · (−log pₜ)
//
// as fine-tuning tools have it. Handed wₜ = −rows · ∂loss/∂log pₜ, it makes exactly the step that PPO would make: the
// chain rule needs nothing else of a loss. Weights may be negative, and the trainer must take them as they are.
#include <rlhf/ppo.hpp>

#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

constexpr std::size_t vocab = 9, rows = 24;

/// Somebody else's trainer: the gradient of its loss by the logits.
std::vector<double> weighted_nll_gradient(const std::vector<float>& logits, const std::vector<int>& targets,
                                          const std::vector<float>& weights) {
    std::vector<double> d(logits.size());
    for (std::size_t t = 0; t < rows; ++t) {
        double sum = 0;
        for (std::size_t v = 0; v < vocab; ++v) sum += std::exp(static_cast<double>(logits[t * vocab + v]));
        for (std::size_t v = 0; v < vocab; ++v) {
            const double p = std::exp(static_cast<double>(logits[t * vocab + v])) / sum;
            const double hit = static_cast<int>(v) == targets[t] ? 1 : 0;
            d[t * vocab + v] = static_cast<double>(weights[t]) * (p - hit) / static_cast<double>(rows);
        }
    }
    return d;
}

int main() {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    std::vector<float> logits(rows * vocab), advantages(rows), log_probs(rows), old_log_probs(rows);
    std::vector<int> targets(rows);
    for (auto& z : logits) z = normal(random);
    for (auto& a : advantages) a = normal(random);
    for (auto& t : targets) t = static_cast<int>(random() % vocab);

    const rlhf::batch batch{.steps = rows, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::logits_view view(logits.data(), {.steps = rows, .vocab = vocab});
    rlhf::token_log_probs(batch, view, targets, {.log_probs = log_probs});
    for (std::size_t t = 0; t < rows; ++t) old_log_probs[t] = log_probs[t] + 0.2f * normal(random);

    std::vector<float> weights(rows), d_log_probs(rows), d_logits(rows * vocab);
    const auto policy_loss = [&](auto where) {
        return rlhf::ppo_policy_loss(
            batch,
            {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = where});
    };
    const auto r = policy_loss(rlhf::nll_weights(weights, rows)); // rows is what the trainer divides by
    const std::vector<double> theirs = weighted_nll_gradient(logits, targets, weights);

    policy_loss(rlhf::write_to(d_log_probs));
    rlhf::token_log_probs_backward(batch, view, targets, {.d_log_probs = d_log_probs},
                                   rlhf::logits_view(d_logits.data(), view.shape()));
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        worst = std::fmax(worst, std::fabs(theirs[i] - static_cast<double>(d_logits[i])));
        largest = std::fmax(largest, std::fabs(theirs[i]));
    }
    std::printf("loss %.6f, clip fraction %.3f; first weights %.3f %.3f %.3f\n", r.loss(), r.clip_fraction(),
                static_cast<double>(weights[0]), static_cast<double>(weights[1]), static_cast<double>(weights[2]));
    std::printf("gradients by logits: largest %.5f, worst difference %.1e\n", largest, worst);
    return worst < 1e-7 ? 0 : 1;
}
