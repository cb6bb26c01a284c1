// SPDX-License-Identifier: MIT
#pragma once

#include "support/logits.hpp"

#include <rlhf/recipe/ppo_loss.hpp>

/// A step of PPO, from logits and values to their gradients.
namespace test {

template <class T>
struct step {
    std::size_t B, S, V;
    std::vector<T> z, old_log_probs, ref_log_probs, advantages, values, old_values, returns;
    std::vector<T> log_probs, entropy, d_log_probs, d_entropy, d_values;
    std::vector<std::int64_t> targets;
    std::vector<std::uint8_t> mask;

    step(test::random& r, std::size_t B_, std::size_t S_, std::size_t V_)
        : B(B_), S(S_), V(V_), z(test::random_logits<T>(r, B * S * V, 1)),
          old_log_probs(test::normals<T>(r, B * S, -3, 0.7)), ref_log_probs(test::normals<T>(r, B * S, -3, 0.7)),
          advantages(test::normals<T>(r, B * S)), values(test::normals<T>(r, B * S)),
          old_values(test::normals<T>(r, B * S)), returns(test::normals<T>(r, B * S)), log_probs(B * S), entropy(B * S),
          d_log_probs(B * S), d_entropy(B * S), d_values(B * S), targets(test::targets<std::int64_t>(r, B * S, V)),
          mask(test::flags(r, B * S, 0.8)) {}

    [[nodiscard]] rlhf::logits_view<T> logits() { return test::logits_of(z, B, S, V); }
    [[nodiscard]] rlhf::batch batch() const {
        return {.sequences = B, .steps = S, .predict_next = true, .mask = mask, .denominator = rlhf::counted_here};
    }
    [[nodiscard]] rlhf::ppo_loss_arrays<T> arrays() {
        return {.old_log_probs = old_log_probs,
                .ref_log_probs = ref_log_probs,
                .advantages = advantages,
                .values = values,
                .old_values = old_values,
                .returns = returns,
                .log_probs = log_probs,
                .entropy = entropy,
                .d_log_probs = d_log_probs,
                .d_entropy = d_entropy,
                .d_values = d_values};
    }
};

inline const rlhf::ppo_loss_options everything{.head = {.temperature = 0.9},
                                               .policy = {.clip_range = {0.2, 0.28}, .kl_coef = 0.05},
                                               .value = {.clip_range = 0.2},
                                               .value_coef = 0.1,
                                               .entropy_coef = 0.01};

} // namespace test
