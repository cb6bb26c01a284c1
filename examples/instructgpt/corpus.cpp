// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the data (section 3.2 of the paper).
#include "corpus.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <zlib.h>

namespace {

std::string text_of(const std::string& path) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::string all;
    std::array<char, 1 << 16> buffer;
    int n = 0;
    while ((n = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
        all.append(buffer.data(), static_cast<std::size_t>(n));
    int status = Z_OK;
    const char* const problem = gzerror(file.get(), &status);
    if (n < 0 || status == Z_BUF_ERROR)                                        // Z_BUF_ERROR: the file is cut short
        throw std::runtime_error(std::string("cannot decompress ") + problem); // `problem` begins with the path
    std::erase(all, '\r');
    return all;
}

} // namespace

std::vector<std::string> read_lines(const std::string& path) {
    const std::string all = text_of(path);
    std::vector<std::string> lines;
    for (const std::string_view line : split(all, '\n')) lines.emplace_back(line);
    return lines;
}

void each_line(const std::string& path, const std::function<void(const std::string&)>& read) {
    std::istringstream all(text_of(path));
    std::string line;
    for (int number = 1; std::getline(all, line); ++number) {
        try {
            if (!line.empty()) read(line);
        } catch (const std::exception& e) {
            throw std::runtime_error(path + ":" + std::to_string(number) + ": " + e.what());
        }
    }
}

std::vector<std::string_view> split(std::string_view line, char separator) {
    std::vector<std::string_view> parts;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(separator), line.size());
        if (end > 0) parts.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return parts;
}

vocabulary::vocabulary(const std::vector<std::string>& lines, std::size_t size) {
    std::unordered_map<std::string_view, std::size_t> counts;
    for (const std::string& line : lines)
        for (const std::string_view w : split(line)) ++counts[w];
    std::vector<std::pair<std::string_view, std::size_t>> ranked(counts.begin(), counts.end());
    std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    words_.emplace_back("</s>");
    for (std::size_t i = 0; i < ranked.size() && words_.size() + 1 < size; ++i) words_.emplace_back(ranked[i].first);
    words_.emplace_back("<unk>");
    for (std::size_t i = 0; i < words_.size(); ++i) numbers_.emplace(words_[i], static_cast<word>(i));
}

word vocabulary::number(std::string_view spelling) const {
    const auto found = numbers_.find(std::string(spelling));
    return found == numbers_.end() ? unknown() : found->second;
}

std::string vocabulary::sentence(std::span<const word> words) const {
    std::string result;
    for (const word w : words) {
        if (w == end_of_text) return result;
        const bool joins = spelling(w).find_first_of(",.;:!?") == 0;
        if (!result.empty() && !joins) result += ' ';
        result += spelling(w);
    }
    return result + " …";
}

std::vector<word> vocabulary::sentence(std::string_view line) const {
    std::vector<word> result;
    for (const std::string_view w : split(line)) result.push_back(number(w));
    result.push_back(end_of_text);
    return result;
}

bool vocabulary::is_topic(word w) const {
    return w > 150 && w < unknown() &&
           std::all_of(spelling(w).begin(), spelling(w).end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

corpus make_corpus(const vocabulary& words, const std::vector<std::string>& lines, const std::string& demonstrations) {
    corpus c;
    const auto topics_of = [&](std::span<const word> sentence) {
        std::vector<word> topics;
        for (const word w : sentence)
            if (words.is_topic(w) && std::find(topics.begin(), topics.end(), w) == topics.end()) topics.push_back(w);
        return topics;
    };
    const auto known = [&](std::span<const word> sentence) {
        return std::find(sentence.begin(), sentence.end(), words.unknown()) == sentence.end();
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::vector<word> sentence = words.sentence(lines[i]);
        const bool held = i % 20 == 19;
        (held ? c.held_out : c.pretraining).add(no_topic, sentence);
        const std::vector<word> topics = topics_of(sentence);
        auto& prompts = held ? c.held_out_prompts : c.prompts;
        prompts.insert(prompts.end(), topics.begin(), topics.end());
        const bool fits = sentence.size() >= 6 && sentence.size() <= 14 && known(sentence);
        if (held || !fits || !demonstrations.empty()) continue;
        for (const word topic : topics) c.demonstrations.add(topic, sentence);
    }
    if (demonstrations.empty()) return c;
    each_line(demonstrations, [&](const std::string& line) {
        const auto parts = split(line, '\t');
        if (parts.size() != 2) throw std::runtime_error("expected a topic, a tab and a sentence, not " + line);
        const std::vector<word> sentence = words.sentence(parts[1]);
        const word topic = words.number(parts[0]);
        if (topic != words.unknown() && known(sentence)) c.demonstrations.add(topic, sentence);
    });
    if (c.demonstrations.size() == 0)
        throw std::runtime_error(demonstrations + ": no line consists of words that the small models know");
    return c;
}
