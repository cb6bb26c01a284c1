// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <optional>

/// Scores of sequences, lowered where an answer is too long or unfinished.
namespace reference {

struct shape_scores_options {
    std::int64_t max_length = 0, overlong_buffer = 0;
    real overlong_penalty = 1;
    bool capped = true;
    real unfinished_factor = 1, unfinished_penalty = 0;
    std::optional<real> unfinished_score = {};
};

/// `lengths` and `finished` may be empty: the tokens that count, and all finished.
[[nodiscard]] inline array shape_scores(const batch& b, const array& scores, const shape_scores_options& o = {},
                                        const std::vector<std::int64_t>& lengths = {},
                                        const std::vector<std::uint8_t>& finished = {}) {
    array shaped;
    for (std::size_t s = 0; s < b.rows.size(); ++s) {
        real x = scores[s];
        const real n = lengths.empty() ? counted_in(b, b.rows[s]) : real(lengths[s]);
        const real begins = real(o.max_length - o.overlong_buffer);
        if (o.overlong_buffer > 0 && n > begins) {
            real penalty = o.overlong_penalty * (n - begins) / real(o.overlong_buffer);
            if (o.capped && n > real(o.max_length)) penalty = o.overlong_penalty;
            x -= penalty;
        }
        if (!finished.empty() && finished[s] == 0)
            x = o.unfinished_score ? *o.unfinished_score : o.unfinished_factor * x - o.unfinished_penalty;
        shaped.push_back(x);
    }
    return shaped;
}

} // namespace reference
