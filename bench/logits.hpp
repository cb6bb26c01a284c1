// SPDX-License-Identifier: MIT
#pragma once

#include "bench.hpp"

#include <rlhf/logits.hpp>

namespace bench {

inline constexpr std::int64_t vocab = 32000, logits_rows = 16;
inline constexpr std::size_t logits_size = static_cast<std::size_t>(vocab * logits_rows);

/// One step's logits of type E, with room for their gradient. Times are per logit.
template <class E>
struct logits {
    std::vector<E> z, d;
    std::vector<std::int32_t> targets;
    std::vector<float> log_probs, entropy, slope;
    rlhf::batch batch{
        .steps = logits_rows, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};

    logits()
        : z(logits_size), d(logits_size), targets(logits_rows), log_probs(logits_rows), entropy(logits_rows),
          slope(logits_rows, 0.5F) {
        const auto numbers = bench::numbers(-5, 5, 1, logits_size);
        for (std::size_t i = 0; i < logits_size; ++i) z[i] = static_cast<E>(numbers[i]);
    }
    logits(const logits&) = delete;
    logits& operator=(const logits&) = delete;
    rlhf::logits_view<E> view(std::vector<E>& a) { return {a.data(), {.steps = logits_rows, .vocab = vocab}}; }
};

} // namespace bench
