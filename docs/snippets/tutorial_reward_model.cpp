// SPDX-License-Identifier: MIT
#include "snippets.hpp"

#include <rlhf/rlhf.hpp>

#include <cstdio>

// --8<-- [start:train]
// A reward model with one weight per word: the reward of an answer is the mean weight of its words. Labellers ranked
// three or four answers to each of three prompts; 1 is best, and equal ranks are a tie.
std::vector<float> tutorial_reward_model() {
    const std::vector<std::vector<int>> answers{{3, 5, 7}, {3, 4, 5}, {4, 4, 6}, {6, 4, 2}, // prompt 0
                                                {5, 7},    {4, 6},    {5, 6},               // prompt 1
                                                {7, 7, 5}, {2, 2, 2}, {5, 4, 7}, {6, 6, 5}};
    const std::vector<int> ranks{1, 2, 3, 3, /**/ 1, 3, 2, /**/ 1, 4, 2, 3};
    const std::vector<int> first_answer{0, 4, 7, 11}; // the answers of prompt p begin at first_answer[p]
    const rlhf::batch prompts{.offsets = first_answer, .mask = rlhf::all, .denominator = rlhf::counted_here};

    std::vector<float> weight(toy::vocab), rewards(answers.size()), d_rewards(answers.size());
    for (int step = 0; step <= 200; ++step) {
        for (std::size_t a = 0; a < answers.size(); ++a) {
            rewards[a] = 0;
            for (const int word : answers[a])
                rewards[a] += weight[static_cast<std::size_t>(word)] / static_cast<float>(answers[a].size());
        }

        // all C(K, 2) pairs of a prompt are one element of the batch
        const auto r = rlhf::ranking_loss(prompts, {.rewards = rewards, .ranks = ranks, .d_rewards = d_rewards});

        for (std::size_t a = 0; a < answers.size(); ++a)
            for (const int word : answers[a])
                weight[static_cast<std::size_t>(word)] -= d_rewards[a] / static_cast<float>(answers[a].size());
        if (step % 100 == 0)
            std::printf("step %3d  loss %.3f over %.0f comparisons of %.0f prompts  accuracy %.2f\n", step, r.loss(),
                        r.comparisons(), r.own.sequences, r.accuracy());
    }

    // Comparisons do not see a shift of all rewards. The paper sets it so that demonstrations score 0 on average.
    const std::vector<float> of_demonstrations{rewards[0], rewards[4], rewards[7]};
    const rlhf::batch three{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const double bias = rlhf::reward_bias(three, of_demonstrations);
    for (float& w : weight) w += static_cast<float>(bias);
    std::printf("weights of the words 1 to 7:");
    for (std::size_t v = 1; v < toy::vocab; ++v) std::printf(" %.2f", static_cast<double>(weight[v]));
    std::printf("\n");
    return weight;
}
// --8<-- [end:train]
