// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the data (section 3.2 of the paper): pretraining text, prompts and demonstrations.
#pragma once

#include "text.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// The lines of a text file, which may be gzipped.
[[nodiscard]] std::vector<std::string> read_lines(const std::string& path);

/// Calls read(line) for each line of a file that is not empty. An exception of read is thrown with the file and the
/// line.
void each_line(const std::string& path, const std::function<void(const std::string&)>& read);

/// The words separated by spaces.
[[nodiscard]] std::vector<std::string_view> split(std::string_view line, char separator = ' ');

/// end_of_text, then the most frequent words in falling order, then one word for all other words.
class vocabulary {
public:
    vocabulary(const std::vector<std::string>& lines, std::size_t size);

    [[nodiscard]] int size() const { return static_cast<int>(words_.size()); }
    [[nodiscard]] word unknown() const { return static_cast<word>(words_.size()) - 1; }
    [[nodiscard]] word number(std::string_view spelling) const;
    [[nodiscard]] const std::string& spelling(word w) const { return words_[static_cast<std::size_t>(w)]; }
    [[nodiscard]] std::string sentence(std::span<const word> words) const;
    /// The words of a line, closed by end_of_text.
    [[nodiscard]] std::vector<word> sentence(std::string_view line) const;
    /// True if a prompt may ask for a sentence about this word: it has only letters, and is not among the 150 most
    /// frequent.
    [[nodiscard]] bool is_topic(word w) const;
    /// True if the word is so frequent that a good sentence may repeat it.
    [[nodiscard]] static bool is_frequent(word w) { return w <= 60; }

private:
    std::vector<std::string> words_;
    std::unordered_map<std::string, word> numbers_;
};

/// The data of a run. Every 20th sentence is held out, with its demonstrations and prompts.
struct corpus {
    text pretraining, held_out;                  ///< plain text
    text demonstrations;                         ///< (topic, sentence): "write one kind, complete sentence about …"
    std::vector<word> prompts, held_out_prompts; ///< topics, as often as they occur
};

/// Demonstrations are the sentences of 5 to 13 words of the vocabulary, once per topic that a sentence contains. A file
/// with lines of "topic<tab>sentence" replaces them.
[[nodiscard]] corpus make_corpus(const vocabulary& words, const std::vector<std::string>& lines,
                                 const std::string& demonstrations = "");
