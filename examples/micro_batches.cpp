// SPDX-License-Identifier: MIT
// One optimiser step cut into micro-batches: if the whole step is counted first, gradient and loss do not depend on the
// cut.
#include <rlhf/ppo.hpp>

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

struct rollout {
    std::vector<float> log_probs, old_log_probs, advantages;
};

struct step {
    std::vector<float> gradient;
    rlhf::ppo_policy_loss_result result;

    [[nodiscard]] std::uint64_t loss_bits() const { return std::bit_cast<std::uint64_t>(result.loss()); }
    [[nodiscard]] std::uint64_t gradient_bits() const { // hashed by FNV-1a, without the zeros of masked tokens
        std::uint64_t hash = 14695981039346656037U;
        for (const float d : gradient)
            if (d != 0) hash = (hash ^ std::bit_cast<std::uint32_t>(d)) * 1099511628211U;
        return hash;
    }
};

/// Does the whole batch, so many sequences at a time. A trainer would run its model forward and backward in this loop.
step in_parts(const rlhf::batch& whole, const rollout& r, std::int64_t sequences) {
    step out{.gradient = std::vector<float>(r.log_probs.size()), .result = {}};
    for (std::int64_t first = 0; first < whole.size(); first += sequences) {
        const std::int64_t n = std::min(sequences, whole.size() - first);
        const auto part = [&](auto& array) { return rlhf::part(array, whole, first, n); };
        out.result += rlhf::ppo_policy_loss(whole.part(first, n), {.log_probs = part(r.log_probs),
                                                                   .old_log_probs = part(r.old_log_probs),
                                                                   .advantages = part(r.advantages),
                                                                   .d_log_probs = part(out.gradient)});
    }
    return out;
}

bool same_bits(const char* name, rlhf::batch whole, const rollout& r) {
    const step wrong = in_parts(whole, r, 3); // counted_here: each part divides by its own tokens
    whole.denominator = rlhf::count(whole);   // over several ranks: the sum of their counts
    const step once = in_parts(whole, r, whole.size()), parts = in_parts(whole, r, 3);
    const auto print = [](const char* how, const step& s) {
        std::printf("  %-30s loss %.9f = %016" PRIx64 "  gradient %016" PRIx64 "\n", how, s.result.loss(),
                    s.loss_bits(), s.gradient_bits());
    };
    std::printf("%s, %g tokens\n", name, once.result.own.tokens);
    print("undivided", once);
    print("3 sequences at a time", parts);
    print("the same, each counting itself", wrong);
    std::printf("  there the gradient of the first token is %.3f times what it should be\n",
                static_cast<double>(wrong.gradient[0] / once.gradient[0]));
    return once.loss_bits() == parts.loss_bits() && once.gradient == parts.gradient;
}

int main() {
    constexpr std::int64_t sequences = 16, steps = 700;
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    rollout r;
    for (std::int64_t i = 0; i < sequences * steps; ++i) {
        r.log_probs.push_back(-1 - 0.3f * normal(random));
        r.old_log_probs.push_back(r.log_probs.back() + 0.1f * normal(random));
        r.advantages.push_back(normal(random));
    }
    std::vector<std::uint8_t> mask(r.log_probs.size());
    std::vector<std::int32_t> offsets{0};
    for (std::int64_t s = 0; s < sequences; ++s) {
        const std::int64_t length = s == 0 ? 40 : s * steps / sequences;
        std::fill_n(mask.begin() + s * steps, length, std::uint8_t{1});
        offsets.push_back(static_cast<std::int32_t>(offsets.back() + length));
    }
    const rlhf::batch padded{.sequences = sequences, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
    bool same = same_bits("padded", padded, r);

    // The same tokens as a packed batch.
    rollout ends;
    for (std::size_t i = 0; i < mask.size(); ++i) {
        if (mask[i] == 0) continue;
        ends.log_probs.push_back(r.log_probs[i]);
        ends.old_log_probs.push_back(r.old_log_probs[i]);
        ends.advantages.push_back(r.advantages[i]);
    }
    const rlhf::batch packed{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    same = same_bits("packed", packed, ends) && same;
    return same ? 0 : 1;
}
