// SPDX-License-Identifier: MIT
#pragma once

#include "snippets.hpp"

// --8<-- [start:rollout]
/// Answers of the policy to 32 prompts, with all that PPO learns from. Arrays are [answers, steps].
struct rollout {
    static constexpr std::size_t answers = 32, steps = 10, tokens_in_all = answers * steps;
    std::vector<int> tokens = std::vector<int>(tokens_in_all);
    std::vector<std::uint8_t> mask = std::vector<std::uint8_t>(tokens_in_all); // 1 where the policy wrote
    std::vector<std::uint8_t> finished = std::vector<std::uint8_t>(answers);   // did it write 0?
    std::vector<float> scores = std::vector<float>(answers);                   // of the reward model

    rollout(const toy::model& policy, const std::vector<float>& reward, toy::random& uniform) {
        for (std::size_t a = 0; a < answers; ++a) {
            const std::size_t begin = a * steps;
            tokens[begin] = static_cast<int>(a % 3) + 1, tokens[begin + 1] = tokens[begin] + 1; // the prompt
            std::size_t words = 0;
            for (std::size_t t = 2; t < steps && !finished[a]; ++t) {
                const int word = toy::next_word(policy, tokens[begin + t - 1], uniform);
                tokens[begin + t] = word, mask[begin + t] = 1;
                finished[a] = word == toy::end_of_text;
                if (!finished[a]) scores[a] += reward[static_cast<std::size_t>(word)], ++words;
            }
            if (words > 0) scores[a] /= static_cast<float>(words);
        }
    }
};
// --8<-- [end:rollout]
