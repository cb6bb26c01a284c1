// SPDX-License-Identifier: MIT

// GRPO: several answers to each prompt, each reward compared with the other rewards of its prompt, and the policy loss
// of PPO.

#include <rlhf/ppo.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
    // Three prompts with four answers of up to five tokens. A verifier gives rewards of 1 or 0. The second prompt is
    // too easy.
    constexpr std::size_t G = 4, B = 3 * G, T = 5;
    const std::vector<float> rewards{1, 0, 0, 1, /**/ 1, 1, 1, 1, /**/ 0, 0, 0, 1};
    const std::vector<std::size_t> lengths{5, 3, 4, 2, /**/ 4, 4, 5, 1, /**/ 2, 5, 3, 4};
    std::vector<std::uint8_t> mask(B * T);
    std::vector<float> log_probs(B * T), old_log_probs(B * T), ref_log_probs(B * T);
    for (std::size_t s = 0; s < B; ++s)
        for (std::size_t t = 0; t < lengths[s]; ++t) {
            const auto i = s * T + t;
            mask[i] = 1;
            ref_log_probs[i] = -0.5F - 0.1F * static_cast<float>(i % 7);
            old_log_probs[i] = ref_log_probs[i] + 0.02F * static_cast<float>(i % 5);
            log_probs[i] = old_log_probs[i] + 0.1F * static_cast<float>(i % 3) - 0.1F;
        }

    // One advantage per answer. `keep` is 0 for answers to a prompt that teaches nothing, because all rewards are
    // equal.
    std::vector<float> advantages(B), d_log_probs(B * T);
    std::vector<std::uint8_t> keep(B);
    const auto groups =
        rlhf::group_advantages({.size = G}, {.rewards = rewards, .advantages = advantages, .keep = keep});
    std::printf("%.0f prompts, %.0f of them without a difference\n", groups.groups, groups.constant_groups);
    for (std::size_t s = 0; s < B; ++s) std::printf(s % G == G - 1 ? "%8.4f\n" : "%8.4f", advantages[s]);

    // Their tokens are masked, so that they leave both the sum and its denominator.
    for (std::size_t i = 0; i < B * T; ++i) mask[i] &= keep[i / T];

    const rlhf::batch batch{.sequences = B, .steps = T, .mask = mask, .denominator = rlhf::counted_here};
    const auto r =
        rlhf::ppo_policy_loss(batch,
                              {.log_probs = log_probs,
                               .old_log_probs = old_log_probs,
                               .ref_log_probs = ref_log_probs,
                               .advantages = rlhf::per_sequence(advantages), // every token reads its answer's
                               .d_log_probs = d_log_probs},
                              {.clip_range = 0.2, .kl_coef = 0.04});
    std::printf("loss %.6f over %.0f tokens  KL %.6f  clip fraction %.3f\n", r.loss(), r.own.tokens, r.kl(),
                r.clip_fraction());
    return r.own.tokens == 28 && groups.constant_groups == 1 ? 0 : 1;
}
