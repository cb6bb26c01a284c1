// SPDX-License-Identifier: MIT
#pragma once

#include "snippets.hpp"

#include <rlhf/rlhf.hpp>

#include <cstdio>
#include <numeric>

/// What the tasks start from: four answers of up to five tokens, two to each of two prompts, with made-up numbers.
namespace {

using numbers = std::vector<float>;
constexpr std::size_t B = 4, T = 5, V = 16, H = 6, N = B * T;

/// Numbers between low and high that look random.
[[maybe_unused]] numbers made_up(std::size_t size, float low, float high, unsigned seed) {
    numbers x(size);
    toy::random uniform{seed};
    for (float& e : x) e = low + (high - low) * uniform();
    return x;
}

struct task_data {
    numbers log_probs = made_up(N, -2, 0, 1), old_log_probs = log_probs, ref_log_probs = made_up(N, -2, 0, 3);
    numbers advantages = made_up(N, -1, 1, 4), values = made_up(N, 0, 1, 5), returns = made_up(N, 0, 1, 6);
    numbers scores{1, 0, 0.5f, -1}, d_log_probs = numbers(N), d_values = numbers(N), weights = numbers(N);
    std::vector<int> tokens = std::vector<int>(N);
    std::vector<std::uint8_t> mask{1, 1, 1, 1, 0, /**/ 1, 1, 0, 0, 0, /**/ 1, 1, 1, 1, 1, /**/ 1, 1, 1, 0, 0};
    numbers logits_buffer = made_up(N * V, -3, 3, 7);
    rlhf::batch batch{.sequences = B, .steps = T, .mask = mask, .denominator = rlhf::counted_here};

    task_data() {
        for (std::size_t i = 0; i < N; ++i)
            tokens[i] = static_cast<int>(i * 7 % V), old_log_probs[i] -= 0.3f * advantages[i];
        batch.predict_next = true;
    }
    task_data(const task_data&) = delete;
};

} // namespace
