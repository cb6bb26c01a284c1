// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

/// GSPO (Zheng et al. 2025, arXiv:2507.18071): the clipped surrogate of one ratio per sequence,
///
///     s = exp(mean of log π − log π_old)      l = −min(s Â, clip(s, 1 − ε₋, 1 + ε₊) Â)      eq. 5 and 7
///
/// and the same with the product of the ratios, s = exp(sum). The loss is written for any type of number, so that
/// numbers that carry a derivative give its gradient; the slopes below belong to the token variant, eq. 13, in which
/// token t has the ratio (s as a constant) · π / (π as a constant).
namespace reference {

enum class sequence_ratio { mean, product };

struct gspo_options {
    real clip_low, clip_high;
    sequence_ratio ratio = sequence_ratio::mean;
    real log_ratio_limit = unlimited; ///< cuts log s to ±limit; no slope beyond
    reference::aggregation aggregation = aggregation::token_mean;
};

/// log s of a row.
template <class Number>
[[nodiscard]] Number log_sequence_ratio(const batch& b, const std::vector<std::size_t>& row,
                                        const std::vector<Number>& log_probs, const array& old_log_probs,
                                        const gspo_options& o) {
    Number x = 0;
    for (const std::size_t e : row)
        if (b.counted(e)) x += log_probs[e] - Number(old_log_probs[e]);
    return o.ratio == sequence_ratio::mean ? x / Number(counted_in(b, row)) : x;
}

/// The loss of the batch.
template <class Number>
[[nodiscard]] Number gspo_loss(const batch& b, const std::vector<Number>& log_probs, const array& old_log_probs,
                               const array& advantages, const array& weights, const gspo_options& o) {
    using std::exp;
    const array share = shares(b, o.aggregation);
    Number loss = 0;
    for (const auto& row : b.rows) {
        if (counted_in(b, row) == 0) continue;
        Number x = log_sequence_ratio(b, row, log_probs, old_log_probs, o);
        if (x > Number(o.log_ratio_limit)) x = Number(o.log_ratio_limit);
        if (x < Number(-o.log_ratio_limit)) x = Number(-o.log_ratio_limit);
        const Number s = exp(x), low = 1 - o.clip_low, high = 1 + o.clip_high,
                     cut = s < low    ? low
                           : s > high ? high
                                      : s;
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const Number free = s * Number(advantages[e]), held = cut * Number(advantages[e]);
            loss += Number(-weights[e] * share[e]) * (held < free ? held : free);
        }
    }
    return loss;
}

struct gspo_result {
    real loss = 0, clip_fraction_low = 0, clip_fraction_high = 0, mean_ratio = 0, ratio_square = 0;
    array d_log_probs = {}, sequence_ratios = {};
};

[[nodiscard]] inline gspo_result gspo(const batch& b, const array& log_probs, const array& old_log_probs,
                                      const array& advantages, const array& weights, const gspo_options& o) {
    gspo_result r{.loss = gspo_loss(b, log_probs, old_log_probs, advantages, weights, o)};
    r.d_log_probs.assign(b.size, 0), r.sequence_ratios.assign(b.size, 0);
    const array share = shares(b, o.aggregation);
    const real tokens = count(b).tokens;
    for (const auto& row : b.rows) {
        const real n = counted_in(b, row);
        if (n == 0) continue;
        const real x = log_sequence_ratio(b, row, log_probs, old_log_probs, o);
        const bool beyond = std::fabs(x) > o.log_ratio_limit;
        const real s = std::exp(clamped(x, -o.log_ratio_limit, o.log_ratio_limit));
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const bool low = advantages[e] < 0 && s<1 - o.clip_low, high = advantages[e]> 0 && s > 1 + o.clip_high;
            const real slope =
                low || high || beyond ? 0 : -s * advantages[e] * (o.ratio == sequence_ratio::mean ? 1 : n);
            r.d_log_probs[e] = weights[e] * share[e] * slope, r.sequence_ratios[e] = s;
            r.clip_fraction_low += low / tokens, r.clip_fraction_high += high / tokens;
            r.mean_ratio += s / tokens, r.ratio_square += s * s / tokens;
        }
    }
    return r;
}

} // namespace reference
