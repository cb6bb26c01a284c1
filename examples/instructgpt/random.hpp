// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the source of all random numbers. The same seed gives the same run with every standard
// library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>

/// Random numbers with our own conversions, because std::*_distribution differ between standard libraries.
class random_source {
public:
    explicit random_source(std::uint64_t seed) : engine_(seed) {}

    /// Uniform in [0, 1).
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

    /// Uniform in 0 … n − 1.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(uniform() * static_cast<double>(n)); }

    /// Approximately standard normal: the sum of twelve uniform numbers.
    double normal() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += uniform();
        return sum;
    }

    /// A seed for an independent source.
    std::uint64_t fork() { return engine_(); }

    /// Fisher-Yates.
    template <class Range>
    void shuffle(Range& range) {
        for (std::size_t i = range.size(); i > 1; --i) std::swap(range[i - 1], range[below(i)]);
    }

private:
    std::mt19937_64 engine_;
};
