// SPDX-License-Identifier: MIT
#include "tasks.hpp"

void concepts() {
    {
        task_data my;
        auto& mask = my.mask;
        // --8<-- [start:batch]
        const rlhf::batch batch{.sequences = 4, // B
                                .steps = 5,     // T
                                .mask = mask,   // [B, T], one byte per token
                                .denominator = rlhf::counted_here};
        // --8<-- [end:batch]
        std::printf("%.0f tokens count\n", rlhf::count(batch).tokens);
    }
    {
        // --8<-- [start:packed]
        const std::vector<std::int32_t> offsets{0, 5, 8, 14};
        const rlhf::batch batch{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
        // --8<-- [end:packed]
        std::printf("%.0f tokens in %lld sequences\n", rlhf::count(batch).tokens, static_cast<long long>(batch.size()));
    }
    {
        task_data my;
        auto& log_probs = my.log_probs;
        auto& batch = my.batch;
        // --8<-- [start:micro]
        batch.denominator = rlhf::count(batch); // of the whole step; over ranks: the sum of their counts
        rlhf::ptx_loss_result step;
        for (int first = 0; first < 4; first += 2)
            step += rlhf::ptx_loss(batch.part(first, 2), {.log_probs = rlhf::part(log_probs, batch, first, 2)});
        // --8<-- [end:micro]
        std::printf("in two parts %.4f, at once %.4f\n", step.loss(),
                    rlhf::ptx_loss(batch, {.log_probs = log_probs}).loss());
    }
    task_data my;
    auto& [log_probs, old_log_probs, ref_log_probs, advantages, values, returns, scores, d_log_probs, d_values, weights,
           tokens, mask, logits_buffer, batch] = my;
    const rlhf::logits_view logits(logits_buffer.data(), {.sequences = B, .steps = T, .vocab = V});
    const auto executor = [](std::size_t n, rlhf::task body) {
        for (std::size_t i = 0; i < n; ++i) body(i);
    };
    // --8<-- [start:order]
    rlhf::ppo_loss(
        batch, logits, tokens,
        {.old_log_probs = old_log_probs, .advantages = advantages, .log_probs = log_probs, .d_log_probs = d_log_probs},
        logits, {.policy = {.clip_range = 0.2}}, executor);
    // --8<-- [end:order]
}
