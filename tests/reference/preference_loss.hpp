// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <functional>

/// Losses over pairs of answers, of c and j, the log ratios of the preferred answer and of the other one.
namespace reference {

struct preference_term {
    real loss, d_chosen, d_rejected;
};
using preference = std::function<preference_term(real c, real j, real margin)>;

/// (1 − ε) · −log σ(m) + ε · −log σ(−m) with m = β (c − j) − γ − margin (Rafailov et al. 2023, arXiv:2305.18290, eq. 7;
/// Mitchell 2023, cDPO; γ: Meng et al. 2024, arXiv:2405.14734).
[[nodiscard]] inline preference dpo(real beta, real smoothing, real gamma = 0) {
    return [=](real c, real j, real margin) {
        const real m = beta * (c - j) - gamma - margin;
        const real slope = beta * (smoothing * sigmoid(m) - (1 - smoothing) * sigmoid(-m));
        return preference_term{(1 - smoothing) * softplus(-m) + smoothing * softplus(m), slope, -slope};
    };
}

/// ((1 − ε) · −log σ(m) − ε · −log σ(−m)) / (1 − 2ε) (Ray Chowdhury et al. 2024, arXiv:2403.00409).
[[nodiscard]] inline preference robust_dpo(real beta, real smoothing) {
    return [=](real c, real j, real margin) {
        const real m = beta * (c - j) - margin, unbiased = 1 - 2 * smoothing;
        const real slope = -beta * ((1 - smoothing) * sigmoid(-m) + smoothing * sigmoid(m)) / unbiased;
        return preference_term{((1 - smoothing) * softplus(-m) - smoothing * softplus(m)) / unbiased, slope, -slope};
    };
}

/// (c − j − 1 / (2β))² (Azar et al. 2023, arXiv:2310.12036, eq. 17).
[[nodiscard]] inline preference ipo(real beta) {
    return [=](real c, real j, real) {
        const real d = c - j - 1 / (2 * beta);
        return preference_term{d * d, 2 * d, -2 * d};
    };
}

/// max(0, 1 − m) with m = β (c − j) − margin (Zhao et al. 2023, arXiv:2305.10425).
[[nodiscard]] inline preference slic_hinge(real beta) {
    return [=](real c, real j, real margin) {
        const real m = beta * (c - j) - margin;
        return m < 1 ? preference_term{1 - m, -beta, beta} : preference_term{0, 0, 0};
    };
}

/// KL of (σ(m), σ(−m)) to (1 − ε, ε) with m = β (c − j) (Ji et al. 2024, arXiv:2402.00856, eq. 16).
[[nodiscard]] inline preference exo(real beta, real smoothing) {
    return [=](real c, real j, real) {
        const real m = beta * (c - j), p = sigmoid(m), q = sigmoid(-m);
        const real right = -softplus(-m) - std::log(1 - smoothing), wrong = -softplus(m) - std::log(smoothing);
        const real slope = beta * p * q * (right - wrong);
        return preference_term{p * right + q * wrong, slope, -slope};
    };
}

/// (1 − μ) · −log σ(m) + μ e⁻ᵐ with m = β (c − j), μ = σ(m / τ) (Lu et al. 2024, arXiv:2406.08414, eq. 5).
[[nodiscard]] inline preference discopop(real beta, real tau) {
    return [=](real c, real j, real) {
        const real m = beta * (c - j), mu = sigmoid(m / tau), rest = sigmoid(-m / tau), bend = mu * rest / tau;
        const real slope = beta * (-bend * softplus(-m) - rest * sigmoid(-m) + (bend - mu) * std::exp(-m));
        return preference_term{rest * softplus(-m) + mu * std::exp(-m), slope, -slope};
    };
}

/// 1 − σ(β c) + σ(β j) (D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7).
[[nodiscard]] inline preference apo_zero(real beta) {
    return [=](real c, real j, real) {
        const real good = sigmoid(beta * c), bad = sigmoid(beta * j);
        return preference_term{1 - good + bad, -beta * good * (1 - good), beta * bad * (1 - bad)};
    };
}

/// σ(β c) + 1 − σ(β (c − j)) (the same, eq. 8).
[[nodiscard]] inline preference apo_down(real beta) {
    return [=](real c, real j, real) {
        const real good = sigmoid(beta * c), right = sigmoid(beta * (c - j)), by_delta = beta * right * (1 - right);
        return preference_term{good + 1 - right, beta * good * (1 - good) - by_delta, by_delta};
    };
}

/// (c − 1 / (2β))² + (j + 1 / (2β))² (Wu et al. 2024, arXiv:2405.00675, eq. 4.7).
[[nodiscard]] inline preference sppo(real beta) {
    return [=](real c, real j, real) {
        const real good = c - 1 / (2 * beta), bad = j + 1 / (2 * beta);
        return preference_term{good * good + bad * bad, 2 * good, 2 * bad};
    };
}

/// −log σ(β c) − ½ log σ(−β c) − ½ log σ(−β j) (Chen et al. 2024, arXiv:2402.05369).
[[nodiscard]] inline preference nca(real beta) {
    return [=](real c, real j, real) {
        return preference_term{softplus(-beta * c) + softplus(beta * c) / 2 + softplus(beta * j) / 2,
                               beta * (-sigmoid(-beta * c) + sigmoid(beta * c) / 2), beta * sigmoid(beta * j) / 2};
    };
}

/// −log σ(β c − δ) − log σ(−(β j − δ)) (Jung et al. 2024, arXiv:2404.04656).
[[nodiscard]] inline preference bco(real beta, real shift) {
    return [=](real c, real j, real) {
        return preference_term{softplus(shift - beta * c) + softplus(beta * j - shift),
                               -beta * sigmoid(shift - beta * c), beta * sigmoid(beta * j - shift)};
    };
}

/// −β log σ(o), o the log of the ratio of odds, of log-probabilities (Hong et al. 2024, arXiv:2403.07691, eq. 7).
[[nodiscard]] inline preference orpo(real beta) {
    return [=](real c, real j, real) {
        const auto log_odds = [](real x) { return x - std::log(1 - std::exp(x)); };
        const real o = log_odds(c) - log_odds(j), wrong = sigmoid(-o);
        return preference_term{beta * softplus(-o), -beta * wrong / (1 - std::exp(c)),
                               beta * wrong / (1 - std::exp(j))};
    };
}

struct preference_loss_arrays {
    array chosen, rejected, margins = {}, weights = {};
};

struct preference_loss_result {
    real loss = 0;
    array d_chosen, d_rejected;
    real accuracy = 0;                                     ///< c > j; a draw is wrong
    real mean_chosen_reward = 0, mean_rejected_reward = 0; ///< means of β c and β j
};

/// One pair per element.
[[nodiscard]] inline preference_loss_result preference_loss(const batch& b, const preference_loss_arrays& a,
                                                            const preference& objective, real beta) {
    preference_loss_result r{.d_chosen = array(b.size, 0), .d_rejected = array(b.size, 0)};
    const array share = shares(b, aggregation::token_mean);
    const real n = count(b).tokens;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real weight = share[e] * (a.weights.empty() ? 1 : a.weights[e]);
            const preference_term t = objective(a.chosen[e], a.rejected[e], a.margins.empty() ? 0 : a.margins[e]);
            r.loss += weight * t.loss;
            r.d_chosen[e] = weight * t.d_chosen, r.d_rejected[e] = weight * t.d_rejected;
            r.accuracy += a.chosen[e] > a.rejected[e] ? 1 / n : 0;
            r.mean_chosen_reward += beta * a.chosen[e] / n, r.mean_rejected_reward += beta * a.rejected[e] / n;
        }
    return r;
}

} // namespace reference
