// SPDX-License-Identifier: MIT
// GRPO of a small transformer in ggml. It continues beginnings of sentences, letter by letter, and its reward is the
// share of vowels. grpo.hpp has the lines that ggml's users write; here is a trainer around them. The program checks
// that gradients of weights agree with central differences of the loss, and that rewards rise.
#include "../text.h"
#include "grpo.hpp"
#include "model.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace {

constexpr int prompts = 4, group_size = 8, sequences = prompts * group_size, steps = 16, prompt_length = 8;
constexpr int sentences = 64; // their beginnings are the prompts

/// Draws the letters after each prompt, one by one.
void answer(transformer& model, std::mt19937& random) {
    int* const tokens = static_cast<int*>(model.tokens->data);
    for (int t = prompt_length; t < steps; ++t) {
        model.forward();
        for (int s = 0; s < sequences; ++s) {
            const float* const z = ggml_get_data_f32(model.logits) + (s * steps + t - 1) * letters;
            std::vector<double> p(z, z + letters);
            for (double& x : p) x = std::exp(x);
            tokens[s * steps + t] = std::discrete_distribution<int>(p.begin(), p.end())(random);
        }
    }
}

rollout roll_out(transformer& model, const std::vector<int>& text, int step, std::mt19937& random) {
    rollout r{.tokens = model.tokens,
              .is_answer = std::vector<std::uint8_t>(sequences * steps),
              .old_log_probs = std::vector<float>(sequences * steps),
              .rewards = std::vector<float>(sequences),
              .group_size = group_size};
    int* const tokens = static_cast<int*>(model.tokens->data);
    for (int s = 0; s < sequences; ++s)
        for (int t = 0; t < steps; ++t) {
            const int sentence = (step * prompts + s / group_size) % sentences;
            tokens[s * steps + t] = text[static_cast<std::size_t>(sentence * steps + t)];
            r.is_answer[static_cast<std::size_t>(s * steps + t)] = t >= prompt_length;
        }
    answer(model, random);
    for (int s = 0; s < sequences; ++s)
        for (int t = prompt_length; t < steps; ++t)
            r.rewards[static_cast<std::size_t>(s)] +=
                is_vowel(tokens[s * steps + t]) ? 1.f / (steps - prompt_length) : 0;
    model.forward();
    rlhf::token_log_probs(r.batch(), rlhf::logits_of<const float>(model.logits), model.tokens,
                          {.log_probs = r.old_log_probs});
    return r;
}

/// The largest difference between gradients and central differences of the loss, over some weights of each matrix. The
/// ratio is 1 there, because the loss has kinks at the clip range.
double worst_difference(transformer& model, const rollout& r, double& largest) {
    const auto loss = [&] {
        model.forward();
        return grpo(r, model.logits, model.d).loss();
    };
    loss();
    model.backward();
    double worst = 0;
    for (ggml_tensor* w : model.weights) {
        const std::vector<float> gradient(model.gradient(w), model.gradient(w) + ggml_nelements(w));
        for (std::size_t i = 0; i < gradient.size(); i += gradient.size() / 7) {
            float& x = ggml_get_data_f32(w)[i];
            const float before = x, h = 1.f / 64;
            const auto difference = [&](float by) {
                x = before + by;
                const double up = loss();
                x = before - by;
                const double down = loss();
                x = before;
                return (up - down) / (2 * static_cast<double>(by));
            };
            const double slope = (4 * difference(h) - difference(2 * h)) / 3; // cancels the term of h²
            worst = std::max(worst, std::abs(slope - static_cast<double>(gradient[i])));
            largest = std::max(largest, std::abs(slope));
        }
    }
    return worst;
}

} // namespace

int main() {
    std::vector<int> text(sentences * steps);
    read_sentences(text.data(), sentences, steps);
    std::mt19937 random(1);
    transformer model(letters, steps, sequences, 2);
    double worst = 1, largest = 0, first = 0, last = 0;
    for (int step = 0; step < 40; ++step) {
        const rollout r = roll_out(model, text, step, random);
        double reward = 0;
        for (const float x : r.rewards) reward += static_cast<double>(x) / sequences;
        if (step < 5) first += reward / 5;
        if (step >= 35) last += reward / 5;
        for (int epoch = 0; epoch < 2; ++epoch) {
            if (step == 3 && epoch == 0) worst = worst_difference(model, r, largest);
            model.forward();
            const auto result = grpo(r, model.logits, model.d);
            model.backward();
            model.update(0.1f);
            if (epoch == 1 && step % 10 == 0)
                std::printf("step %2d  vowels %.2f  loss %7.4f  ratio %.4f  clip fraction %.3f\n", step, reward,
                            result.loss(), result.policy.mean_ratio(), result.policy.clip_fraction());
        }
    }
    std::printf("gradients of weights: largest %.3f, off central differences by at most %.1e\n", largest, worst);
    std::printf("vowels: %.2f at first, %.2f at last\n", first, last);
    // A loss in float has an error of some 2⁻²⁴, which differences divide by 1/64.
    return worst < 0x1p-16 && largest > 1e-2 && last > first + 0.1 ? 0 : 1;
}
