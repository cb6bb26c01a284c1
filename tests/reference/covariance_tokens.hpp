// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <algorithm>

/// The tokens with the largest share of the covariance of advantages and log-probs, or random ones among those whose
/// share lies within bounds.
namespace reference {

struct covariance_tokens_options {
    real share = 0, low = -unlimited, high = unlimited;
    bool by_key = false, clip = false;
    real lower = 0, upper = unlimited; ///< 1 − ε₋, 1 + ε₊
};

/// The picked tokens, in the order of picking.
[[nodiscard]] inline std::vector<std::size_t> covariance_tokens(const batch& b, const array& log_probs,
                                                                const array& old, const array& advantages,
                                                                const array& keys, const covariance_tokens_options& o) {
    real n = 0, mean_advantage = 0, mean_log_prob = 0;
    std::vector<std::size_t> order;
    for (const auto& row : b.rows)
        for (const std::size_t e : row)
            if (b.counted(e)) n += 1, mean_advantage += advantages[e], mean_log_prob += log_probs[e];
    mean_advantage /= n, mean_log_prob /= n;
    const auto covariance = [&](std::size_t e) {
        return (advantages[e] - mean_advantage) * (log_probs[e] - mean_log_prob);
    };
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e) || covariance(e) <= o.low || covariance(e) >= o.high) continue;
            const real ratio = std::exp(log_probs[e] - old[e]), a = advantages[e];
            if (o.clip && ((a > 0 && ratio > o.upper) || (a < 0 && ratio < o.lower))) continue;
            order.push_back(e);
        }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
        return o.by_key ? keys[i] < keys[j] : covariance(i) > covariance(j);
    });
    const auto most = std::max<std::size_t>(static_cast<std::size_t>(std::floor(o.share * n)), 1);
    if (order.size() > most) order.resize(most);
    return order;
}

} // namespace reference
