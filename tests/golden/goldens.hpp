// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

/// Numbers that other software computed, read from the text files in tests/golden (see generate.py there).
namespace test {

/// The arrays of one case by name.
class golden {
public:
    [[nodiscard]] const std::vector<double>& operator[](const std::string& key) const { return arrays_.at(key); }
    [[nodiscard]] bool has(const std::string& key) const { return arrays_.contains(key); }
    [[nodiscard]] double number(const std::string& key) const { return arrays_.at(key).at(0); }
    /// An array of whole numbers: a mask, targets, ranks.
    template <class I = std::int64_t>
    [[nodiscard]] std::vector<I> integers(const std::string& key) const {
        std::vector<I> x;
        for (const double e : arrays_.at(key)) x.push_back(static_cast<I>(e));
        return x;
    }

    void add(const std::string& key, std::vector<double> numbers) { arrays_[key] = std::move(numbers); }

private:
    std::map<std::string, std::vector<double>> arrays_;
};

/// All cases of a file: lines `case <name>`, then `<key> <number>…` each; # begins a comment.
[[nodiscard]] inline std::map<std::string, golden> read_goldens(const std::string& file) {
    const auto path = std::filesystem::path(RLHF_TESTS) / "golden" / file;
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    std::map<std::string, golden> cases;
    golden* current = nullptr;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string key, word;
        if (!(words >> key) || key[0] == '#') continue;
        if (key == "case") {
            words >> word;
            current = &cases[word];
            continue;
        }
        std::vector<double> numbers;
        while (words >> word) numbers.push_back(std::strtod(word.c_str(), nullptr)); // >> reads neither inf nor nan
        if (!current) throw std::runtime_error(path.string() + " has numbers before the first case");
        current->add(key, std::move(numbers));
    }
    return cases;
}

} // namespace test
