// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/batch.hpp>

#include <array>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <vector>

/// Data of benchmarks: 2¹⁶ tokens, and the time per token.
namespace bench {

inline constexpr std::size_t tokens = std::size_t(1) << 16;

/// Numbers in [low, high) that repeat late and follow no pattern.
inline std::vector<float> numbers(double low, double high, std::uint32_t seed, std::size_t n = tokens) {
    std::vector<float> x(n);
    for (float& e : x) {
        seed = seed * 1664525U + 1013904223U;
        e = static_cast<float>(low + (high - low) * (seed >> 8) / (1 << 24));
    }
    return x;
}

/// Rows of the given length; the last eighth of each is masked.
struct rows {
    std::vector<std::uint8_t> mask;
    rlhf::batch batch{.mask = rlhf::all, .denominator = rlhf::counted_here};

    explicit rows(std::int64_t steps) : mask(tokens) {
        const auto n = static_cast<std::size_t>(steps);
        for (std::size_t i = 0; i < tokens; ++i) mask[i] = i % n < n - n / 8;
        batch.sequences = tokens / n, batch.steps = steps, batch.mask = mask;
    }
    rows(const rows&) = delete;
    rows& operator=(const rows&) = delete;
};

/// 2¹⁶ rewards, K a prompt, and room for their gradient.
struct prompts {
    std::vector<float> rewards = numbers(-3, 3, 1), d = std::vector<float>(tokens);
    rlhf::batch batch{.mask = rlhf::all, .denominator = rlhf::counted_here};

    explicit prompts(std::int64_t K) { batch.sequences = static_cast<std::int64_t>(tokens) / K, batch.steps = K; }
};

/// Tokens a second and seconds a token (printed with its unit: 400p is 0.4 ns).
inline void count(benchmark::State& state, std::size_t n = tokens) {
    using benchmark::Counter;
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
    state.counters["token"] = Counter(static_cast<double>(n), Counter::kIsIterationInvariantRate | Counter::kInvert);
}

/// What memory allows: reads as many streams and the mask, writes one.
template <std::size_t Inputs>
void floor(benchmark::State& state) {
    const rows r(1024);
    std::array<std::vector<float>, Inputs> in;
    for (auto& x : in) x = numbers(-1, 1, 7);
    std::vector<float> out(tokens);
    for (auto _ : state) {
        float* to = out.data();
        for (std::size_t i = 0; i < tokens; ++i) {
            float sum = 0;
            for (const auto& x : in) sum += x[i];
            to[i] = r.mask[i] != 0 ? sum : 0.F;
        }
        benchmark::ClobberMemory();
    }
    count(state);
}

} // namespace bench
