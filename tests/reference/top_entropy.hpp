// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <algorithm>

/// The tokens whose entropy is at or above the quantile 1 − share of those that count.
namespace reference {

struct top_entropy_result {
    array weights;
    real threshold = 0, kept = 0, mean_entropy = 0, mean_kept_entropy = 0;
};

/// The quantile q of numbers, with interpolation between neighbours.
[[nodiscard]] inline real quantile(array x, real q) {
    if (x.empty()) return 0;
    std::sort(x.begin(), x.end());
    const real place = q * static_cast<real>(x.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(place)), above = static_cast<std::size_t>(std::ceil(place));
    return x[below] + (place - std::floor(place)) * (x[above] - x[below]);
}

[[nodiscard]] inline top_entropy_result top_entropy(const batch& b, const array& entropy, real share) {
    top_entropy_result r;
    array counted;
    for (const auto& row : b.rows)
        for (const std::size_t e : row)
            if (b.counted(e)) counted.push_back(entropy[e]);
    r.threshold = quantile(counted, 1 - share);
    r.weights.assign(b.size, 0);
    real sum = 0;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            sum += entropy[e];
            if (entropy[e] < r.threshold) continue;
            r.weights[e] = 1, r.kept += 1, r.mean_kept_entropy += entropy[e];
        }
    r.mean_entropy = counted.empty() ? 0 : sum / static_cast<real>(counted.size());
    r.mean_kept_entropy /= r.kept > 0 ? r.kept : 1;
    return r;
}

} // namespace reference
