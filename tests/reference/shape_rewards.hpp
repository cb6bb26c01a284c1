// SPDX-License-Identifier: MIT
#pragma once

#include "kl.hpp"

#include <cstdint>

/// Rewards of a response: −β KL of every token, and the score at one of its steps (Ouyang et al. 2022,
/// arXiv:2203.02155, eq. 2).
namespace reference {

enum class score_position {
    last_counted,       ///< the last step that counts
    after_last_counted, ///< the step after that one, if the row has one
    last_step,          ///< the row's last step, counted or not
};

struct shape_rewards_arrays {
    array log_probs, ref_log_probs;
    array scores;                            ///< one per row
    std::vector<std::uint8_t> finished = {}; ///< one per row, 0: no end of text; empty: all finished
};

struct shape_rewards_options {
    real kl_coef = 0.02L;
    kl_estimator estimator = kl_estimator::k1;
    real kl_limit = unlimited; ///< cuts each token's estimate to ±limit
    score_position position = score_position::last_counted;
    real score_limit = unlimited;              ///< cuts each score to ±limit, before what follows
    real unfinished_penalty = 0;               ///< subtracted from the score of an unfinished row
    std::optional<real> unfinished_score = {}; ///< or put in its place
};

struct shape_rewards_result {
    array rewards;
    real kl_sum = 0, score_sum = 0; ///< scores as they were placed
    real dropped_scores = 0;        ///< of rows where nothing counts
};

[[nodiscard]] inline shape_rewards_result shape_rewards(const batch& b, const shape_rewards_arrays& a,
                                                        const shape_rewards_options& o = {}) {
    shape_rewards_result r{.rewards = array(b.size, 0)};
    for (std::size_t s = 0; s < b.rows.size(); ++s) {
        const auto& row = b.rows[s];
        std::size_t after_last = 0;
        for (std::size_t t = 0; t < row.size(); ++t) {
            const std::size_t e = row[t];
            if (!b.counted(e)) continue;
            const real estimate = kl(o.estimator, a.log_probs[e] - a.ref_log_probs[e], o.kl_limit).value;
            r.rewards[e] = o.kl_coef == 0 ? 0 : -o.kl_coef * estimate;
            r.kl_sum += estimate;
            after_last = t + 1;
        }
        if (after_last == 0) {
            ++r.dropped_scores;
            continue;
        }
        real score = clamped(a.scores[s], -o.score_limit, o.score_limit);
        if (!a.finished.empty() && a.finished[s] == 0)
            score = o.unfinished_score.value_or(score - o.unfinished_penalty);
        const std::size_t last = row.size() - 1;
        const std::size_t at = o.position == score_position::last_counted ? after_last - 1
                               : o.position == score_position::last_step  ? last
                               : after_last <= last                       ? after_last
                                                                          : last;
        r.rewards[row[at]] += score;
        r.score_sum += score;
    }
    return r;
}

} // namespace reference
