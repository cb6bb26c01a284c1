// SPDX-License-Identifier: MIT
#pragma once

#include "token_log_probs.hpp"

#include <algorithm>

/// The softmax of each row over a set S of its entries alone: those that a sampler kept, and the target.
namespace reference {

using id_sets = std::vector<std::vector<std::int64_t>>; ///< one per element, of the element's own step

struct kept_log_probs_result {
    array log_probs, entropy, log_kept; ///< log Σ over S of the whole row's softmax last; all 0 where masked
};

/// The entries of S, the target last if it was not kept, and their softmax.
struct kept_row {
    std::vector<std::int64_t> entries;
    std::size_t target = 0; ///< where it stands in `entries`
    softmax_row softmax{nullptr, 0, 1};

    kept_row(const real* logits, const std::vector<std::int64_t>& kept, std::int64_t id, real temperature)
        : entries(kept) {
        if (std::find(entries.begin(), entries.end(), id) == entries.end()) entries.push_back(id);
        target = static_cast<std::size_t>(std::find(entries.begin(), entries.end(), id) - entries.begin());
        array z;
        for (const auto v : entries) z.push_back(logits[v]);
        softmax = softmax_row(z.data(), z.size(), temperature);
    }
};

[[nodiscard]] inline kept_log_probs_result kept_log_probs(const batch& b, const array& logits, std::size_t vocabulary,
                                                          const std::vector<std::int64_t>& targets, const id_sets& kept,
                                                          real temperature = 1) {
    const array zero(b.size, 0);
    kept_log_probs_result r{zero, zero, zero};
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real* const z = logits.data() + e * vocabulary;
            const kept_row s(z, kept[e], targets[e], temperature);
            r.log_probs[e] = s.softmax.log_p[s.target], r.entropy[e] = s.softmax.entropy;
            r.log_kept[e] = s.softmax.log_sum_exp - softmax_row(z, vocabulary, temperature).log_sum_exp;
        }
    return r;
}

/// ∂/∂logits of Σ d_log_probs · log_probs + d_entropy · entropy.
[[nodiscard]] inline array kept_log_probs_backward(const batch& b, const array& logits, std::size_t vocabulary,
                                                   const std::vector<std::int64_t>& targets, const id_sets& kept,
                                                   const array& d_log_probs, const array& d_entropy,
                                                   real temperature = 1) {
    array d(b.size * vocabulary, 0);
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e) || (d_log_probs[e] == 0 && d_entropy[e] == 0)) continue;
            const kept_row s(logits.data() + e * vocabulary, kept[e], targets[e], temperature);
            for (std::size_t i = 0; i < s.entries.size(); ++i) {
                const real p = s.softmax.p[i], is_target = i == s.target ? 1 : 0;
                const real through_entropy = p == 0 ? 0 : p * (s.softmax.log_p[i] + s.softmax.entropy);
                if (s.softmax.log_sum_exp != -unlimited)
                    d[e * vocabulary + static_cast<std::size_t>(s.entries[i])] =
                        (d_log_probs[e] * (is_target - p) - d_entropy[e] * through_entropy) / temperature;
            }
        }
    return d;
}

} // namespace reference
