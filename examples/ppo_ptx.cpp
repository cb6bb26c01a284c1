// SPDX-License-Identifier: MIT
// PPO-ptx (Ouyang et al. 2022, arXiv:2203.02155, eq. 2): the clipped surrogate of the rollouts, plus the coefficient
// times the negative log-likelihood of pretraining text. Each mean has its own tokens and so its own denominator. The
// coefficients are passed with the gradients' buffers, and the gradients are added there. The policy here is a table:
// logits[token].
#include <rlhf/ppo.hpp>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

constexpr std::size_t vocab = 12, rows = 8, steps = 16; // rows 0 … 3 are rollouts, 4 … 7 text
constexpr double ptx_coef = 0.5, entropy_coef = 0.01;

int main() {
    std::mt19937 random(11);
    std::vector<int> tokens(rows * steps);
    for (std::size_t i = 0; i < tokens.size(); ++i) // text counts upwards; rollouts are random
        tokens[i] = static_cast<int>((i / steps < rows / 2 ? random() : i) % vocab);
    std::vector<float> advantages(rows / 2 * steps);
    for (std::size_t t = 0; t + 1 < advantages.size(); ++t) advantages[t] = tokens[t + 1] % 2 == 0 ? 1.0f : -1.0f;

    const rlhf::batch all_rows{
        .sequences = rows, .steps = steps, .predict_next = true, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::batch rollouts = all_rows.part(0, rows / 2), text = all_rows.part(rows / 2, rows / 2);

    std::vector<float> table(vocab * vocab), d_table(table.size()), buffer(tokens.size() * vocab);
    std::vector<float> log_probs(tokens.size()), old_log_probs, entropy(tokens.size());
    std::vector<float> d_log_probs(tokens.size()), d_entropy(tokens.size());
    const rlhf::logits_view logits(buffer.data(), {.sequences = rows, .steps = steps, .vocab = vocab});
    const auto of_rollouts = [&](auto& array) { return rlhf::part(array, all_rows, 0, rows / 2); };
    const auto of_text = [&](auto& array) { return rlhf::part(array, all_rows, rows / 2, rows / 2); };

    for (int step = 0; step <= 40; ++step) {
        for (std::size_t i = 0; i < tokens.size(); ++i)
            std::copy_n(&table[static_cast<std::size_t>(tokens[i]) * vocab], vocab, &buffer[i * vocab]);
        rlhf::token_log_probs(all_rows, logits, tokens, {.log_probs = log_probs, .entropy = entropy});
        if (step % 10 == 0) old_log_probs = log_probs; // as after a new rollout

        const auto policy = rlhf::ppo_policy_loss(rollouts, {.log_probs = of_rollouts(log_probs),
                                                             .old_log_probs = of_rollouts(old_log_probs),
                                                             .advantages = advantages,
                                                             .d_log_probs = of_rollouts(d_log_probs)});
        const auto ptx = rlhf::ptx_loss(
            text, {.log_probs = of_text(log_probs), .d_log_probs = rlhf::write_to(of_text(d_log_probs), ptx_coef)});
        const auto bonus =
            rlhf::masked_mean(rollouts, {.values = of_rollouts(entropy),
                                         .d_values = rlhf::write_to(of_rollouts(d_entropy), -entropy_coef)});
        const double objective = policy.loss() + ptx_coef * ptx.loss() - entropy_coef * bonus.loss();
        if (step % 10 == 9 || step == 0)
            std::printf("step %2d: policy %+.4f (clipped %.2f), ptx %.4f (perplexity %5.2f), entropy %.3f, all %+.4f\n",
                        step, policy.loss(), policy.clip_fraction(), ptx.loss(), ptx.perplexity(), bonus.loss(),
                        objective);

        rlhf::token_log_probs_backward(all_rows, logits, tokens, {.d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                       logits); // one pass for both; the gradient replaces the logits
        std::fill(d_table.begin(), d_table.end(), 0.0f);
        for (std::size_t i = 0; i < buffer.size(); ++i)
            d_table[static_cast<std::size_t>(tokens[i / vocab]) * vocab + i % vocab] += buffer[i];
        for (std::size_t i = 0; i < table.size(); ++i) table[i] -= 2.0f * d_table[i];
    }
}
