// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

/// Log-probabilities of whole sequences, or their log ratios to a reference; sums or averages over what counts.
namespace reference {

struct sequence_log_probs_arrays {
    array log_probs, ref_log_probs = {};
};

/// One number per sequence.
[[nodiscard]] inline array sequence_log_probs(const batch& b, const sequence_log_probs_arrays& a, bool average) {
    array sums;
    for (const auto& row : b.rows) {
        real sum = 0;
        for (const std::size_t e : row)
            if (b.counted(e)) sum += a.log_probs[e] - (a.ref_log_probs.empty() ? 0 : a.ref_log_probs[e]);
        const real n = counted_in(b, row);
        sums.push_back(average && n > 0 ? sum / n : sum);
    }
    return sums;
}

/// ∂loss/∂log_probs from ∂loss/∂sums.
[[nodiscard]] inline array sequence_log_probs_backward(const batch& b, const array& d_sums, bool average) {
    array d(b.size, 0);
    for (std::size_t s = 0; s < b.rows.size(); ++s)
        for (const std::size_t e : b.rows[s])
            if (b.counted(e)) d[e] = average ? d_sums[s] / counted_in(b, b.rows[s]) : d_sums[s];
    return d;
}

} // namespace reference
