// SPDX-License-Identifier: MIT
// A trainer without rlhf. It has one loss, as fine-tuning tools do, a weighted negative log-likelihood:
//
//     (1 / rows) Σ wₜ · (−log p(tokenₜ₊₁ | tokenₜ, tokenₜ₋₁))        rows: all positions [B, T], counted or not
//
// The model is a network with one hidden layer. Weights may be negative: a trainer that clamps them at 0 cannot unlearn
// bad answers.
#pragma once

#include <cmath>
#include <random>
#include <vector>

class trainer {
public:
    std::vector<double> weights, gradient;

    trainer(int vocab, int steps, unsigned seed) : vocab_(vocab), steps_(steps) {
        weights.resize(at(3 * vocab, 0));
        std::mt19937 random(seed);
        std::normal_distribution<double> normal(0, 0.5);
        for (double& w : weights) w = normal(random);
    }

    /// logits[i] predicts the token after position i.
    [[nodiscard]] std::vector<float> logits(const std::vector<int>& tokens) const {
        std::vector<float> z;
        for (int i = 0; i < size(tokens); ++i) {
            const std::vector<double> h = hidden(tokens, i);
            for (int v = 0; v < vocab_; ++v) {
                double sum = 0;
                for (int k = 0; k < width; ++k) sum += weights[at(2 * vocab_ + v, k)] * h[static_cast<std::size_t>(k)];
                z.push_back(static_cast<float>(sum));
            }
        }
        return z;
    }

    /// The gradient of its one loss.
    void train(const std::vector<int>& tokens, const std::vector<float>& nll_weights) {
        const std::vector<float> z = logits(tokens);
        std::vector<double> d(z.size());
        for (int i = 0; i < size(tokens); ++i) {
            if ((i + 1) % steps_ == 0) continue; // no token follows
            const std::size_t row = static_cast<std::size_t>(i * vocab_), next = static_cast<std::size_t>(i + 1);
            double sum = 0;
            for (int v = 0; v < vocab_; ++v) sum += std::exp(static_cast<double>(z[row + static_cast<std::size_t>(v)]));
            for (int v = 0; v < vocab_; ++v) {
                const std::size_t j = row + static_cast<std::size_t>(v);
                const double p = std::exp(static_cast<double>(z[j])) / sum, hit = v == tokens[next] ? 1 : 0;
                d[j] = static_cast<double>(nll_weights[static_cast<std::size_t>(i)]) * (p - hit) / size(tokens);
            }
        }
        backward(tokens, d);
    }

    /// From the gradient of the logits to the gradient of the weights.
    template <class T>
    void backward(const std::vector<int>& tokens, const std::vector<T>& d_logits) {
        gradient.assign(weights.size(), 0);
        for (int i = 0; i < size(tokens); ++i) {
            const std::vector<double> h = hidden(tokens, i);
            for (int k = 0; k < width; ++k) {
                const double hk = h[static_cast<std::size_t>(k)];
                double d_hidden = 0;
                for (int v = 0; v < vocab_; ++v) {
                    const auto d = static_cast<double>(d_logits[static_cast<std::size_t>(i * vocab_ + v)]);
                    d_hidden += d * weights[at(2 * vocab_ + v, k)];
                    gradient[at(2 * vocab_ + v, k)] += d * hk;
                }
                for (const int row : rows(tokens, i)) gradient[at(row, k)] += d_hidden * (1 - hk * hk);
            }
        }
    }
    void update(double rate) {
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= rate * gradient[i];
    }

private:
    static constexpr int width = 12;
    int vocab_, steps_;

    static int size(const std::vector<int>& tokens) { return static_cast<int>(tokens.size()); }
    static std::size_t at(int row, int k) { return static_cast<std::size_t>(row * width + k); }

    /// The rows of weights of a token and of the token before it.
    [[nodiscard]] std::vector<int> rows(const std::vector<int>& tokens, int i) const {
        if (i % steps_ == 0) return {tokens[static_cast<std::size_t>(i)]};
        return {tokens[static_cast<std::size_t>(i)], vocab_ + tokens[static_cast<std::size_t>(i - 1)]};
    }
    [[nodiscard]] std::vector<double> hidden(const std::vector<int>& tokens, int i) const {
        std::vector<double> h(width);
        for (int k = 0; k < width; ++k) {
            double sum = 0;
            for (const int row : rows(tokens, i)) sum += weights[at(row, k)];
            h[static_cast<std::size_t>(k)] = std::tanh(sum);
        }
        return h;
    }
};
