// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

/// What the tutorial trains instead of a network: a table of logits, one row per token, which says what comes next. It
/// has a forward and a backward pass like a network, and one line of gradient descent.
namespace toy {

constexpr std::size_t vocab = 8; // 0 ends a text; 1 to 7 are words
constexpr int end_of_text = 0;

// --8<-- [start:model]
struct model {
    std::vector<float> weights = std::vector<float>(vocab * vocab);

    /// logits[token][word] of every token of a batch.
    std::vector<float> forward(const std::vector<int>& tokens) const {
        std::vector<float> logits(tokens.size() * vocab);
        for (std::size_t i = 0; i < tokens.size(); ++i)
            std::copy_n(&weights[static_cast<std::size_t>(tokens[i]) * vocab], vocab, &logits[i * vocab]);
        return logits;
    }
    /// Adds up the gradient of the weights.
    static void backward(const std::vector<int>& tokens, const std::vector<float>& d_logits, std::vector<float>& d) {
        for (std::size_t i = 0; i < d_logits.size(); ++i)
            d[static_cast<std::size_t>(tokens[i / vocab]) * vocab + i % vocab] += d_logits[i];
    }
    /// A step of gradient descent.
    void descend(const std::vector<float>& d, float rate) {
        for (std::size_t i = 0; i < d.size(); ++i) weights[i] -= rate * d[i];
    }
};
// --8<-- [end:model]

/// Random numbers in [0, 1) that are the same everywhere.
struct random {
    std::uint32_t state = 7;
    float operator()() {
        state = state * 1664525U + 1013904223U;
        return static_cast<float>(state >> 8) * 0x1p-24f;
    }
};

/// Draws the word that follows a token.
inline int next_word(const model& m, int token, random& uniform) {
    const float* const z = &m.weights[static_cast<std::size_t>(token) * vocab];
    float sum = 0, weight[vocab];
    for (std::size_t v = 0; v < vocab; ++v) sum += weight[v] = std::exp(z[v]);
    float left = uniform() * sum;
    for (std::size_t v = 0; v + 1 < vocab; ++v)
        if ((left -= weight[v]) < 0) return static_cast<int>(v);
    return static_cast<int>(vocab) - 1;
}

} // namespace toy
