// SPDX-License-Identifier: MIT
// PPO, GRPO and DPO with a trainer that has only one loss, a weighted negative log-likelihood (trainer.hpp). The chain
// rule needs only one number per token from a loss; losses.hpp has the lines that write this number. The program checks
// that the gradient of all of the trainer's weights equals the gradient of the loss itself through the logits, and that
// the loss falls.
#include "../text.h"
#include "losses.hpp"
#include "trainer.hpp"

#include <algorithm>
#include <cstdio>

namespace {

constexpr int sequences = 12, group_size = 4, steps = 24, prompt_length = 6, rows = sequences * steps;

/// Sentences as answers to their beginnings. An answer with many vowels is good.
struct data {
    std::vector<int> tokens = std::vector<int>(rows);
    std::vector<std::uint8_t> is_answer;
    floats rewards;

    data() {
        read_sentences(tokens.data(), sequences, steps);
        for (int s = 0; s < sequences; ++s) {
            float vowels = 0;
            for (int t = 0; t < steps; ++t) {
                is_answer.push_back(t >= prompt_length && t < steps - s);
                vowels +=
                    is_answer.back() != 0 && is_vowel(tokens[static_cast<std::size_t>(s * steps + t)]) ? 1.f : 0.f;
            }
            rewards.push_back(vowels / static_cast<float>(steps - s - prompt_length));
        }
    }
    [[nodiscard]] rlhf::batch batch() const {
        return {.sequences = sequences,
                .steps = steps,
                .predict_next = true,
                .mask = is_answer,
                .denominator = rlhf::counted_here};
    }
    template <class Logits>
    static auto logits_view(Logits& z) {
        return rlhf::logits_view(z.data(), {.sequences = sequences, .steps = steps, .vocab = letters});
    }
    [[nodiscard]] floats log_probs(const floats& logits) const {
        floats to(rows);
        rlhf::token_log_probs(batch(), logits_view(logits), tokens, {.log_probs = to});
        return to;
    }
};

/// loss(log_probs, where) writes its gradient with respect to log_probs to `where`.
template <class Loss>
bool trains(const char* name, const data& x, const Loss& loss) {
    trainer model(letters, steps, 1);
    double worst = 0, largest = 0, first = 0, last = 0;
    for (int step = 0; step < 10; ++step) {
        floats logits = model.logits(x.tokens), d_log_probs(rows), weights(rows);
        const floats log_probs = x.log_probs(logits);
        loss(log_probs, rlhf::write_to(d_log_probs));
        rlhf::token_log_probs_backward(x.batch(), data::logits_view(logits), x.tokens, {.d_log_probs = d_log_probs},
                                       data::logits_view(logits));
        model.backward(x.tokens, logits); // the logits are their gradient now
        const std::vector<double> direct = model.gradient;

        last = loss(log_probs, rlhf::nll_weights(weights, rows));
        if (step == 0) first = last;
        model.train(x.tokens, weights);
        for (std::size_t i = 0; i < direct.size(); ++i) {
            worst = std::max(worst, std::abs(direct[i] - model.gradient[i]));
            largest = std::max(largest, std::abs(direct[i]));
        }
        model.update(0.5);
    }
    std::printf("%-4s  loss %7.4f, after ten steps %7.4f; gradients: largest %.4f, they differ by %.1e at most\n", name,
                first, last, largest, worst);
    // The gradient of a logit has an error of at most 3 ULP (ACCURACY.md), and a weight has a sum of these gradients.
    return worst < 0x1p-20 * largest && last < first;
}

} // namespace

int main() {
    const data x;
    const floats old_log_probs = x.log_probs(trainer(letters, steps, 1).logits(x.tokens));
    const floats values(rows, 0.4f), ref_log_probs = old_log_probs;
    floats advantages(rows);
    rlhf::ppo_advantages(x.batch(), {.log_probs = old_log_probs,
                                     .ref_log_probs = ref_log_probs,
                                     .values = values,
                                     .scores = x.rewards,
                                     .advantages = advantages});
    std::vector<int> chosen, rejected;
    for (int s = 0; s + 1 < sequences; s += 2) {
        const bool first = x.rewards[static_cast<std::size_t>(s)] > x.rewards[static_cast<std::size_t>(s + 1)];
        chosen.push_back(first ? s : s + 1), rejected.push_back(first ? s + 1 : s);
    }
    bool good = trains("PPO", x, [&](const floats& log_probs, const auto& where) {
        return ppo(x.batch(), log_probs, old_log_probs, advantages, where);
    });
    good = trains("GRPO", x,
                  [&](const floats& log_probs, const auto& where) {
                      return grpo(x.batch(), log_probs, old_log_probs, x.rewards, group_size, where);
                  }) &&
           good;
    good = trains("DPO", x,
                  [&](const floats& log_probs, const auto& where) {
                      return dpo(x.batch(), log_probs, ref_log_probs, chosen, rejected, where);
                  }) &&
           good;
    return good ? 0 : 1;
}
