// SPDX-License-Identifier: MIT
// A reward model from rankings (Ouyang et al. 2022, arXiv:2203.02155, eq. 1): labellers rank K responses of a prompt,
// and all its C(K, 2) comparisons are one element of the batch. Here K differs between prompts, and ranks may be tied.
// The likelihood of the whole ranking (Plackett 1975) is another loss for these data.
#include <rlhf/reward_model.hpp>

#include <cstdio>
#include <random>
#include <vector>

int main() {
    // Responses of all prompts end to end, four to nine per prompt. Each has three features; the true reward is a
    // weighted sum of them.
    constexpr int features = 3;
    constexpr double truth[features] = {1.0, -0.5, 0.25};
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    std::vector<std::int32_t> offsets{0}, ranks;
    std::vector<double> x;
    for (int prompt = 0; prompt < 64; ++prompt) {
        const int k = 4 + prompt % 6;
        for (int i = 0; i < k; ++i) {
            double reward = 0.3 * normal(random); // labellers are noisy
            for (const double weight : truth) reward += weight * x.emplace_back(normal(random));
            ranks.push_back(reward > 1 ? 1 : reward > 0 ? 2 : reward > -1 ? 3 : 4); // 1 is best, equal is a tie
        }
        offsets.push_back(static_cast<std::int32_t>(ranks.size()));
    }
    const rlhf::batch prompts{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::counts pairs = rlhf::count_pairs(prompts, ranks);
    std::printf("%zu responses, %g comparisons of %g prompts\n", ranks.size(), pairs.tokens, pairs.sequences);

    std::vector<double> rewards(ranks.size()), d_rewards(ranks.size());
    const auto fit = [&](const char* name, auto loss_of) {
        double weights[features] = {};
        double loss = 0;
        for (int step = 0; step < 1000; ++step) {
            for (std::size_t i = 0; i < rewards.size(); ++i) {
                rewards[i] = 0;
                for (std::size_t f = 0; f < features; ++f) rewards[i] += weights[f] * x[features * i + f];
            }
            loss = loss_of();
            for (std::size_t i = 0; i < rewards.size(); ++i)
                for (std::size_t f = 0; f < features; ++f) weights[f] -= 0.2 * d_rewards[i] * x[features * i + f];
        }
        std::printf("%-14s loss %.4f  weights %.2f %.2f %.2f\n", name, loss, weights[0], weights[1], weights[2]);
    };
    rlhf::ranking_loss_result ranking;
    fit("pairs", [&] {
        ranking = rlhf::ranking_loss<double>(prompts, {.rewards = rewards, .ranks = ranks, .d_rewards = d_rewards});
        return ranking.loss();
    });
    std::printf("               accuracy %.3f, mean margin %.2f\n", ranking.accuracy(), ranking.mean_margin());
    fit("Plackett-Luce", [&] {
        const auto r =
            rlhf::plackett_luce_loss<double>(prompts, {.rewards = rewards, .ranks = ranks, .d_rewards = d_rewards});
        return r.loss();
    });

    // A shift of all rewards does not change a comparison. The paper chooses the shift so that demonstrations score 0
    // on average.
    const std::vector<double> demonstrations{0.9, 1.4, 0.2, 1.1};
    const rlhf::batch four{.steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::printf("bias %.2f\n", rlhf::reward_bias<double>(four, demonstrations));
}
