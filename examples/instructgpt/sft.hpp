// SPDX-License-Identifier: MIT
// Miniature InstructGPT: pretraining, and step 1 of the paper's figure 2, supervised fine-tuning on demonstrations.
#pragma once

#include "model.hpp"
#include "progress.hpp"
#include "random.hpp"
#include "text.hpp"

#include <cstddef>
#include <vector>

/// An endless random sequence of the sentences of a text.
class text_stream {
public:
    text_stream(const text& t, random_source& random);
    /// The next whole sentences, with at least so many tokens together.
    [[nodiscard]] text next(std::size_t tokens);

private:
    const text* text_;
    random_source* random_;
    std::vector<std::size_t> order_;
    std::size_t at_ = 0;
};

struct pretraining_options {
    double epochs = 1.5, learning_rate = 5e-3;
    std::size_t batch_tokens = 512;
};
struct sft_options {
    double epochs = 6, learning_rate = 1e-3;
    double pretraining_coef = 0.3; ///< factor of the pretraining loss, against forgetting
    std::size_t batch_tokens = 512;
};

/// The small model before any tuning. Returns the loss of each step.
std::vector<double> pretrain(language_model& model, const text& pretraining, const pretraining_options& o,
                             random_source& random, progress& bar);

/// Trains the policy that step 3 starts from and stays near to. Returns the loss of each step.
std::vector<double> supervised_fine_tuning(language_model& model, const text& demonstrations, const text& pretraining,
                                           const sft_options& o, random_source& random, progress& bar);
