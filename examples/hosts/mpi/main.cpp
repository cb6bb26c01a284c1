// SPDX-License-Identifier: MIT
// A step of PPO whose sequences are sharded across the ranks of MPI. ppo.hpp has the lines that MPI's users write; here
// is a model around them: a table with the logits of the letter after each letter, and a table with values. Every rank
// checks that the denominators, the loss, and the whitened advantages and gradients of its own sequences have the bits
// of a single process. The trainer itself adds up the weights' gradient over ranks: floats, added in double.
#include "../text.h"
#include "ppo.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <utility>

namespace {

constexpr int steps = 40, prompt_length = 10;

struct tables {
    std::vector<double> logits, values; ///< [letters, letters], [letters]

    explicit tables(unsigned seed) : logits(letters * letters), values(letters) {
        std::mt19937 random(seed);
        for (auto* table : {&logits, &values})
            for (double& x : *table) x = static_cast<double>(random()) * 0x1p-32 - 0.5;
    }
    [[nodiscard]] std::vector<float> logits_of(const std::vector<int>& tokens) const {
        std::vector<float> z;
        for (const int token : tokens)
            for (int v = 0; v < letters; ++v) z.push_back(static_cast<float>(logits[entry(token, v)]));
        return z;
    }
    static std::size_t entry(int token, int v) { return static_cast<std::size_t>(token * letters + v); }
};

/// The sentences of this rank, with the numbers of their rollout.
rollout dealt(int sequences, int rank, int ranks) {
    rollout r;
    const tables old(1), reference(2);
    std::vector<int> sentences(static_cast<std::size_t>(sequences * steps));
    read_sentences(sentences.data(), sequences, steps);
    for (int s = rank; s < sequences; s += ranks) {
        float vowels = 0;
        for (int t = 0; t < steps; ++t) {
            r.tokens.push_back(sentences[static_cast<std::size_t>(s * steps + t)]);
            r.is_answer.push_back(t >= prompt_length && t < steps - 3 * s); // answers end early
            r.values.push_back(static_cast<float>(old.values[static_cast<std::size_t>(r.tokens.back())]));
            vowels += is_vowel(r.tokens.back()) ? 1.f / steps : 0;
        }
        r.scores.push_back(vowels);
    }
    const rlhf::batch batch{.sequences = r.scores.size(),
                            .steps = steps,
                            .predict_next = true,
                            .mask = r.is_answer,
                            .denominator = rlhf::counted_here};
    const auto log_probs = [&](const tables& model, std::vector<float>& to) {
        const std::vector<float> z = model.logits_of(r.tokens);
        to.resize(r.tokens.size());
        const rlhf::logits_view view(z.data(), {.sequences = r.scores.size(), .steps = steps, .vocab = letters});
        rlhf::token_log_probs(batch, view, r.tokens, {.log_probs = to});
    };
    log_probs(old, r.old_log_probs), log_probs(reference, r.ref_log_probs);
    return r;
}

struct result {
    rollout rolled;
    rlhf::ppo_loss_result loss;
    std::vector<float> d_logits;
    std::vector<double> d_weights;
};

result train(MPI_Comm comm, rollout rolled) {
    result r;
    r.rolled = std::move(rolled);
    rollout& x = r.rolled;
    for (auto* array : {&x.advantages, &x.returns, &x.log_probs, &x.d_log_probs, &x.d_values})
        array->resize(x.tokens.size());
    r.d_logits = tables(3).logits_of(x.tokens);
    r.loss = ppo(comm, x, {r.d_logits.data(), {.sequences = x.scores.size(), .steps = steps, .vocab = letters}});
    r.d_weights.resize(letters * letters);
    for (std::size_t i = 0; i < r.d_logits.size(); ++i)
        r.d_weights[tables::entry(x.tokens[i / letters], static_cast<int>(i % letters))] +=
            static_cast<double>(r.d_logits[i]);
    MPI_Allreduce(MPI_IN_PLACE, r.d_weights.data(), letters * letters, MPI_DOUBLE, MPI_SUM, comm);
    return r;
}

/// True if the sequences rank, rank + ranks, … of `alone` are the sequences of `together`.
bool same(const std::vector<float>& alone, const std::vector<float>& together, int rank, int ranks, std::size_t row) {
    auto mine = together.begin();
    for (std::size_t s = static_cast<std::size_t>(rank); s * row < alone.size(); s += static_cast<std::size_t>(ranks)) {
        const auto from = alone.begin() + static_cast<std::ptrdiff_t>(s * row);
        if (!std::equal(from, from + static_cast<std::ptrdiff_t>(row), mine)) return false;
        mine += static_cast<std::ptrdiff_t>(row);
    }
    return mine == together.end();
}

bool compare(int sequences, int rank, int ranks) {
    const result all = train(MPI_COMM_WORLD, dealt(sequences, rank, ranks));
    const result one = train(MPI_COMM_SELF, dealt(sequences, 0, 1));
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < all.d_weights.size(); ++i) {
        worst = std::max(worst, std::abs(all.d_weights[i] - one.d_weights[i]));
        largest = std::max(largest, std::abs(one.d_weights[i]));
    }
    const auto same_rows = [&](const std::vector<float>& a, const std::vector<float>& b, std::size_t row) {
        return same(a, b, rank, ranks, row);
    };
    const rollout &x = all.rolled, &y = one.rolled;
    int equal[6] = {all.loss.own == one.loss.own,
                    all.loss.loss() == one.loss.loss() && all.loss.policy.mean_ratio() == one.loss.policy.mean_ratio(),
                    same_rows(y.advantages, x.advantages, steps) && same_rows(y.returns, x.returns, steps),
                    same_rows(y.d_log_probs, x.d_log_probs, steps) && same_rows(y.d_values, x.d_values, steps),
                    same_rows(one.d_logits, all.d_logits, steps * letters),
                    worst <= 0x1p-45 * largest && largest > 1e-3}; // sums of some hundred doubles
    MPI_Allreduce(MPI_IN_PLACE, equal, 6, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
    if (rank == 0) {
        const auto bits = [&](int i) { return equal[i] != 0 ? "same bits" : "OTHER BITS"; };
        std::printf("%d sequences over %d ranks against one\n", sequences, ranks);
        std::printf("  denominators, %g tokens and %g sequences: %s\n", all.loss.own.tokens, all.loss.own.sequences,
                    bits(0));
        std::printf("  loss %.9f: %s\n", all.loss.loss(), bits(1));
        std::printf("  whitened advantages: %s\n", bits(2));
        std::printf("  gradients of log-probs and values: %s, of logits: %s\n", bits(3), bits(4));
        std::printf("  gradient of the weights: largest %.4f, differs by %.1e\n", largest, worst);
    }
    return std::all_of(equal, equal + 6, [](int is) { return is != 0; });
}

} // namespace

int main(int argc, char** argv) {
    MPI_Init(&argc, &argv);
    int rank = 0, ranks = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const bool good = compare(6, rank, ranks) && compare(3, rank, ranks); // with 3 sequences, one of 4 ranks has none
    MPI_Finalize();
    return good ? 0 : 1;
}
