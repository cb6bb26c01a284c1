// SPDX-License-Identifier: MIT
#pragma once

#include "token_log_probs.hpp"

/// −Σ q log p with q = (1 − ε) one-hot + ε / V (Szegedy et al. 2016, arXiv:1512.00567, section 7), plus
/// z_loss_coef lse² (Chowdhery et al. 2022, arXiv:2204.02311, section 5).
namespace reference {

struct cross_entropy_loss_options {
    real label_smoothing = 0, z_loss_coef = 0, temperature = 1;
    reference::aggregation aggregation = aggregation::token_mean;
};

struct cross_entropy_loss_result {
    real loss = 0;
    array d_logits, token_losses;
    real accuracy = 0; ///< tokens whose target has the strictly largest logit
};

[[nodiscard]] inline cross_entropy_loss_result cross_entropy_loss(const batch& b, const array& logits,
                                                                  std::size_t vocabulary,
                                                                  const std::vector<std::int64_t>& targets,
                                                                  const cross_entropy_loss_options& o = {}) {
    cross_entropy_loss_result r{.d_logits = array(b.size * vocabulary, 0), .token_losses = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    const real V = static_cast<real>(vocabulary), n = count(b).tokens;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const softmax_row s(logits.data() + e * vocabulary, vocabulary, o.temperature);
            real loss = o.z_loss_coef == 0 ? 0 : o.z_loss_coef * s.log_sum_exp * s.log_sum_exp;
            const real d_lse = o.z_loss_coef == 0 ? 0 : 2 * o.z_loss_coef * s.log_sum_exp;
            const std::size_t target = static_cast<std::size_t>(targets[e]);
            bool right = true;
            for (std::size_t v = 0; v < vocabulary; ++v) {
                const real q = (v == target ? 1 - o.label_smoothing : 0) + o.label_smoothing / V;
                loss -= q == 0 ? 0 : q * s.log_p[v];
                r.d_logits[e * vocabulary + v] = share[e] * ((1 + d_lse) * s.p[v] - q) / o.temperature;
                right = right && (v == target || logits[e * vocabulary + v] < logits[e * vocabulary + target]);
            }
            r.token_losses[e] = loss;
            r.loss += share[e] * loss;
            r.accuracy += right ? 1 / n : 0;
        }
    return r;
}

} // namespace reference
