// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

/// VESPO (arXiv:2602.10693) and GMPO (arXiv:2507.20673), objectives of one ratio per sequence.
///
///     VESPO    w = Π ρ                                     l = −φ Â log π, φ = w^k e^(λ (1 − w)), a constant
///     GMPO     s = (Π min(ρ, e^ε₊))^(1/n) where Â ≥ 0,     l = −s Â
///                  (Π max(ρ, e^−ε₋))^(1/n) where Â < 0
///
/// Losses are written for any type of number, so that numbers that carry a derivative give the gradient. In the slopes
/// each token learns by its own Â.
namespace reference {

struct vespo_options {
    real k_positive, lambda_positive, k_negative, lambda_negative;
};
struct gmpo_options {
    real low, high;
};

template <class Number>
struct sequence_surrogate {
    Number loss = 0, slope = 0, ratio = 0;
    bool low = false, high = false;
};

/// What the objective makes of the tokens of a row; `limit` cuts the row's log ratio, and old_log_probs may learn, too.
template <class Number>
[[nodiscard]] std::vector<sequence_surrogate<Number>>
sequence_tokens(const vespo_options& o, const batch& b, const std::vector<std::size_t>& row,
                const std::vector<Number>& log_probs, const std::vector<Number>& old_log_probs, const array& advantages,
                real limit) {
    using std::exp;
    Number x = 0;
    for (const std::size_t e : row)
        if (b.counted(e)) x += log_probs[e] - old_log_probs[e];
    if (x > Number(limit)) x = Number(limit);
    if (x < Number(-limit)) x = Number(-limit);
    std::vector<sequence_surrogate<Number>> r;
    for (const std::size_t e : row) {
        const bool bad = advantages[e] < 0;
        const real k = bad ? o.k_negative : o.k_positive, lambda = bad ? o.lambda_negative : o.lambda_positive;
        const Number w = exp(x), phi = exp(Number(k) * x + Number(lambda) * (Number(1) - w));
        r.push_back({-phi * Number(advantages[e]) * log_probs[e], -phi * Number(advantages[e]), w});
    }
    return r;
}

template <class Number>
[[nodiscard]] std::vector<sequence_surrogate<Number>>
sequence_tokens(const gmpo_options& o, const batch& b, const std::vector<std::size_t>& row,
                const std::vector<Number>& log_probs, const std::vector<Number>& old_log_probs, const array& advantages,
                real limit) {
    using std::exp;
    const real n = counted_in(b, row);
    std::vector<sequence_surrogate<Number>> r;
    for (const std::size_t e : row) {
        const bool bad = advantages[e] < 0;
        Number x = 0;
        for (const std::size_t f : row) {
            if (!b.counted(f)) continue;
            Number d = log_probs[f] - old_log_probs[f];
            if (bad && d < Number(-o.low)) d = Number(-o.low);
            if (!bad && d > Number(o.high)) d = Number(o.high);
            x += d / Number(n);
        }
        const bool beyond = x > Number(limit) || x < Number(-limit);
        if (x > Number(limit)) x = Number(limit);
        if (x < Number(-limit)) x = Number(-limit);
        const Number d = log_probs[e] - old_log_probs[e], loss = -exp(x) * Number(advantages[e]);
        const bool low = bad && d<Number(-o.low), high = advantages[e]> 0 && d > Number(o.high);
        r.push_back({loss, low || high || beyond ? Number(0) : loss, exp(x), low, high});
    }
    return r;
}

template <class Number>
struct sequence_objective_result {
    Number loss = 0;
    std::vector<Number> d_log_probs, ratios;
    real clip_fraction_low = 0, clip_fraction_high = 0;
};

template <class Number, class Options>
[[nodiscard]] sequence_objective_result<Number>
sequence_objective(const Options& o, const batch& b, const std::vector<Number>& log_probs,
                   const std::vector<Number>& old_log_probs, const array& advantages, const array& weights,
                   aggregation how, real limit = unlimited) {
    sequence_objective_result<Number> r;
    r.d_log_probs.assign(b.size, Number(0)), r.ratios.assign(b.size, Number(0));
    const array share = shares(b, how);
    const real tokens = count(b).tokens;
    for (const auto& row : b.rows) {
        if (counted_in(b, row) == 0) continue;
        const auto found = sequence_tokens(o, b, row, log_probs, old_log_probs, advantages, limit);
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::size_t e = row[i];
            if (!b.counted(e)) continue;
            const real weight = weights[e] * share[e];
            r.loss += Number(weight) * found[i].loss, r.d_log_probs[e] = Number(weight) * found[i].slope;
            r.ratios[e] = found[i].ratio;
            r.clip_fraction_low += found[i].low / tokens, r.clip_fraction_high += found[i].high / tokens;
        }
    }
    return r;
}

} // namespace reference
