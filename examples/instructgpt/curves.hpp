// SPDX-License-Identifier: MIT
// Miniature InstructGPT: how the curves of a run are smoothed and thinned out before they are drawn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

/// Means over a window, which is narrower at the ends.
inline std::vector<double> smooth(const std::vector<double>& values, std::size_t window = 9) {
    std::vector<double> result;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t half = std::min({window / 2, i, values.size() - 1 - i});
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(i - half);
        const auto last = values.begin() + static_cast<std::ptrdiff_t>(i + half + 1);
        result.push_back(std::accumulate(first, last, 0.0) / static_cast<double>(2 * half + 1));
    }
    return result;
}
inline std::vector<double> steps(std::size_t n) {
    std::vector<double> result(n);
    std::iota(result.begin(), result.end(), 1.0);
    return result;
}
inline std::vector<double> scaled(std::vector<double> values, double shift, double factor) {
    for (double& v : values) v = (v - shift) * factor;
    return values;
}
/// Every n-th of the values.
inline std::vector<double> sparse(const std::vector<double>& values, std::size_t every) {
    std::vector<double> result;
    for (std::size_t i = 0; i < values.size(); i += every) result.push_back(values[i]);
    return result;
}
/// The change against the first value, in per cent.
inline std::vector<double> change(const std::vector<double>& values) {
    return scaled(values, values.front(), 100 / values.front());
}
