// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <functional>

/// Losses over answers that were judged one by one, of their log ratios r.
namespace reference {

struct unpaired_term {
    real loss, slope;
};
using unpaired = std::function<unpaired_term(real r, bool desirable)>;

/// λ (1 − σ(u)), u = β (r − z₀) or, for a bad answer, β (z₀ − r) (Ethayarajh et al. 2024, arXiv:2402.01306).
[[nodiscard]] inline unpaired kto(real beta, real reference_point, real good, real bad) {
    return [=](real r, bool desirable) {
        const real sign = desirable ? 1 : -1, u = sign * beta * (r - reference_point), weight = desirable ? good : bad;
        return unpaired_term{weight * sigmoid(-u), -weight * sign * beta * sigmoid(u) * sigmoid(-u)};
    };
}

/// −log σ(β r − δ), or −log σ(δ − β r) of a bad answer (Jung et al. 2024, arXiv:2404.04656).
[[nodiscard]] inline unpaired unpaired_bco(real beta, real shift) {
    return [=](real r, bool desirable) {
        const real sign = desirable ? 1 : -1, u = sign * (beta * r - shift);
        return unpaired_term{softplus(-u), -sign * beta * sigmoid(-u)};
    };
}

struct unpaired_loss_arrays {
    array log_ratios;
    std::vector<std::uint8_t> desirable;
    array weights = {};
};

struct unpaired_loss_result {
    real loss = 0;
    array d_log_ratios;
    real desirable = 0; ///< how many
    real mean_desirable_reward = 0, mean_undesirable_reward = 0;
};

/// One answer per element.
[[nodiscard]] inline unpaired_loss_result unpaired_loss(const batch& b, const unpaired_loss_arrays& a,
                                                        const unpaired& objective, real beta) {
    unpaired_loss_result r{.d_log_ratios = array(b.size, 0)};
    const array share = shares(b, aggregation::token_mean);
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real weight = share[e] * (a.weights.empty() ? 1 : a.weights[e]);
            const bool good = a.desirable[e] != 0;
            const unpaired_term t = objective(a.log_ratios[e], good);
            r.loss += weight * t.loss, r.d_log_ratios[e] = weight * t.slope, r.desirable += good ? 1 : 0;
            (good ? r.mean_desirable_reward : r.mean_undesirable_reward) += beta * a.log_ratios[e];
        }
    const real bad = count(b).tokens - r.desirable;
    if (r.desirable > 0) r.mean_desirable_reward /= r.desirable;
    if (bad > 0) r.mean_undesirable_reward /= bad;
    return r;
}

} // namespace reference
