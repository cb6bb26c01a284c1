// SPDX-License-Identifier: MIT
#include "snippets.hpp"

#include <rlhf/rlhf.hpp>

#include <cstdio>

// --8<-- [start:data]
// Four demonstrations of up to eight tokens. A text is a prompt of two words, then an answer, then 0.
constexpr std::size_t texts = 4, steps = 8;
const std::vector<int> demonstrations{1,      2, 3, 4, 5, 6, 7, 0, /**/ 2, 3, 4, 5, 6, 7, 0, 0,
                                      /**/ 1, 2, 3, 5, 7, 0, 0, 0, /**/ 3, 4, 5, 6, 0, 0, 0, 0};
const std::vector<std::uint8_t> is_answer{0,      0, 1, 1, 1, 1, 1, 1, /**/ 0, 0, 1, 1, 1, 1, 1, 0,
                                          /**/ 0, 0, 1, 1, 1, 1, 0, 0, /**/ 0, 0, 1, 1, 1, 0, 0, 0};
// --8<-- [end:data]

// --8<-- [start:train]
toy::model tutorial_sft() {
    toy::model policy;
    const rlhf::batch batch{.sequences = texts,
                            .steps = steps,
                            .predict_next = true, // the logits of a token are about the one after it
                            .mask = is_answer,    // which tokens are learned
                            .denominator = rlhf::counted_here};
    for (int step = 0; step <= 60; ++step) {
        std::vector<float> buffer = policy.forward(demonstrations);
        const rlhf::logits_view logits(buffer.data(), {.sequences = texts, .steps = steps, .vocab = toy::vocab});

        // −Σ log p / n, and its gradient, which overwrites the logits
        const auto r = rlhf::cross_entropy_loss(batch, logits, demonstrations, logits);

        std::vector<float> d(policy.weights.size());
        toy::model::backward(demonstrations, buffer, d);
        policy.descend(d, 2.0f);
        if (step % 20 == 0)
            std::printf("step %2d  loss %.3f over %.0f tokens  perplexity %.2f  accuracy %.2f\n", step, r.loss(),
                        r.own.tokens, r.perplexity(), r.accuracy());
    }
    return policy;
}
// --8<-- [end:train]
