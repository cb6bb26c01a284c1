// SPDX-License-Identifier: MIT
// Miniature InstructGPT: sequences of word numbers, end to end: the packed layout that the library reads directly.
#pragma once

#include <rlhf/core/batch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using word = std::int32_t;

inline constexpr word end_of_text = 0; ///< ends a sentence, and fills the window before its first word
inline constexpr word no_topic = -1;   ///< plain text, as in pretraining

/// Sentences about topics: prompts and responses, demonstrations, or plain text.
struct text {
    std::vector<word> tokens;             ///< all sequences end to end
    std::vector<std::int32_t> offsets{0}; ///< sequence s is tokens[offsets[s]] … tokens[offsets[s + 1] − 1]
    std::vector<word> topics;             ///< the prompt of each sequence

    [[nodiscard]] std::size_t size() const { return topics.size(); }
    [[nodiscard]] std::span<const word> operator[](std::size_t s) const {
        const auto begin = static_cast<std::size_t>(offsets[s]), end = static_cast<std::size_t>(offsets[s + 1]);
        return {tokens.data() + begin, end - begin};
    }
    [[nodiscard]] bool finished(std::size_t s) const { return !(*this)[s].empty() && (*this)[s].back() == end_of_text; }

    void add(word topic, std::span<const word> sequence) {
        tokens.insert(tokens.end(), sequence.begin(), sequence.end());
        offsets.push_back(static_cast<std::int32_t>(tokens.size()));
        topics.push_back(topic);
    }
    void add(const text& other) {
        for (std::size_t s = 0; s < other.size(); ++s) add(other.topics[s], other[s]);
    }
    [[nodiscard]] text part(std::size_t first, std::size_t count) const {
        text result;
        for (std::size_t s = first; s < first + count; ++s) result.add(topics[s], (*this)[s]);
        return result;
    }

    /// These sequences as a batch of the library: packed, every token counts, and nothing is shifted, because the
    /// model's row t predicts token t (its context ends before t).
    [[nodiscard]] rlhf::batch batch() const {
        return {.offsets = offsets, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    }
};
