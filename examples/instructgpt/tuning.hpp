// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the code that the methods of step 3 share: options, curves, sampled responses, and the loop of
// the methods that learn from samples (PPO, GRPO).
#pragma once

#include "labellers.hpp"
#include "model.hpp"
#include "progress.hpp"
#include "random.hpp"
#include "reward_model.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

enum class method { ppo, grpo, dpo };

/// A run of step 3. PPO alone has a critic, ptx_coef, gamma and lambda; DPO has neither clip range nor epochs.
struct tuning_options {
    std::string name;
    method by = method::ppo;
    double kl_coef = 0.15; ///< β in the rewards (PPO), the loss (GRPO) or the implicit reward (DPO)
    double ptx_coef = 0;   ///< γ of equation 2: 0 is PPO, more is PPO-ptx
    double clip_range = 0.2, gamma = 1, lambda = 0.95;
    double learning_rate = 8e-4, value_learning_rate = 2e-3;
    std::size_t iterations = 150, prompts = 128, epochs = 2, minibatches = 2;
    std::size_t answers = 1; ///< answers per prompt; DPO samples them for its curves only
    int limit = 16;          ///< tokens per response
    std::uint64_t seed = 1;

    /// Work per sampled token, for the progress bar.
    [[nodiscard]] double work() const { return ptx_coef > 0 ? 5 : 3; }
};

/// One row per iteration. Columns that a method does not have stay empty.
struct tuning_log {
    std::vector<double> reward, kl, gold, clip_fraction, explained_variance;
    static constexpr std::size_t perplexity_every = 5; ///< iterations; in between the last number is repeated
    std::vector<double> perplexity;                    ///< of held-out pretraining text
};

/// The inputs of step 3. They do not change, so several runs may share them.
struct tuning_inputs {
    const language_model& sft;
    const scalar_model& reward_model;
    const comparisons& rankings; ///< the rankings that the reward model learns from
    const std::vector<word>& prompts;
    const text& pretraining;
    const text& held_out;    ///< pretraining text for the log
    const labellers& people; ///< simulated; for the log only
};

/// The samples of one iteration and their scores, before it learns.
struct rollout {
    text responses; ///< responses to one prompt are neighbours
    floats log_probs, ref_log_probs, scores;
};

[[nodiscard]] rollout roll_out(const language_model& policy, const tuning_inputs& given, const tuning_options& o,
                               random_source& random, activations& a);
void write_log(tuning_log& log, const language_model& policy, const rollout& r, const tuning_inputs& given);

/// The parts that differ between the methods that learn from samples.
class learner {
public:
    virtual ~learner() = default;

    /// Computes the advantages.
    virtual void judge(const rollout& r, activations& a) = 0;
    /// Adds the gradients of the responses first … first + count − 1.
    virtual void add_gradients(language_model& policy, const rollout& r, std::size_t first, std::size_t count,
                               activations& a) = 0;
    /// Follows the gradients of a critic.
    virtual void step() {}
    virtual void write_log(tuning_log& log) = 0;
};

/// Repeats: sample, judge, learn. `policy` starts as a copy of the SFT model.
tuning_log tune(language_model& policy, const tuning_inputs& given, const tuning_options& o, learner& by,
                progress& bar);

/// log π of every token of responses. The logits stay in `a`.
[[nodiscard]] floats response_log_probs(const language_model& model, const text& responses, activations& a);
/// Perplexity of plain text.
[[nodiscard]] double perplexity(const language_model& model, const text& t);
