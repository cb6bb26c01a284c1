// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the much larger un-tuned model. The paper compares 1.3 billion tuned weights with GPT-3's 175
// billion; here the large model is of another family, an interpolated Kneser-Ney 6-gram (Chen & Goodman 1999, eq. 28)
// with some 70 times as many numbers as the tuned model, and a better perplexity.
#pragma once

#include "random.hpp"
#include "text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

class ngram_model {
public:
    static constexpr int order = 6;

    /// Counts the text. Words are below 1,024, so that six of them fit into 64 bits.
    ngram_model(const text& t, int vocabulary);

    /// The number of stored n-grams.
    [[nodiscard]] std::size_t size() const;
    /// P(w | the words before it).
    [[nodiscard]] double probability(std::span<const word> before, word w) const;
    /// log P of every token, for the library's ptx_loss.
    [[nodiscard]] std::vector<float> log_probs(const text& t) const;
    /// Continues from `start` to the end of the sentence, or to `limit` words. It never draws "<unk>".
    [[nodiscard]] std::vector<word> sample(std::vector<word> start, random_source& random, int limit) const;

private:
    using key = std::uint64_t; ///< n words of ten bits, the last word in the lowest bits
    /// All n-grams of one length, sorted, so that the n-grams of one context lie together.
    struct table {
        std::vector<key> keys;
        std::vector<std::uint32_t>
            counts; ///< how often seen (longest n-grams), or after how many different words (others)
        std::vector<std::uint64_t> sums; ///< running sums of the counts, to draw by bisection
        double discount = 0.75;
    };
    struct followers {
        std::size_t first, last;
    };
    [[nodiscard]] static followers find(const table& t, key context);
    [[nodiscard]] static table tabulate(std::vector<std::pair<key, std::uint32_t>> counted);

    std::array<table, order> tables_; ///< [n − 1] has the n-grams
    int vocabulary_;
};
