// SPDX-License-Identifier: MIT
#pragma once

#include "accuracy/errors.hpp"

#include <rlhf/core/batch.hpp>

/// Data and means for the errors of functions.
namespace accuracy {

inline constexpr std::size_t B = 2, S = 300, N = B * S;

/// Two sequences of 300 steps; each line of the page sees draws / 200 of them.
inline rlhf::batch tokens(std::size_t sequences = B, std::size_t steps = S) {
    return {.sequences = sequences, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

template <class T>
std::vector<T> array(test::random& r, double low, double high, std::size_t n = N) {
    std::vector<T> x(n);
    for (T& e : x) e = in<T>(r, low, high);
    return x;
}
/// So far from x, to either side.
template <class T>
std::vector<T> around(test::random& r, std::vector<T> x, double distance) {
    for (T& e : x) e += in<T>(r, -distance, distance);
    return x;
}

inline exact mean_of(const std::vector<exact>& x) {
    exact sum = 0;
    for (const exact& e : x) sum += e;
    return sum / static_cast<double>(x.size());
}
/// Σ (x − mean)² / (n − 1)
inline exact variance_of(const std::vector<exact>& x) {
    const exact mean = mean_of(x);
    exact sum = 0;
    for (const exact& e : x) sum += (e - mean) * (e - mean);
    return sum / static_cast<double>(x.size() - 1);
}
template <class T>
std::vector<exact> exactly(const std::vector<T>& x) {
    return {x.begin(), x.end()};
}

} // namespace accuracy
