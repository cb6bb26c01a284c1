// SPDX-License-Identifier: MIT
// The library takes Eigen's arrays wherever it takes an array: row-major matrices are [B, T], vectors are contiguous.
// This trains a linear policy over features by steps of PPO, with Eigen for the matrix products.
#include <rlhf/ppo.hpp>
#include <rlhf/with/eigen.hpp>

#include <Eigen/Core>
#include <cstdio>

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

int main() {
    constexpr Eigen::Index sequences = 4, steps = 25, tokens = sequences * steps, features = 6, vocab = 5;
    std::srand(4);
    const matrix x = matrix::Random(tokens, features);
    matrix weights = matrix::Zero(vocab, features);
    Eigen::VectorXi actions(tokens);
    Eigen::Matrix<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> mask(sequences, steps);
    matrix advantages(sequences, steps), log_probs(sequences, steps), d_log_probs(sequences, steps);
    for (Eigen::Index i = 0; i < tokens; ++i) { // action k is good if feature k is positive
        actions[i] = static_cast<int>(i % vocab);
        advantages(i / steps, i % steps) = x(i, actions[i]) > 0 ? 1.0f : -1.0f;
        mask(i / steps, i % steps) = i % steps < 25 - i / steps; // the sequences end one after the other
    }
    const rlhf::batch batch{
        .sequences = sequences, .steps = steps, .predict_next = false, .mask = mask, .denominator = rlhf::counted_here};

    matrix logits(tokens, vocab), old_log_probs;
    const rlhf::logits_view z(logits.data(), {.sequences = sequences, .steps = steps, .vocab = vocab});
    for (int step = 0; step < 20; ++step) {
        logits.noalias() = x * weights.transpose();
        rlhf::token_log_probs(batch, z, actions, {.log_probs = log_probs});
        if (step % 4 == 0) old_log_probs = log_probs;
        const auto r = rlhf::ppo_policy_loss(batch, {.log_probs = log_probs,
                                                     .old_log_probs = old_log_probs,
                                                     .advantages = advantages,
                                                     .d_log_probs = d_log_probs});
        rlhf::token_log_probs_backward(batch, z, actions, {.d_log_probs = d_log_probs}, z); // in place
        weights.noalias() -= 2.0f * logits.transpose() * x;
        if (step % 4 == 3)
            std::printf("step %2d: loss %+.4f, clip fraction %.2f, KL to the rollout %.3f\n", step, r.loss(),
                        r.clip_fraction(), r.approx_kl_half_square());
    }
    const auto mean_probability = [&](float advantage) {
        const auto these = (advantages.array() == advantage && mask.array()).cast<float>();
        return static_cast<double>((log_probs.array().exp() * these).sum() / these.sum());
    };
    std::printf("good actions now have probability %.2f, bad ones %.2f; both began at 0.20\n", mean_probability(1),
                mean_probability(-1));
}
