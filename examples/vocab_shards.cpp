// SPDX-License-Identifier: MIT
// Tensor parallelism: the vocabulary is sharded across four ranks, which one process simulates here. Each rank reads
// its own logits, they exchange 48 bytes per token, and each writes its own part of the gradient.
#include <rlhf/ppo.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

constexpr std::size_t tokens = 6, vocab = 50257, ranks = 4, width = 12568; // the last rank has three ids less

/// The memory of a rank.
struct rank_memory {
    std::int64_t first_id;
    std::vector<float> z;
    rlhf::logits_view<float> logits;
};

rank_memory deal(std::size_t rank, const std::vector<float>& whole) {
    const std::size_t first = rank * width, n = std::min(width, vocab - first);
    rank_memory r{static_cast<std::int64_t>(first), std::vector<float>(tokens * width), {nullptr, {}}};
    for (std::size_t t = 0; t < tokens; ++t) std::copy_n(&whole[t * vocab + first], n, &r.z[t * width]);
    r.logits = {r.z.data(), {.steps = tokens, .vocab = n, .padded_vocab = width}};
    return r;
}

int main() {
    std::mt19937 random(3);
    std::normal_distribution<float> normal(0, 3);
    std::vector<float> whole(tokens * vocab);
    for (float& z : whole) z = normal(random);
    const std::vector<std::int32_t> targets{11, 50256, 12568, 12567, 40000, 7};
    const std::vector<float> d_log_probs{-0.5f, 0.25f, -1, 1, 0.125f, -2}, d_entropy(tokens, -0.01f);
    const rlhf::batch batch{
        .steps = tokens, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};

    // On every rank, its own logits:
    std::vector<rank_memory> rank;
    std::vector<rlhf::vocab_shard> gathered; // [ranks, tokens]: after an all-gather, on every rank
    for (std::size_t k = 0; k < ranks; ++k) {
        rank.push_back(deal(k, whole));
        std::vector<rlhf::vocab_shard> own(tokens);
        rlhf::vocab_shard_sums(batch, rank[k].logits, rank[k].first_id, targets, own);
        gathered.insert(gathered.end(), own.begin(), own.end());
    }
    // On every rank, with the same bits:
    std::vector<rlhf::vocab_shard> combined(tokens);
    std::vector<float> log_probs(tokens), entropy(tokens);
    rlhf::vocab_shard_log_probs(batch, targets,
                                {.shards = gathered, .combined = combined, .log_probs = log_probs, .entropy = entropy});
    // Again on every rank, its own logits, which the gradient replaces:
    for (const auto& r : rank)
        rlhf::vocab_shard_backward(batch, r.logits, r.first_id, targets,
                                   {.combined = combined, .d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                   r.logits);

    std::vector<float> want_log_probs(tokens), want_entropy(tokens);
    const rlhf::logits_view logits(whole.data(), {.steps = tokens, .vocab = vocab});
    rlhf::token_log_probs(batch, logits, targets, {.log_probs = want_log_probs, .entropy = want_entropy});
    rlhf::token_log_probs_backward(batch, logits, targets, {.d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                   logits);

    double furthest = 0, gradient = 0;
    for (std::size_t t = 0; t < tokens; ++t) {
        std::printf("token %5d: log p %.6f of %zu ranks, %.6f of the whole; entropy %.6f, %.6f\n", targets[t],
                    static_cast<double>(log_probs[t]), ranks, static_cast<double>(want_log_probs[t]),
                    static_cast<double>(entropy[t]), static_cast<double>(want_entropy[t]));
        furthest = std::max({furthest, std::fabs(static_cast<double>(log_probs[t] - want_log_probs[t])),
                             std::fabs(static_cast<double>(entropy[t] - want_entropy[t]))});
        for (std::size_t v = 0; v < vocab; ++v) {
            const float of_rank = rank[v / width].z[t * width + v % width];
            gradient = std::max(gradient, std::fabs(static_cast<double>(of_rank - whole[t * vocab + v])));
        }
    }
    std::printf("furthest apart: values %.1e, gradient %.1e\n", furthest, gradient);
    return furthest < 1e-5 && gradient < 1e-6 ? 0 : 1;
}
