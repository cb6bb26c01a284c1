// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <cstdint>

/// The softmax of one row of logits per token, with z divided by a temperature τ:
///
///     lse = log Σ exp(z / τ)      log p = z / τ − lse      H = −Σ p log p
///
/// and ∂/∂z of  g · log p_target + h · H:  (g (δ − p) − h p (log p + H)) / τ.
namespace reference {

struct token_log_probs_result {
    array log_probs, entropy, log_sum_exp, sum_squares; ///< Σ p² last; all 0 where masked
};

/// One row: p and log p of every entry, with 0 log 0 = 0. Where all logits are −∞ all p are 0.
struct softmax_row {
    array p, log_p;
    real log_sum_exp = 0, entropy = 0, sum_squares = 0;

    softmax_row(const real* logits, std::size_t vocabulary, real temperature) : p(vocabulary), log_p(vocabulary) {
        real largest = -unlimited, sum = 0;
        for (std::size_t v = 0; v < vocabulary; ++v) {
            const real z = logits[v] / temperature;
            if (z > largest || std::isnan(z)) largest = z;
        }
        if (largest == -unlimited) { // no token is possible
            log_sum_exp = -unlimited, log_p.assign(vocabulary, -unlimited);
            return;
        }
        for (std::size_t v = 0; v < vocabulary; ++v) sum += std::exp(logits[v] / temperature - largest);
        log_sum_exp = largest + std::log(sum);
        for (std::size_t v = 0; v < vocabulary; ++v) {
            log_p[v] = (logits[v] / temperature - largest) - std::log(sum);
            p[v] = std::exp(log_p[v]);
            entropy -= p[v] == 0 ? 0 : p[v] * log_p[v];
            sum_squares += p[v] * p[v];
        }
    }
};

/// `logits`: `vocabulary` numbers per element. `targets`: one per element, of the element's own step.
[[nodiscard]] inline token_log_probs_result token_log_probs(const batch& b, const array& logits, std::size_t vocabulary,
                                                            const std::vector<std::int64_t>& targets,
                                                            real temperature = 1) {
    const array zero(b.size, 0);
    token_log_probs_result r{zero, zero, zero, zero};
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const softmax_row s(logits.data() + e * vocabulary, vocabulary, temperature);
            if (!targets.empty()) r.log_probs[e] = s.log_p[static_cast<std::size_t>(targets[e])];
            r.entropy[e] = s.entropy, r.log_sum_exp[e] = s.log_sum_exp, r.sum_squares[e] = s.sum_squares;
        }
    return r;
}

/// ∂/∂logits of Σ d_log_probs · log_probs + d_entropy · entropy; either may be empty.
[[nodiscard]] inline array token_log_probs_backward(const batch& b, const array& logits, std::size_t vocabulary,
                                                    const std::vector<std::int64_t>& targets, const array& d_log_probs,
                                                    const array& d_entropy = {}, real temperature = 1) {
    array d(b.size * vocabulary, 0);
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            const real g = !b.counted(e) || d_log_probs.empty() ? 0 : d_log_probs[e];
            const real h = !b.counted(e) || d_entropy.empty() ? 0 : d_entropy[e];
            if (g == 0 && h == 0) continue;
            const softmax_row s(logits.data() + e * vocabulary, vocabulary, temperature);
            if (s.log_sum_exp == -unlimited) continue;
            for (std::size_t v = 0; v < vocabulary; ++v) {
                const real is_target = g != 0 && static_cast<std::size_t>(targets[e]) == v ? 1 : 0;
                const real through_entropy = s.p[v] == 0 ? 0 : s.p[v] * (s.log_p[v] + s.entropy);
                d[e * vocabulary + v] = (g * (is_target - s.p[v]) - h * through_entropy) / temperature;
            }
        }
    return d;
}

} // namespace reference
