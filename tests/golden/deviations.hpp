// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
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
[[nodiscard]] std::vector<double> shrunk(const std::vector<std::uint8_t>& mask, double epsilon);

/// Notes a deviation of a function's results. Is it as small as agreed?
template <class T>
[[nodiscard]] bool agrees(const std::string& function, double deviation);

/// PRESETS.md says what this run measured of the trainer's functions. All machines with a fused multiply-add have the
/// same bits, and so the same deviations.
void holds_cells(const std::string& trainer);

/// The same in a test of several trainers, one after the other.
void holds_cells_and_begins_anew(const std::string& trainer);

/// A test's last case: as holds_cells, and the trainer's column has nothing but what this run measured, or
/// another test does.
void holds_column(const std::string& trainer, const std::set<std::string>& elsewhere = {});

} // namespace test
