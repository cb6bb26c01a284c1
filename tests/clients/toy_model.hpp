// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

/// A stand-in for somebody's hand-written model: raw pointers, int sizes, rows of logits padded beyond the vocabulary,
/// gradients that add up. logits[b, s] is the row of the token there, the value an entry of another table.
struct toy_model {
    int vocab, padded_vocab;
    std::vector<float> table, values, d_table, d_values;

    toy_model(int v, int padded, unsigned seed)
        : vocab(v), padded_vocab(padded), table(entries(v * padded)), values(entries(v)) {
        std::mt19937 random(seed);
        std::normal_distribution<float> normal(0, 0.7f);
        for (auto& x : table) x = normal(random);
        for (auto& x : values) x = normal(random);
        zero_grad();
    }

    void forward(const int* tokens, int sequences, int steps, float* logits, float* out_values) const {
        for (int i = 0; i < sequences * steps; ++i) {
            for (int v = 0; v < padded_vocab; ++v) // poison in the padding
                logits[i * padded_vocab + v] = v < vocab ? table[entries(tokens[i] * padded_vocab + v)] : 1e30f;
            if (out_values != nullptr) out_values[i] = values[entries(tokens[i])];
        }
    }
    void zero_grad() { d_table.assign(table.size(), 0), d_values.assign(values.size(), 0); }
    void backward(const int* tokens, int sequences, int steps, const float* d_logits, const float* d_out_values) {
        for (int i = 0; i < sequences * steps; ++i) {
            for (int v = 0; v < padded_vocab; ++v)
                d_table[entries(tokens[i] * padded_vocab + v)] += d_logits[i * padded_vocab + v];
            if (d_out_values != nullptr) d_values[entries(tokens[i])] += d_out_values[i];
        }
    }
    void update(float learning_rate) {
        for (std::size_t i = 0; i < table.size(); ++i) table[i] -= learning_rate * d_table[i];
        for (std::size_t i = 0; i < values.size(); ++i) values[i] -= learning_rate * d_values[i];
    }

    /// log p(next | token), the slow way and in double.
    [[nodiscard]] double log_prob(int token, int next) const {
        const float* row = &table[entries(token * padded_vocab)];
        double sum = 0;
        for (int v = 0; v < vocab; ++v) sum += std::exp(static_cast<double>(row[v]) - static_cast<double>(row[next]));
        return -std::log(sum);
    }

private:
    static std::size_t entries(int n) { return static_cast<std::size_t>(n); }
};

/// Prompts, padded left, with responses of their own length, padded right: [sequences, steps].
struct toy_rollout {
    int sequences, steps;
    std::vector<int> tokens;
    std::vector<std::uint8_t> is_response; ///< about the token itself
    std::vector<float> scores;

    toy_rollout(int b, int s, int vocab, unsigned seed) : sequences(b), steps(s) {
        std::mt19937 random(seed);
        const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
        for (int i = 0; i < sequences; ++i) {
            scores.push_back(static_cast<float>(below(200) - 100) / 50);
            const int left = below(3), begin = left + 2 + below(2), end = begin + 3 + below(steps - begin - 2);
            for (int t = 0; t < steps; ++t) {
                tokens.push_back(t < left || t >= end ? 0 : 1 + below(vocab - 1));
                is_response.push_back(t >= begin && t < end);
            }
        }
    }
};
