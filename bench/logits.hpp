// SPDX-License-Identifier: MIT
#pragma once

#include "bench.hpp"

#include <rlhf/logits.hpp>

namespace bench {

/// One step's logits of type E, with room for their gradient. Times are per logit.
template <class E>
struct logits {
    std::int64_t rows, vocab;
    std::vector<E> z, d;
    std::vector<std::int32_t> targets;
    std::vector<float> log_probs, old_log_probs, entropy, slope, log_sum_exp;
    rlhf::batch batch{.predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};

    explicit logits(const benchmark::State& state) : rows(state.range(0)), vocab(state.range(1)) {
        const auto n = static_cast<std::size_t>(rows);
        batch.steps = rows;
        const auto numbers = bench::numbers(-5, 5, 1, size());
        z.assign(size(), E(0)), d = z;
        for (std::size_t i = 0; i < size(); ++i) z[i] = static_cast<E>(numbers[i]);
        for (std::size_t i = 0; i < n; ++i) targets.push_back(static_cast<std::int32_t>(i * 997 % vocab));
        log_probs.resize(n), old_log_probs.assign(n, -10), entropy.resize(n), slope.assign(n, 0.5F), log_sum_exp.resize(n);
    }
    logits(const logits&) = delete;
    logits& operator=(const logits&) = delete;
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows * vocab); }
    rlhf::logits_view<E> view(std::vector<E>& a) { return {a.data(), {.steps = rows, .vocab = vocab}}; }
};

/// In the cache, and far beyond it.
inline void logits_sizes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"rows", "V"})->Args({16, 32000})->Args({256, 128256});
}

} // namespace bench
