// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"

#include <rlhf/lane.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

/// How far the library's results are from the results of a trainer's own code, and the table in PRESETS.md that says
/// so.
namespace test {

/// What is agreed: relative errors. The data has few bits, so that floats have it exactly.
template <class T>
constexpr double golden_tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-12;

/// Worst |got − want| / |want|; where want is 0, got is 0.
template <class A>
[[nodiscard]] double worst_relative(const A& got, const std::vector<double>& want) {
    if (got.size() != want.size()) return INFINITY;
    double largest = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double error = std::fabs(static_cast<double>(got[i]) - want[i]);
        if (!(error <= std::fabs(want[i]))) return INFINITY; // NaN as well
        if (want[i] != 0) largest = std::max(largest, error / std::fabs(want[i]));
    }
    return largest;
}

/// For numbers that cross 0: worst |got − want| / max |want|.
template <class A>
[[nodiscard]] double worst_of_largest(const A& got, const std::vector<double>& want) {
    if (got.size() != want.size()) return INFINITY;
    double largest = 0, size = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double error = std::fabs(static_cast<double>(got[i]) - want[i]);
        if (!(error < INFINITY)) return INFINITY; // NaN as well
        largest = std::max(largest, error);
        size = std::max(size, std::fabs(want[i]));
    }
    return largest / size;
}

/// [B] n / (n + ε) for n tokens in a row of ten: as weights, they divide a sum over n tokens by n + ε instead of n.
[[nodiscard]] inline std::vector<double> shrunk(const std::vector<std::uint8_t>& mask, double epsilon) {
    std::vector<double> w;
    for (auto row = mask.begin(); row != mask.end(); row += 10) {
        const auto n = static_cast<double>(std::count(row, row + 10, 1));
        w.push_back(n / (n + epsilon));
    }
    return w;
}

/// By function: the largest deviation of its doubles and of its floats, in this run.
inline std::map<std::string, std::array<double, 2>>& deviations() {
    static std::map<std::string, std::array<double, 2>> found;
    return found;
}

/// Notes a deviation of a function's results. Is it as small as agreed?
template <class T>
[[nodiscard]] bool agrees(const std::string& function, double deviation) {
    auto& noted = deviations().try_emplace(function, std::array<double, 2>{-1, -1}).first->second;
    double& largest = noted[std::is_same_v<T, float> ? 1 : 0];
    largest = std::max(largest, deviation);
    return deviation < golden_tolerance<T>;
}

/// The table of PRESETS.md that has a row per function and a column per trainer.
inline std::map<std::string, std::string> column_of_presets(const std::string& trainer) {
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

/// PRESETS.md says what this run measured of the trainer's functions. All machines with a fused multiply-add have the
/// same bits, and so the same deviations.
inline void holds_cells(const std::string& trainer) {
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

/// The same in a test of several trainers, one after the other.
inline void holds_cells_and_begins_anew(const std::string& trainer) {
    holds_cells(trainer);
    deviations().clear();
}

/// A test's last case: as holds_cells, and the trainer's column has nothing but what this run measured, or
/// another test does.
inline void holds_column(const std::string& trainer, const std::set<std::string>& elsewhere = {}) {
    holds_cells(trainer);
    for (const auto& [function, cell] : column_of_presets(trainer)) {
        INFO("PRESETS.md has | " << function << " | " << trainer << " | " << cell << " |, which no test measures");
        CHECK((deviations().contains(function) || elsewhere.contains(function)));
    }
}

} // namespace test
