// SPDX-License-Identifier: MIT
#pragma once

#include "bench.hpp"

#include <rlhf/logits.hpp>

#include <xsimd/xsimd.hpp>

namespace bench {

/// One step's logits of type E, with room for their gradient. Times are per logit.
template <class E>
struct logits {
    std::int64_t rows, vocab;
    std::vector<E> z, d;
    std::vector<std::int32_t> targets;
    std::vector<float> log_probs, old_log_probs, advantages, entropy, slope;
    rlhf::batch batch{.predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};

    explicit logits(const benchmark::State& state) : rows(state.range(0)), vocab(state.range(1)) {
        const auto n = static_cast<std::size_t>(rows);
        batch.steps = rows;
        // Sums of four uniform numbers: nearly normal, with few logits near the largest.
        const auto numbers = bench::numbers(-4, 4, 1, 4 * size());
        z.assign(size(), E(0)), d = z;
        for (std::size_t i = 0; i < size(); ++i)
            z[i] = static_cast<E>(numbers[4 * i] + numbers[4 * i + 1] + numbers[4 * i + 2] + numbers[4 * i + 3]);
        for (std::size_t i = 0; i < n; ++i) targets.push_back(static_cast<std::int32_t>(i * 997 % vocab));
        log_probs.resize(n), old_log_probs.assign(n, -10), advantages.assign(n, 0.5F);
        entropy.resize(n), slope.assign(n, 0.5F);
    }
    logits(const logits&) = delete;
    logits& operator=(const logits&) = delete;
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows * vocab); }
    rlhf::logits_view<E> view(std::vector<E>& a) { return {a.data(), {.steps = rows, .vocab = vocab}}; }
};

inline void cached_logits(benchmark::internal::Benchmark* b) { b->ArgNames({"rows", "V"})->Args({16, 32000}); }
/// In the cache, and far beyond it.
inline void logits_sizes(benchmark::internal::Benchmark* b) {
    cached_logits(b);
    b->Args({256, 128256});
}

/// What memory allows: the logits are read, and nothing else.
template <class E>
void logits_floor(benchmark::State& state) {
    const logits<E> s(state);
    using words = xsimd::batch<std::uint64_t>;
    const auto* from = reinterpret_cast<const std::uint64_t*>(s.z.data());
    const std::size_t n = s.size() * sizeof(E) / sizeof(std::uint64_t), step = 4 * words::size;
    for (auto _ : state) {
        std::array<words, 4> seen;
        seen.fill(words(0));
        for (std::size_t i = 0; i + step <= n; i += step)
            for (std::size_t k = 0; k < 4; ++k) seen[k] = seen[k] | words::load_unaligned(from + i + k * words::size);
        benchmark::DoNotOptimize(seen);
    }
    count(state, s.size());
}

} // namespace bench
