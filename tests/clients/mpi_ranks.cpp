// SPDX-License-Identifier: MIT
// Data parallel: five sequences dealt over the ranks, of which some may get none. Checked on every rank: moments,
// counts, loss and the gradient of its own sequences have the bits that one process computes alone.
#include <rlhf/ppo.hpp>
#include <rlhf/with/mpi.hpp>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

namespace {

constexpr int steps = 600;

struct rollout {
    std::vector<float> log_probs, old_log_probs, values, scores;
    std::vector<std::uint8_t> mask;
};

struct result {
    rlhf::moments moments;
    rlhf::counts counts;
    rlhf::ppo_policy_loss_result loss;
    std::vector<float> gradient;
};

/// The sequences that belong to this rank.
rollout dealt(int rank, int ranks) {
    rollout r;
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform;
    for (int s = 0; s < 5; ++s) {
        const bool mine = s % ranks == rank;
        if (mine) r.scores.push_back(static_cast<float>(s) - 2);
        for (int t = 0; t < steps; ++t) {
            const float log_prob = -uniform(random), old = log_prob - 0.3f * uniform(random), value = uniform(random);
            const bool counts = uniform(random) < 0.75f;
            if (!mine) continue;
            r.log_probs.push_back(log_prob), r.old_log_probs.push_back(old);
            r.values.push_back(value), r.mask.push_back(counts);
        }
    }
    return r;
}

result step(const rollout& x, MPI_Comm comm) {
    result r;
    std::vector<float> advantages(x.values.size());
    r.gradient.resize(x.values.size());
    rlhf::batch batch{.sequences = x.scores.size(), .steps = steps, .mask = x.mask, .denominator = rlhf::counted_here};
    r.moments = rlhf::ppo_advantages(batch,
                                     {.log_probs = x.old_log_probs,
                                      .ref_log_probs = x.log_probs,
                                      .values = x.values,
                                      .scores = x.scores,
                                      .advantages = advantages},
                                     {.whiten = rlhf::no_whitening})
                    .advantages;
    r.counts = rlhf::count(batch);
    rlhf::all_reduce(comm, r.moments, r.counts);
    rlhf::whiten(batch, advantages, r.moments);
    batch.denominator = r.counts; // the gradients are those of the whole step: a trainer sums them over ranks
    r.loss = rlhf::ppo_policy_loss(batch, {.log_probs = x.log_probs,
                                           .old_log_probs = x.old_log_probs,
                                           .advantages = advantages,
                                           .d_log_probs = r.gradient});
    rlhf::all_reduce(comm, r.loss);
    return r;
}

} // namespace

int main(int argc, char** argv) {
    MPI_Init(&argc, &argv);
    int rank = 0, ranks = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const result together = step(dealt(rank, ranks), MPI_COMM_WORLD), alone = step(dealt(0, 1), MPI_COMM_SELF);
    bool same = together.moments == alone.moments && together.counts == alone.counts &&
                together.loss.loss() == alone.loss.loss() && together.loss.mean_ratio() == alone.loss.mean_ratio();
    for (int s = rank, mine = 0; s < 5; s += ranks, ++mine)
        same = same && std::equal(alone.gradient.begin() + s * steps, alone.gradient.begin() + (s + 1) * steps,
                                  together.gradient.begin() + mine * steps);
    if (rank == 0)
        std::printf("%d ranks: mean %.12f, variance %.12f, %g tokens, loss %.12f: %s\n", ranks, together.moments.mean(),
                    together.moments.variance(), together.counts.tokens, together.loss.loss(),
                    same ? "same bits" : "other bits");
    MPI_Finalize();
    return same ? 0 : 1;
}
