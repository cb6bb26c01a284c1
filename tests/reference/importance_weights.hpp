// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <algorithm>

/// Importance weights between the policy μ that sampled and the policy π that learns, ρ = log π − log μ: per token or
/// per sequence, within bounds, and with tokens or sequences that are not used.
namespace reference {

enum class importance_level { token, sequence_mean, sequence_product, none };

struct weight_range {
    real low = 0, high = unlimited;
    [[nodiscard]] bool beyond(real x) const { return x < low || x > high; }
};

struct importance_weights_options {
    importance_level level = importance_level::token;
    weight_range range = {};
    bool mask = false; ///< a weight beyond the range becomes 0, not the bound
    weight_range sequence_mean = {}, sequence_product = {}, every_token = {};
    real drift_limit = unlimited, probability_limit = unlimited, binary_kl_limit = unlimited;
};

/// D(p, q) of policies that choose this token or another one, with probabilities of at least 10⁻⁸.
[[nodiscard]] inline real binary_kl(real log_p, real log_q) {
    const auto at_least = [](real x) { return x < 1e-8L ? 1e-8L : x; };
    const real p = at_least(std::exp(log_p)), q = at_least(std::exp(log_q));
    const real others_p = at_least(1 - std::exp(log_p)), others_q = at_least(1 - std::exp(log_q));
    return p * std::log(p / q) + others_p * std::log(others_p / others_q);
}

/// How many numbers stay if the largest leave, one by one, until the mean of x² is below `most`. One stays always.
[[nodiscard]] inline std::size_t kept_by_mean_square(array x, real most) {
    std::sort(x.begin(), x.end());
    std::size_t n = 0;
    for (real sum = 0; n < x.size(); ++n) {
        sum += x[n] * x[n];
        if (n > 0 && !(sum < most * static_cast<real>(n + 1))) break;
    }
    return n;
}

struct importance_weights_result {
    array weights;
    std::vector<char> keep;
    real mean_weight = 0, max_ratio = 0, below_fraction = 0, above_fraction = 0, dropped_fraction = 0, approx_kl = 0;
    real effective_sample_size = 0;
};

[[nodiscard]] inline importance_weights_result importance_weights(const batch& b, const array& log_probs,
                                                                  const array& behavior, const array& advantages,
                                                                  const importance_weights_options& o) {
    importance_weights_result r;
    r.weights.assign(b.size, 0), r.keep.assign(b.size, 0);
    const real n = count(b).tokens;
    real squares = 0;
    for (const auto& row : b.rows) {
        real sum = 0;
        bool drop = false;
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            sum += log_probs[e] - behavior[e];
            drop = drop || o.every_token.beyond(std::exp(log_probs[e] - behavior[e]));
        }
        const real mean = sum / counted_in(b, row);
        drop = drop || o.sequence_mean.beyond(std::exp(mean)) || o.sequence_product.beyond(std::exp(sum));
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real rho = log_probs[e] - behavior[e];
            const real ratio = o.level == importance_level::token           ? std::exp(rho)
                               : o.level == importance_level::sequence_mean ? std::exp(mean)
                               : o.level == importance_level::none          ? 1
                                                                            : std::exp(sum);
            real w = clamped(ratio, o.range.low, o.range.high);
            if (o.mask && o.range.beyond(ratio)) w = 0;
            if (drop || (-mean > o.drift_limit && advantages[e] < 0)) w = 0;
            if (std::fabs(std::exp(log_probs[e]) - std::exp(behavior[e])) > o.probability_limit) w = 0;
            if (binary_kl(log_probs[e], behavior[e]) > o.binary_kl_limit ||
                binary_kl(behavior[e], log_probs[e]) > o.binary_kl_limit)
                w = 0;
            r.weights[e] = w, r.keep[e] = w != 0;
            r.mean_weight += w / n, squares += w * w, r.approx_kl -= rho / n;
            r.max_ratio = ratio > r.max_ratio ? ratio : r.max_ratio;
            r.below_fraction += (ratio < o.range.low) / n, r.above_fraction += (ratio > o.range.high) / n;
            r.dropped_fraction += (w == 0) / n;
        }
    }
    r.effective_sample_size = squares > 0 ? n * r.mean_weight * r.mean_weight / squares : 0;
    return r;
}

} // namespace reference
