// SPDX-License-Identifier: MIT
// From logits to log-probabilities and back, in bfloat16 and in place. Every loss over tokens begins with
// log-probabilities, and logits are the only arrays as wide as the vocabulary.
#include <rlhf/ppo.hpp>

#include <cstdio>
#include <random>
#include <vector>

int main() {
    // [2, 4] tokens, and a vocabulary of 50 in rows of 64. Step t predicts token t + 1, so the logits of a sequence's
    // last token predict nothing. The first tokens are a prompt; the mask says which tokens are a response.
    constexpr rlhf::logits_shape shape{.sequences = 2, .steps = 4, .vocab = 50, .padded_vocab = 64};
    const std::vector<std::int64_t> tokens{7, 3, 44, 10, /**/ 2, 9, 31, 0};
    const std::vector<std::uint8_t> is_response{0, 0, 1, 1, /**/ 0, 1, 1, 0};
    const rlhf::batch batch{
        .sequences = 2, .steps = 4, .predict_next = true, .mask = is_response, .denominator = rlhf::counted_here};

    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    std::vector<rlhf::bfloat16> buffer(2 * 4 * 64);
    for (auto& z : buffer) z = rlhf::bfloat16(normal(random));
    const rlhf::logits_view logits(buffer.data(), shape);

    std::vector<float> log_probs(8), entropy(8), d_log_probs(8), d_entropy(8);
    rlhf::token_log_probs(batch, logits, tokens, {.log_probs = log_probs, .entropy = entropy});
    for (std::size_t t = 0; t < 8; ++t)
        if (entropy[t] > 0)
            std::printf("sequence %zu step %zu: log p(token %2d) = %.3f, entropy %.3f of at most log 50 = 3.912\n",
                        t / 4, t % 4, static_cast<int>(tokens[t + 1]), static_cast<double>(log_probs[t]),
                        static_cast<double>(entropy[t]));

    // A loss of both: the negative log-likelihood minus 0.01 times the mean entropy.
    const auto nll = rlhf::ptx_loss(batch, {.log_probs = log_probs, .d_log_probs = d_log_probs});
    const auto bonus = rlhf::masked_mean(batch, {.values = entropy, .d_values = rlhf::write_to(d_entropy, -0.01)});
    std::printf("loss %.4f = %.4f - 0.01 * %.4f\n", nll.loss() - 0.01 * bonus.loss(), nll.loss(), bonus.loss());

    // The gradient replaces the logits. It is 0 in the padding of the vocabulary and at steps that do not count.
    rlhf::token_log_probs_backward(batch, logits, tokens, {.d_log_probs = d_log_probs, .d_entropy = d_entropy}, logits);
    for (std::size_t t = 0; t < 8; ++t) {
        double sum = 0, target = 0;
        for (std::size_t v = 0; v < 64; ++v) {
            const auto d = static_cast<double>(buffer[64 * t + v]);
            sum += d;
            if (t < 7 && static_cast<std::int64_t>(v) == tokens[t + 1]) target = d;
        }
        std::printf("sequence %zu step %zu: gradient %+.4f at the target, %+.4f at all others\n", t / 4, t % 4, target,
                    sum - target);
    }
}
