// SPDX-License-Identifier: MIT
// What PPO-ptx and GRPO have in common: the models, answers, checkpoints.
#pragma once

#include "austen.hpp"
#include "model.hpp"

#include <rlhf/core/batch.hpp>
#include <rlhf/with/torch.hpp>

struct training_options {
    std::int64_t prompt = 4, context = 20; ///< words of a prompt; of prompt and answer
    std::int64_t answers = 64;             ///< answers per step
    std::int64_t group = 8;                ///< answers per prompt, for GRPO
    int epochs = 2;                        ///< updates per step
    double beta = 0.05;                    ///< factor of the divergence from the pretrained model
    double gamma = 0.5;                    ///< factor of the pretraining text, for PPO-ptx
    double clip_range = 0.2;
    double learning_rate = 1e-3;
};

/// Prompts and the policy's answers.
struct rollout {
    torch::Tensor tokens;    ///< [B, T]
    torch::Tensor is_answer; ///< [B, T] bool: words of answers, up to the end of the sentence
    torch::Tensor scores;    ///< [B]

    /// Step t predicts token t + 1, and the words of answers count.
    [[nodiscard]] rlhf::batch batch() const {
        return {.sequences = tokens.size(0),
                .steps = tokens.size(1),
                .predict_next = true,
                .mask = is_answer,
                .denominator = rlhf::counted_here};
    }
};

/// The batch of a text: every word is predicted from the words before it.
[[nodiscard]] inline rlhf::batch every_word(const torch::Tensor& text) {
    return {.sequences = text.size(0),
            .steps = text.size(1),
            .predict_next = true,
            .mask = rlhf::all,
            .denominator = rlhf::counted_here};
}

/// A model's log-probabilities and values of answers, as constants, [B, T].
struct judgement {
    torch::Tensor log_probs, values;
};
[[nodiscard]] judgement judge(transformer& model, const rollout& r);

/// The numbers that are printed for a step.
struct step_report {
    double loss = 0, score = 0, kl = 0, clip_fraction = 0;
};

class trainer {
public:
    trainer(const austen& data, const training_options& o);

    /// Supervised training on the text. The trained model is the reference.
    void pretrain(int steps);
    step_report ppo_ptx_step();
    step_report grpo_step();

    /// A checkpoint has everything that the next step depends on: the models, Adam's moments, and the number of the
    /// step, which seeds its random numbers.
    void save(const std::string& file);
    void load(const std::string& file);
    [[nodiscard]] std::int64_t step() const { return step_; }

    /// Answers to prompts [B, prompt], drawn from the policy.
    [[nodiscard]] rollout answer(const torch::Tensor& prompts);

private:
    /// Begins a step, whose number seeds its random numbers.
    void begin_step() { torch::manual_seed(static_cast<std::uint64_t>(++step_)); }
    void descend(const torch::Tensor& loss);

    const austen& data_;
    training_options o_;
    transformer policy_, reference_;
    torch::optim::Adam optimiser_;
    std::int64_t step_ = 0;
};
