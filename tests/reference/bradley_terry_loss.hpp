// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

/// −log σ(d) with d = r_chosen − r_rejected − margin (Bradley and Terry 1952; margin: Touvron et al. 2023,
/// arXiv:2307.09288, eq. 2), mixed with −log σ(−d) by label smoothing, plus center_coef (r_chosen + r_rejected)²
/// (Eisenstein et al. 2023, arXiv:2312.09244).
namespace reference {

struct pair_term {
    real loss, d_better, d_worse;
};

[[nodiscard]] inline pair_term compare(real better, real worse, real margin, real label_smoothing, real center_coef) {
    const real d = better - worse - margin, sum = better + worse;
    const real loss = (1 - label_smoothing) * softplus(-d) + label_smoothing * softplus(d);
    const real slope = -(1 - label_smoothing) * sigmoid(-d) + label_smoothing * sigmoid(d);
    return {loss + center_coef * sum * sum, slope + 2 * center_coef * sum, -slope + 2 * center_coef * sum};
}

struct bradley_terry_loss_arrays {
    array chosen_rewards, rejected_rewards, margins = {};
};

struct bradley_terry_loss_options {
    real margin = 0; ///< of every pair, besides the array of margins
    real label_smoothing = 0, center_coef = 0;
    reference::aggregation aggregation = aggregation::token_mean;
};

struct bradley_terry_loss_result {
    real loss = 0;
    array d_chosen_rewards, d_rejected_rewards;
    real accuracy = 0;    ///< chosen > rejected; a tie is wrong
    real mean_margin = 0; ///< mean of chosen − rejected
};

/// One pair per element.
[[nodiscard]] inline bradley_terry_loss_result bradley_terry_loss(const batch& b, const bradley_terry_loss_arrays& a,
                                                                  const bradley_terry_loss_options& o = {}) {
    bradley_terry_loss_result r{.d_chosen_rewards = array(b.size, 0), .d_rejected_rewards = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    const real n = count(b).tokens;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real chosen = a.chosen_rewards[e], rejected = a.rejected_rewards[e];
            const real margin = o.margin + (a.margins.empty() ? 0 : a.margins[e]);
            const pair_term l = compare(chosen, rejected, margin, o.label_smoothing, o.center_coef);
            r.loss += share[e] * l.loss;
            r.d_chosen_rewards[e] = share[e] * l.d_better;
            r.d_rejected_rewards[e] = share[e] * l.d_worse;
            r.accuracy += chosen > rejected ? 1 / n : 0;
            r.mean_margin += (chosen - rejected) / n;
        }
    return r;
}

} // namespace reference
