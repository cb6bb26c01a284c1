// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 3 of the paper's figure 2, reinforcement learning (section 3.5, equation 2).
#pragma once

#include "labellers.hpp"
#include "model.hpp"
#include "progress.hpp"
#include "random.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct ppo_options {
    std::string name;
    double kl_coef = 0.15; ///< β
    double ptx_coef = 0;   ///< γ of equation 2; 0 is PPO, above is PPO-ptx
    double clip_range = 0.2, gamma = 1, lambda = 0.95;
    double learning_rate = 8e-4, value_learning_rate = 2e-3;
    std::size_t iterations = 150, prompts = 128, epochs = 2, minibatches = 2;
    int limit = 16; ///< tokens per response
    std::uint64_t seed = 1;
};

/// One row per iteration.
struct ppo_log {
    std::vector<double> reward, kl, gold, clip_fraction, explained_variance;
    static constexpr std::size_t perplexity_every = 5; ///< iterations; it stays as it was between
    std::vector<double> perplexity;                    ///< of held-out pretraining text
    std::vector<double> ptx_loss;
};

/// What step 3 is given. Nothing here changes, so several runs may share it.
struct ppo_inputs {
    const language_model& sft;
    const scalar_model& reward_model;
    const std::vector<word>& prompts;
    const text& pretraining;
    const text& held_out;    ///< pretraining text for the log
    const labellers& people; ///< simulated; for the log only
};

/// Tunes `policy`, which starts as a copy of the SFT model.
ppo_log train_ppo(language_model& policy, const ppo_inputs& given, const ppo_options& o, progress& bar);

/// log π of every token of responses.
[[nodiscard]] floats response_log_probs(const language_model& model, const text& responses, activations& a);
/// Perplexity of plain text.
[[nodiscard]] double perplexity(const language_model& model, const text& t);
