// SPDX-License-Identifier: MIT
#include <rlhf/ppo.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
    // Two sequences of four steps, the second one shorter: its last two steps do not count and may hold anything.
    const std::vector<std::uint8_t> mask{1, 1, 1, 1, /**/ 1, 1, 0, 0};
    const std::vector<float> old_log_probs{-1.2f, -0.7f, -2.1f, -0.3f, /**/ -0.9f, -1.6f, 0, 0};
    const std::vector<float> log_probs{-1.0f, -0.9f, -1.7f, -0.3f, /**/ -1.3f, -1.5f, 0, 0};
    const std::vector<float> advantages{0.8f, 0.5f, 1.1f, -0.2f, /**/ -1.4f, 0.6f, 0, 0};
    std::vector<float> d_log_probs(8);

    const rlhf::batch batch{.sequences = 2, .steps = 4, .mask = mask, .denominator = rlhf::counted_here};
    const auto r = rlhf::ppo_policy_loss(
        batch,
        {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = d_log_probs},
        {.clip_range = 0.2});

    std::printf("loss %.6f  clip fraction %.3f\n", r.loss(), r.clip_fraction());
    for (int s = 0; s < 2; ++s) {
        for (int t = 0; t < 4; ++t) std::printf(" %9.6f", d_log_probs[static_cast<std::size_t>(4 * s + t)]);
        std::printf("\n");
    }
}
