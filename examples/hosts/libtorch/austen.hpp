// SPDX-License-Identifier: MIT
// Six novels by Jane Austen as word numbers, and people's ratings of words as a reward.
#pragma once

#include "../../instructgpt/corpus.hpp"

#include <torch/torch.h>

class austen {
public:
    /// The 510 most frequent words, the end of a sentence and a word for all others.
    austen();

    [[nodiscard]] std::int64_t vocab() const { return words_.size(); }

    /// Random windows of the text, [n, length].
    [[nodiscard]] torch::Tensor windows(std::int64_t n, std::int64_t length) const;
    /// Beginnings of random sentences, [n, length].
    [[nodiscard]] torch::Tensor prompts(std::int64_t n, std::int64_t length) const;

    /// The reward of the answers in rows of words, [n]: how warm their words are, Σ / √(Σ² + 15) of people's mean
    /// ratings (Hutto & Gilbert 2014), less ¼ for each word that is not frequent and comes again.
    [[nodiscard]] torch::Tensor scores(const torch::Tensor& tokens, const torch::Tensor& is_answer) const;

    [[nodiscard]] std::string sentence(const torch::Tensor& words) const;

private:
    std::vector<std::string> lines_;
    vocabulary words_;
    torch::Tensor text_, sentences_; ///< word numbers, and where sentences begin
    std::vector<float> ratings_;
};
