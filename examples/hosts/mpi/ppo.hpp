// SPDX-License-Identifier: MIT
// I train on several ranks with MPI, and want PPO.
#pragma once

#include <rlhf/ppo.hpp>
#include <rlhf/with/mpi.hpp>

#include <vector>

/// The sequences of this rank, arrays [B, T]. B may be 0.
struct rollout {
    std::vector<int> tokens;
    std::vector<std::uint8_t> is_answer;
    std::vector<float> old_log_probs, ref_log_probs, values, scores;          ///< scores: [B]
    std::vector<float> advantages, returns, log_probs, d_log_probs, d_values; ///< written by ppo
};

/// The loss of the whole step, and its gradient with respect to this rank's logits (in place) and values. Add up the
/// gradients of weights over ranks; do not average them.
inline rlhf::ppo_loss_result ppo(MPI_Comm comm, rollout& x, rlhf::logits_view<float> logits) {
    rlhf::batch batch{.sequences = x.scores.size(),
                      .steps = logits.shape().steps,
                      .predict_next = true,
                      .mask = x.is_answer,
                      .denominator = rlhf::counted_here};
    rlhf::moments moments = rlhf::ppo_advantages(batch,
                                                 {.log_probs = x.old_log_probs,
                                                  .ref_log_probs = x.ref_log_probs,
                                                  .values = x.values,
                                                  .scores = x.scores,
                                                  .advantages = x.advantages,
                                                  .returns = x.returns},
                                                 {.whiten = rlhf::no_whitening})
                                .advantages;
    rlhf::counts counts = rlhf::count(batch);
    rlhf::all_reduce(comm, moments, counts); // whitening and the mean are over the whole step
    rlhf::whiten(batch, x.advantages, moments);
    batch.denominator = counts;
    auto loss = rlhf::ppo_loss(batch, logits, x.tokens,
                               {.old_log_probs = x.old_log_probs,
                                .advantages = x.advantages,
                                .values = x.values,
                                .returns = x.returns,
                                .log_probs = x.log_probs,
                                .d_log_probs = x.d_log_probs,
                                .d_values = x.d_values},
                               logits);
    rlhf::all_reduce(comm, loss);
    return loss;
}
