// SPDX-License-Identifier: MIT
// Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290) of a toy policy: one row of logits for all
// tokens. Three answers to a prompt are ranked, and pairs name the answers by their indices in the batch. A step goes
// from logits to log-probabilities of tokens, then of answers, to the loss, and back.
#include <rlhf/preference.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
    // Four sequences of six tokens: a prompt of two tokens, then an answer. The mask lets the answers through; the last
    // answer is short.
    constexpr std::size_t B = 4, T = 6, vocab = 5;
    const std::vector<std::int32_t> tokens{0,      1, 2, 2, 3, 4, /**/ 0, 1, 2, 3, 3, 4, /**/ 0, 1, 3, 3, 3, 4,
                                           /**/ 1, 0, 2, 4, 0, 0};
    const std::vector<std::uint8_t> mask{0,      0, 1, 1, 1, 1, /**/ 0, 0, 1, 1, 1, 1, /**/ 0, 0, 1, 1, 1, 1,
                                         /**/ 0, 0, 1, 1, 0, 0};
    const rlhf::batch answers{
        .sequences = B, .steps = T, .predict_next = true, .mask = mask, .denominator = rlhf::counted_here};

    // The first answer is better than the second and the third, the second is better than the third. The fourth
    // sequence answers another prompt and has no pair.
    const std::vector<std::int32_t> chosen{0, 0, 1}, rejected{1, 2, 2};
    const rlhf::batch pairs{.steps = chosen.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};

    std::vector<double> weights(vocab, 0.0), logits(B * T * vocab), d_logits(B * T * vocab);
    std::vector<double> log_probs(B * T), ref_log_probs(B * T), d_log_probs(B * T), sums(B), d_sums(B);
    const rlhf::logits_view z(logits.data(), {.sequences = B, .steps = T, .vocab = vocab});
    const rlhf::logits_view d_z(d_logits.data(), {.sequences = B, .steps = T, .vocab = vocab});
    const auto forward = [&](std::vector<double>& to) {
        for (std::size_t t = 0; t < B * T; ++t)
            std::copy(weights.begin(), weights.end(), logits.begin() + static_cast<std::ptrdiff_t>(t * vocab));
        rlhf::token_log_probs<double>(answers, z, tokens, {.log_probs = to});
    };
    forward(ref_log_probs); // the policy begins as the reference

    for (int step = 0; step <= 60; ++step) {
        forward(log_probs);
        rlhf::sequence_log_probs<double>(answers,
                                         {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .sums = sums});
        const auto r = rlhf::preference_pairs<double>(
            pairs, {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, rlhf::dpo{.beta = 0.5});
        rlhf::sequence_log_probs_backward<double>(answers, {.d_sums = d_sums, .d_log_probs = d_log_probs});
        rlhf::token_log_probs_backward<double>(answers, z, tokens, {.d_log_probs = d_log_probs}, d_z);
        if (step % 20 == 0)
            std::printf("step %2d  loss %.4f  accuracy %.2f  margin %5.2f  log ratios %5.2f %5.2f %5.2f %5.2f\n", step,
                        r.loss(), r.accuracy(), r.mean_margin(), sums[0], sums[1], sums[2], sums[3]);
        for (std::size_t t = 0; t < B * T; ++t)
            for (std::size_t v = 0; v < vocab; ++v) weights[v] -= 0.5 * d_logits[t * vocab + v];
    }
}
