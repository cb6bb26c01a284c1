// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the evaluation (sections 3.6 and 4 of the paper), on prompts that no step has trained on, with
// the noise-free utility of the simulated labellers as the referee.
#pragma once

#include "labellers.hpp"
#include "model.hpp"
#include "ngram.hpp"
#include "text.hpp"

#include <optional>
#include <page/svg.hpp>
#include <span>
#include <string>
#include <vector>

[[nodiscard]] interval mean(std::span<const double> values);
/// The share of prompts for which a's response is better. Equal scores are half a win each.
[[nodiscard]] interval wins(std::span<const double> a, std::span<const double> b);

/// One row of the final table.
struct evaluation {
    std::string name;
    text responses;              ///< one to each held-out prompt
    std::vector<double> utility; ///< of each response, for the referee
    interval gold;
    std::optional<interval> kl; ///< to the SFT model, per response
    std::optional<interval> reward;
    double perplexity = 0; ///< of held-out pretraining text
    interval against_sft, against_big;
};

/// The numbers of a row that do not depend on other rows.
[[nodiscard]] evaluation evaluate(std::string name, text responses, double perplexity, const labellers& people);
/// The same for a tuned model: it samples, and computes KL to the SFT model, reward and perplexity.
[[nodiscard]] evaluation evaluate(std::string name, const language_model& model, const language_model& sft,
                                  const scalar_model& reward_model, std::span<const word> prompts, const text& held_out,
                                  const labellers& people, random_source& random, int limit);

/// The large un-tuned model's responses. With `prompted` it continues from the topic; otherwise it does not see the
/// prompt.
[[nodiscard]] text respond(const ngram_model& model, std::span<const word> prompts, bool prompted,
                           random_source& random, int limit);
[[nodiscard]] double perplexity(const ngram_model& model, const text& t);

/// Best of n by the reward model, for n = 1, 2, 4, 8, 16.
struct best_of_n {
    std::vector<int> n;
    std::vector<double> kl; ///< log n − (n − 1)/n
    std::vector<double> gold, reward;
    evaluation best; ///< of 16
};
[[nodiscard]] best_of_n evaluate_best_of_n(const language_model& sft, const scalar_model& reward_model,
                                           std::span<const word> prompts, const labellers& people, double perplexity,
                                           random_source& random, int limit);
