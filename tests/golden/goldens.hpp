// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Numbers that other software computed, read from the text files in tests/golden (see generate.py there).
namespace test {

/// The arrays of one case by name.
class golden {
public:
    [[nodiscard]] const std::vector<double>& operator[](const std::string& key) const;
    [[nodiscard]] bool has(const std::string& key) const;
    [[nodiscard]] double number(const std::string& key) const;
    /// An array of whole numbers: a mask, targets, ranks.
    template <class I = std::int64_t>
    [[nodiscard]] std::vector<I> integers(const std::string& key) const {
        std::vector<I> x;
        for (const double e : (*this)[key]) x.push_back(static_cast<I>(e));
        return x;
    }

    void add(const std::string& key, std::vector<double> numbers);

private:
    std::map<std::string, std::vector<double>> arrays_;
};

/// All cases of a file: lines `case <name>`, then `<key> <number>…` each; # begins a comment.
[[nodiscard]] std::map<std::string, golden> read_goldens(const std::string& file);

} // namespace test
