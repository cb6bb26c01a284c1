// SPDX-License-Identifier: MIT
#include "austen.hpp"

#include <cmath>
#include <set>

austen::austen()
    : lines_(read_lines(LIBTORCH_HOST_DATA "/austen.tok.gz")), words_(lines_, 512),
      ratings_(static_cast<std::size_t>(words_.size())) {
    std::vector<std::int64_t> text, sentences;
    for (const std::string& line : lines_) {
        sentences.push_back(static_cast<std::int64_t>(text.size()));
        for (const word w : words_.sentence(line)) text.push_back(w);
    }
    text_ = torch::tensor(text), sentences_ = torch::tensor(sentences);
    for (const std::string& line : read_lines(LIBTORCH_HOST_DATA "/vader_ratings_austen_words.tsv")) {
        const auto columns = split(line, '\t');
        const word w = words_.number(columns.at(0));
        if (w == words_.unknown()) continue;
        for (const auto rating : split(columns.at(1)))
            ratings_[static_cast<std::size_t>(w)] += std::stof(std::string(rating)) / 10;
    }
}

torch::Tensor austen::windows(std::int64_t n, std::int64_t length) const {
    const torch::Tensor first = torch::randint(text_.size(0) - length, {n, 1});
    return text_.index({first + torch::arange(length)});
}

torch::Tensor austen::prompts(std::int64_t n, std::int64_t length) const {
    const torch::Tensor which = torch::randint(sentences_.size(0) - length, {n}); // each has at least one word
    return text_.index({sentences_.index({which}).unsqueeze(1) + torch::arange(length)});
}

torch::Tensor austen::scores(const torch::Tensor& tokens, const torch::Tensor& is_answer) const {
    const torch::Tensor scores = torch::zeros({tokens.size(0)});
    const auto words = tokens.accessor<std::int64_t, 2>();
    const auto counts = is_answer.accessor<bool, 2>();
    for (std::int64_t s = 0; s < tokens.size(0); ++s) {
        std::set<word> seen;
        float sum = 0, repeats = 0;
        for (std::int64_t t = 0; t < tokens.size(1); ++t) {
            const word w = static_cast<word>(words[s][t]);
            if (!counts[s][t]) continue;
            sum += ratings_[static_cast<std::size_t>(w)];
            if (!seen.insert(w).second && !vocabulary::is_frequent(w)) repeats += 1;
        }
        scores[s] = sum / std::sqrt(sum * sum + 15) - repeats / 4;
    }
    return scores;
}

std::string austen::sentence(const torch::Tensor& words) const {
    const torch::Tensor row = words.to(torch::kInt).contiguous();
    return words_.sentence(std::span(row.const_data_ptr<word>(), static_cast<std::size_t>(row.numel())));
}
