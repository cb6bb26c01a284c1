// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the optimiser of all three steps (Adam, Kingma & Ba 2015) with a bound on the gradient's norm.
#pragma once

#include "model.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

/// One optimiser per model.
class adam {
public:
    explicit adam(const parameters& p) : mean_(p.weights.size()), square_(p.weights.size()) {}

    /// Moves the weights down the gradient, whose norm is limited to `norm_limit`, and clears the gradient.
    void step(parameters& p, double learning_rate, double norm_limit = 5) {
        double norm = 0;
        for (const float g : p.gradient) norm += static_cast<double>(g) * static_cast<double>(g);
        norm = std::sqrt(norm);
        const auto shrink = static_cast<float>(norm > norm_limit ? norm_limit / norm : 1);
        decay_mean_ *= beta_mean, decay_square_ *= beta_square;
        const auto rate = static_cast<float>(learning_rate * std::sqrt(1 - decay_square_) / (1 - decay_mean_));
        for (std::size_t i = 0; i < mean_.size(); ++i) {
            const float g = p.gradient[i] * shrink;
            mean_[i] += (1 - static_cast<float>(beta_mean)) * (g - mean_[i]);
            square_[i] += (1 - static_cast<float>(beta_square)) * (g * g - square_[i]);
            p.weights[i] -= rate * mean_[i] / (std::sqrt(square_[i]) + 1e-8F);
            p.gradient[i] = 0;
        }
    }

private:
    static constexpr double beta_mean = 0.9, beta_square = 0.999;
    std::vector<float> mean_, square_;
    double decay_mean_ = 1, decay_square_ = 1;
};
