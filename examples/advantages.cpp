// SPDX-License-Identifier: MIT
// From scores to advantages, as in InstructGPT (Ouyang et al. 2022, arXiv:2203.02155, eq. 2). The rewards of a response
// are a reward model's score at its end, and a KL penalty at every token. Generalised advantage estimation (Schulman et
// al. 2016, arXiv:1506.02438, eq. 16) and whitening follow. First step by step, then in one call.
#include <rlhf/ppo.hpp>

#include <cstdio>
#include <vector>

void print(const char* name, const std::vector<float>& x) {
    std::printf("%-12s", name);
    for (const float e : x) std::printf(" %7.3f", static_cast<double>(e));
    std::printf("\n");
}

int main() {
    // Two responses of three and two tokens. In the second response a tool's output lies between the two tokens: its
    // tokens do not count, and do not advance time for the recurrence.
    const std::vector<std::uint8_t> mask{1, 1, 1, 0, /**/ 1, 0, 0, 1};
    const std::vector<float> log_probs{-0.8f, -1.1f, -0.4f, 0, /**/ -1.3f, 0, 0, -0.6f};
    const std::vector<float> ref_log_probs{-1.0f, -1.0f, -0.9f, 0, /**/ -1.2f, 0, 0, -1.1f};
    const std::vector<float> values{0.1f, 0.3f, 0.5f, 0, /**/ -0.2f, 0, 0, 0.1f};
    const std::vector<float> scores{1.5f, -0.7f};
    const rlhf::batch batch{.sequences = 2, .steps = 4, .mask = mask, .denominator = rlhf::counted_here};

    std::vector<float> rewards(8), advantages(8), returns(8);
    const auto shaped = rlhf::shape_rewards(
        batch, {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .scores = scores, .rewards = rewards},
        {.kl_coef = 0.1});
    print("rewards", rewards);
    std::printf("             KL %.3f per sequence, score %.3f\n", shaped.kl_per_sequence(), shaped.mean_score());

    rlhf::gae(batch, {.rewards = rewards, .values = values, .advantages = advantages, .returns = returns},
              {.gamma = 1, .lambda = 0.95});
    print("advantages", advantages);
    print("returns", returns);

    const rlhf::moments before = rlhf::whiten(batch, advantages);
    print("whitened", advantages);
    std::printf("             before: mean %.3f, variance %.3f\n", before.mean(), before.variance());

    // The same three calls.
    std::vector<float> together(8);
    rlhf::ppo_advantages(batch,
                         {.log_probs = log_probs,
                          .ref_log_probs = ref_log_probs,
                          .values = values,
                          .scores = scores,
                          .advantages = together},
                         {.rewards = {.kl_coef = 0.1}, .gae = {.gamma = 1, .lambda = 0.95}});
    print("in one call", together);
    return together == advantages ? 0 : 1;
}
