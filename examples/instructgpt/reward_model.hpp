// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 2 of the paper's figure 2, the reward model (section 3.5, equation 1).
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

/// Ranked responses: prompt p owns the responses offsets[p] … offsets[p + 1] − 1.
struct comparisons {
    text responses;
    std::vector<std::int32_t> offsets{0};
    std::vector<std::int32_t> ranks; ///< 1 = best, equal = tie

    [[nodiscard]] std::size_t prompts() const { return offsets.size() - 1; }
};

/// K = 4 … 9 responses of the model to each of `prompts` topics, ranked by simulated labellers.
[[nodiscard]] comparisons collect_comparisons(const language_model& model, std::span<const word> topics,
                                              std::size_t prompts, const labellers& people, int limit,
                                              random_source& random);
/// The same responses, ranked by other labellers.
[[nodiscard]] comparisons ranked_by(const comparisons& c, const labellers& people, random_source& random);
/// The share of pairs on which two rankings of the same responses agree.
[[nodiscard]] double agreement(const comparisons& a, const comparisons& b);

/// Calls f(i, j), j < i, for all pairs of responses to the same prompt.
template <class F>
void each_pair(const comparisons& c, const F& f) {
    for (std::size_t p = 0; p < c.prompts(); ++p)
        for (auto i = static_cast<std::size_t>(c.offsets[p]); i < static_cast<std::size_t>(c.offsets[p + 1]); ++i)
            for (auto j = static_cast<std::size_t>(c.offsets[p]); j < i; ++j) f(i, j);
}

/// An endless random sequence of prompts with their ranked responses.
class comparison_stream {
public:
    comparison_stream(const comparisons& c, random_source& random);
    /// The next prompts: so many, or all if there are fewer.
    [[nodiscard]] comparisons next(std::size_t prompts);

private:
    const comparisons* comparisons_;
    random_source* random_;
    std::vector<std::size_t> order_;
    std::size_t at_ = 0;
};

/// One JSON object per line: {"prompt": "happiness", "responses": ["…", "…"], "ranks": [2, 1]}. Ranks may be left out
/// if the responses are listed best first.
[[nodiscard]] comparisons read_rankings(const std::string& path, const vocabulary& words);
void write_rankings(const std::string& path, const comparisons& c, const vocabulary& words, std::size_t prompts);

struct reward_model_options {
    double epochs = 2, learning_rate = 1e-3;
    std::size_t batch_prompts = 8;
};
struct reward_model_curve {
    std::vector<double> loss, accuracy;
};

/// Trains on all pairs of each prompt's responses.
reward_model_curve train_reward_model(scalar_model& model, const comparisons& data, const reward_model_options& o,
                                      random_source& random, progress& bar);
/// The share of held-out pairs that the model orders like the labeller.
[[nodiscard]] double accuracy(const scalar_model& model, const comparisons& data);
/// The reward of each response.
[[nodiscard]] floats rewards(const scalar_model& model, const text& responses);
