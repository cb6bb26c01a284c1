// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

#include <limits>

namespace RLHF_NAMESPACE::detail {

/// The sums besides Σ eˣ that a sweep over a row computes.
struct softmax_wanted {
    bool entropy = false; ///< Σ x eˣ
    bool squares = false; ///< Σ e²ˣ
    bool logits = false;  ///< Σ z
};

/// The softmax of one row of logits z, with x = (z − shift) / temperature. shift is the largest logit.
struct softmax_stats {
    double shift = 0, temperature = 1;
    double least = -std::numeric_limits<double>::infinity(); ///< the smallest entry, rounded; −∞ if it is not known
    double ties = 0, others = 0;                             ///< the number of largest entries; Σ eˣ of the others
    double sum = 0, log_sum = 0;                             ///< Σ eˣ, at least 1; 0 for a row of nothing but −inf
    double entropy = 0, squares = 0, logits = 0;

    /// Sets sum and log_sum. The largest entries are counted separately, so that log p of a likely token, −log(1 +
    /// others), loses no digits (DESIGN.md, D15).
    void add_up() {
        sum = ties + others;
        log_sum = ties == 1  ? lane::log1p(others) // the next line's formula, in which the logarithm is 0
                  : ties > 0 ? lane::log(ties) + lane::log1p(others / ties)
                             : lane::log(others);
    }

    [[nodiscard]] bool impossible() const { return sum == 0; } ///< every logit is −inf
    [[nodiscard]] double log_sum_exp() const { return shift / temperature + log_sum; }
    /// log p of an entry with this logit.
    [[nodiscard]] double log_prob(double z) const {
        return impossible() ? log_sum : (z - shift) / temperature - log_sum;
    }
};

/// The derivatives of a loss by the quantities of a row of logits, each times scale. The loss is
///
///     log_prob · log p_target + entropy · H + log_sum_exp · lse + mean_log_prob · Σ log p / V
struct logit_slopes {
    double log_prob = 0, entropy = 0, log_sum_exp = 0, mean_log_prob = 0, scale = 1;
};

} // namespace RLHF_NAMESPACE::detail
