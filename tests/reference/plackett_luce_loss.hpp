// SPDX-License-Identifier: MIT
#pragma once

#include "ranking_loss.hpp"

#include <algorithm>

/// The negative log-likelihood of a whole ranking, where each place is drawn by softmax from the responses not placed
/// yet (Luce 1959; Plackett 1975):
///
///     loss = mean over prompts of  Σₖ (log Σ_{j ≥ k} exp rⱼ − rₖ),  best first
namespace reference {

struct plackett_luce_loss_result {
    real loss = 0;
    array d_rewards;
    real prompts = 0;      ///< with at least two responses
    real top_accuracy = 0; ///< of these, where the best-ranked response has the strictly largest reward
};

/// Arrays as for `ranking_loss`; equal ranks are taken in the order listed.
[[nodiscard]] inline plackett_luce_loss_result plackett_luce_loss(const batch& b, const ranking_loss_arrays& a) {
    plackett_luce_loss_result r{.d_rewards = array(b.size, 0)};
    for (const auto& row : b.rows) r.prompts += counted_in(b, row) >= 2 ? 1 : 0;
    const real prompts = b.denominator ? b.denominator->sequences : r.prompts;
    for (const auto& row : b.rows) {
        std::vector<std::size_t> order;
        for (const std::size_t e : row)
            if (b.counted(e)) order.push_back(e);
        if (order.size() < 2) continue;
        if (!a.ranks.empty())
            std::stable_sort(order.begin(), order.end(),
                             [&](std::size_t i, std::size_t j) { return a.ranks[i] < a.ranks[j]; });
        bool top = true;
        for (std::size_t k = 0; k < order.size(); ++k) {
            real largest = -unlimited, sum = 0;
            for (std::size_t j = k; j < order.size(); ++j) largest = std::fmax(largest, a.rewards[order[j]]);
            for (std::size_t j = k; j < order.size(); ++j) sum += std::exp(a.rewards[order[j]] - largest);
            r.loss += (largest + std::log(sum) - a.rewards[order[k]]) / prompts;
            r.d_rewards[order[k]] -= 1 / prompts;
            for (std::size_t j = k; j < order.size(); ++j)
                r.d_rewards[order[j]] += std::exp(a.rewards[order[j]] - largest) / sum / prompts;
            top = top && (k == 0 || a.rewards[order[k]] < a.rewards[order[0]]);
        }
        r.top_accuracy += top ? 1 / r.prompts : 0;
    }
    return r;
}

} // namespace reference
