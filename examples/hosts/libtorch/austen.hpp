// SPDX-License-Identifier: MIT
// Six novels by Jane Austen as word numbers, and a reward from people's ratings of words.
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

    /// The rewards [n] of answers, which are rows of words: how warm the words are, Σ / √(Σ² + 15) over people's mean
    /// ratings (Hutto & Gilbert 2014), minus ¼ for each repetition of a word that is not frequent.
    [[nodiscard]] torch::Tensor scores(const torch::Tensor& tokens, const torch::Tensor& is_answer) const;

    [[nodiscard]] std::string sentence(const torch::Tensor& words) const;

private:
    std::vector<std::string> lines_;
    vocabulary words_;
    torch::Tensor text_, sentences_; ///< word numbers, and where sentences begin
    std::vector<float> ratings_;
};
