// SPDX-License-Identifier: MIT
#include "golden/goldens.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace test {

const std::vector<double>& golden::operator[](const std::string& key) const { return arrays_.at(key); }
bool golden::has(const std::string& key) const { return arrays_.contains(key); }
double golden::number(const std::string& key) const { return arrays_.at(key).at(0); }
void golden::add(const std::string& key, std::vector<double> numbers) { arrays_[key] = std::move(numbers); }

std::map<std::string, golden> read_goldens(const std::string& file) {
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
