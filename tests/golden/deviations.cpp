// SPDX-License-Identifier: MIT
#include "golden/deviations.hpp"

#include <rlhf/lane.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <map>

namespace test {

namespace {

/// By function: the largest deviation of its doubles and of its floats, in this run.
std::map<std::string, std::array<double, 2>>& deviations() {
    static std::map<std::string, std::array<double, 2>> found;
    return found;
}

/// The table of PRESETS.md that has a row per function and a column per trainer.
std::map<std::string, std::string> column_of_presets(const std::string& trainer) {
    std::ifstream page(RLHF_TESTS "/../PRESETS.md");
    std::map<std::string, std::string> cells;
    std::size_t column = 0;
    for (std::string line; std::getline(page, line);) {
        std::vector<std::string> row;
        for (std::size_t begin = 1, end = 0; (end = line.find(" |", begin)) != std::string::npos; begin = end + 2)
            row.push_back(line.substr(begin + 1, end - begin - 1));
        if (line.empty()) column = 0; // the table ends
        if (row.empty()) continue;
        if (row[0] == "largest deviation")
            column = static_cast<std::size_t>(std::find(row.begin(), row.end(), trainer) - row.begin());
        else if (column > 0 && row.size() > column && row[column] != "–")
            cells[row[0]] = row[column];
    }
    return cells;
}

} // namespace

std::vector<double> shrunk(const std::vector<std::uint8_t>& mask, double epsilon) {
    std::vector<double> w;
    for (auto row = mask.begin(); row != mask.end(); row += 10) {
        const auto n = static_cast<double>(std::count(row, row + 10, 1));
        w.push_back(n / (n + epsilon));
    }
    return w;
}

template <class T>
bool agrees(const std::string& function, double deviation) {
    auto& noted = deviations().try_emplace(function, std::array<double, 2>{-1, -1}).first->second;
    double& largest = noted[std::is_same_v<T, float> ? 1 : 0];
    largest = std::max(largest, deviation);
    return deviation < golden_tolerance<T>;
}
template bool agrees<float>(const std::string&, double);
template bool agrees<double>(const std::string&, double);

void holds_cells(const std::string& trainer) {
    const auto stated = column_of_presets(trainer);
    const auto text = [](double x) {
        std::array<char, 16> digits{};
        std::snprintf(digits.data(), digits.size(), x == 0 ? "0" : "%.0e", x);
        return x < 0 ? std::string("–") : std::string(digits.data());
    };
    for (const auto& [function, found] : deviations()) {
        const std::string measured = text(found[0]) + ", " + text(found[1]);
        INFO("PRESETS.md: | " << function << " | " << trainer << " | " << measured << " |");
        CHECK(stated.contains(function));
        if (RLHF_FMA && stated.contains(function)) CHECK(stated.at(function) == measured);
    }
}

void holds_cells_and_begins_anew(const std::string& trainer) {
    holds_cells(trainer);
    deviations().clear();
}

void holds_column(const std::string& trainer, const std::set<std::string>& elsewhere) {
    holds_cells(trainer);
    for (const auto& [function, cell] : column_of_presets(trainer)) {
        INFO("PRESETS.md has | " << function << " | " << trainer << " | " << cell << " |, which no test measures");
        CHECK((deviations().contains(function) || elsewhere.contains(function)));
    }
}

} // namespace test
