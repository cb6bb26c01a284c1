// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the whole experiment, in the order of the paper's figure 2.
#pragma once

#include "evaluate.hpp"
#include "reward_model.hpp"
#include "sft.hpp"
#include "tuning.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct settings {
    std::uint64_t seed = 1;
    std::size_t vocabulary = 1000;
    std::size_t sentences = 0; ///< sentences of the corpus; 0: all
    std::size_t labelled_prompts = 3000, test_labelled_prompts = 500, evaluation_prompts = 1000;
    std::size_t iterations = 150, answers = 128; ///< iterations of step 3; answers per iteration
    unsigned threads = 2;                        ///< results do not depend on it
    bool quick = false;                          ///< true: runs only what shows the signs of the effects

    /// A run of a few seconds.
    [[nodiscard]] static settings quick_run(std::uint64_t seed);
};

/// Files. An empty name: simulated, or taken from the corpus.
struct files {
    std::string corpus, lexicon, demonstrations, rankings;
};

/// A policy after step 3.
struct tuned {
    tuning_options options;
    tuning_log log;
    evaluation row;
};

/// A tuned model, judged by each group of simulated labellers: wins against SFT.
struct judged {
    std::string name;
    interval warm, sober;
};

/// One model's responses to the five fixed prompts.
struct sample_set {
    std::string name;
    text responses;
};

struct results {
    settings used;
    std::size_t small_size = 0, big_size = 0, pretraining_tokens = 0, demonstrations = 0;
    double pretrained_perplexity = 0;
    std::vector<double> pretraining_loss, sft_loss;
    reward_model_curve reward_curve;
    double labeller_agreement = 0, reward_accuracy = 0;
    bool simulated = true;             ///< false: rankings came from a file
    std::vector<evaluation> baselines; ///< big, big prompted, SFT, best of 16
    best_of_n best_of;
    std::vector<tuned> runs;
    std::vector<judged> groups;
    std::vector<sample_set> samples;
    comparisons compared; ///< the rankings that the reward model learned from
    double seconds = 0;

    [[nodiscard]] std::vector<const evaluation*> table() const;
    [[nodiscard]] const tuned& run(const std::string& name) const;
    [[nodiscard]] const evaluation& sft() const { return baselines[2]; }
};

/// Names of the runs that other code looks up.
inline constexpr const char* ppo_name = "PPO, β = 0.15";
inline constexpr const char* ppo_ptx_name = "PPO-ptx, β = 0.15";
inline constexpr const char* grpo_name = "GRPO, β = 0.25";
inline constexpr const char* dpo_name = "DPO, β = 0.15";
inline constexpr const char* sober_name = "PPO, β = 0.15, tuned for the sober group";

[[nodiscard]] results run_experiment(const settings& s, const files& f, const vocabulary& words,
                                     const std::vector<std::string>& corpus_lines);

/// Checks the signs of the effects that the paper reports. Prints each, and returns true if all are there.
[[nodiscard]] bool check_signs(const results& r);
