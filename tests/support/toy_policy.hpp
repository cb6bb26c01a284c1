// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace test {

/// A softmax policy over a handful of tokens, small enough that expectations are exact sums over all of them.
/// `V` is double, or a dual number to differentiate what is computed from the logits.
template <class V>
struct toy_policy {
    std::vector<V> logits;

    [[nodiscard]] std::size_t size() const { return logits.size(); }
    [[nodiscard]] V log_prob(std::size_t token) const {
        using std::exp, std::log;
        V sum(0);
        for (const V& z : logits) sum = sum + exp(z);
        return logits[token] - log(sum);
    }
    [[nodiscard]] V prob(std::size_t token) const {
        using std::exp;
        return exp(log_prob(token));
    }
    /// E f(token) under this policy.
    template <class F>
    [[nodiscard]] auto expectation(F f) const {
        decltype(prob(0) * f(std::size_t{0})) sum(0);
        for (std::size_t token = 0; token < size(); ++token) sum = sum + prob(token) * f(token);
        return sum;
    }
    /// ∂ log π(token) / ∂ logits[k].
    [[nodiscard]] V score(std::size_t token, std::size_t k) const { return V(token == k ? 1 : 0) - prob(k); }
};

/// KL(p ‖ q) exactly.
template <class V>
[[nodiscard]] V kl_divergence(const toy_policy<V>& p, const toy_policy<V>& q) {
    return p.expectation([&](std::size_t token) { return p.log_prob(token) - q.log_prob(token); });
}

} // namespace test
