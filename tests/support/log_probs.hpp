// SPDX-License-Identifier: MIT
#pragma once

#include "support/logits.hpp"

#include <rlhf/logits/token_log_probs.hpp>

#include <type_traits>

/// What the tests of token_log_probs share with each other and with the tests of its shards.
namespace test {

/// The per-token type of a test whose logits are E: that which holds what was computed.
template <class E>
using number = std::conditional_t<std::is_same_v<E, double>, double, float>;

/// Absolute and relative errors allowed: what is computed in float, and in double.
template <class T>
constexpr double small = sizeof(T) == 8 ? 1e-14 : 1e-7;

template <class T>
struct token_outputs {
    std::vector<T> log_probs, entropy, log_sum_exp, collision;
    explicit token_outputs(std::size_t n)
        : log_probs(n, T(-77)), entropy(log_probs), log_sum_exp(log_probs), collision(log_probs) {}
    [[nodiscard]] rlhf::token_log_probs_arrays<T> arrays() { return {log_probs, entropy, log_sum_exp, collision}; }
    bool operator==(const token_outputs&) const = default;
};

} // namespace test
