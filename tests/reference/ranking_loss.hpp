// SPDX-License-Identifier: MIT
#pragma once

#include "bradley_terry_loss.hpp"

#include <cstdint>

/// All pairs of a prompt's K ranked responses, as one element of the batch (Ouyang et al. 2022, arXiv:2203.02155,
/// eq. 1):
///
///     loss = mean over prompts of  1 / C(K, 2) Σ_{i better than j} −log σ(rᵢ − rⱼ)
namespace reference {

enum class tie_divisor {
    kept_pairs, ///< divide by the pairs that are compared
    all_pairs,  ///< divide by C(K, 2), tied pairs included
};

/// A batch of prompts: rows are prompts, elements their responses.
struct ranking_loss_arrays {
    array rewards;
    std::vector<std::int64_t> ranks = {}; ///< 1 = best, equal = tie; empty: listed best first
};

struct ranking_loss_options {
    real margin = 0, label_smoothing = 0, center_coef = 0;
    tie_divisor ties = tie_divisor::kept_pairs;
};

struct ranking_loss_result {
    real loss = 0;
    array d_rewards;
    real accuracy = 0, mean_margin = 0; ///< over pairs, of rᵢ − rⱼ
    counts pairs = {};                  ///< compared pairs, and prompts that have one
};

namespace detail {
/// Whether response i is ranked above response j, by their places in the row.
[[nodiscard]] inline bool better(const batch& b, const std::vector<std::size_t>& row,
                                 const std::vector<std::int64_t>& ranks, std::size_t i, std::size_t j) {
    if (!b.counted(row[i]) || !b.counted(row[j])) return false;
    return ranks.empty() ? i < j : ranks[row[i]] < ranks[row[j]];
}
} // namespace detail

/// Compared pairs (tokens) and prompts with at least one (sequences).
[[nodiscard]] inline counts count_pairs(const batch& b, const std::vector<std::int64_t>& ranks = {}) {
    counts c;
    for (const auto& row : b.rows) {
        real kept = 0;
        for (std::size_t i = 0; i < row.size(); ++i)
            for (std::size_t j = 0; j < row.size(); ++j) kept += detail::better(b, row, ranks, i, j) ? 1 : 0;
        c.tokens += kept, c.sequences += kept > 0 ? 1 : 0;
    }
    return c;
}

[[nodiscard]] inline ranking_loss_result ranking_loss(const batch& b, const ranking_loss_arrays& a,
                                                      const ranking_loss_options& o = {}) {
    ranking_loss_result r{.d_rewards = array(b.size, 0), .pairs = count_pairs(b, a.ranks)};
    const real prompts = b.denominator.value_or(r.pairs).sequences;
    for (const auto& row : b.rows) {
        const real K = counted_in(b, row);
        real kept = 0;
        for (std::size_t i = 0; i < row.size(); ++i)
            for (std::size_t j = 0; j < row.size(); ++j) kept += detail::better(b, row, a.ranks, i, j) ? 1 : 0;
        const real share = 1 / (prompts * (o.ties == tie_divisor::kept_pairs ? kept : K * (K - 1) / 2));
        for (std::size_t i = 0; i < row.size(); ++i)
            for (std::size_t j = 0; j < row.size(); ++j) {
                if (!detail::better(b, row, a.ranks, i, j)) continue;
                const real above = a.rewards[row[i]], below = a.rewards[row[j]];
                const pair_term l = compare(above, below, o.margin, o.label_smoothing, o.center_coef);
                r.loss += share * l.loss;
                r.d_rewards[row[i]] += share * l.d_better;
                r.d_rewards[row[j]] += share * l.d_worse;
                r.accuracy += above > below ? 1 / r.pairs.tokens : 0;
                r.mean_margin += (above - below) / r.pairs.tokens;
            }
    }
    return r;
}

} // namespace reference
