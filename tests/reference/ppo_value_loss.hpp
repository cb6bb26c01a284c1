// SPDX-License-Identifier: MIT
#pragma once

#include "moments.hpp"

/// ½ (V − R)², or the larger of that and ½ (V_clip − R)² with V_clip = V_old + clip(V − V_old, −ε, ε); with Huber's
/// h(e) = e² / 2 up to δ and δ (|e| − δ / 2) beyond it in place of the square (Huber 1964).
namespace reference {

struct ppo_value_loss_arrays {
    array values, old_values = {}, returns;
};

struct ppo_value_loss_options {
    real clip_range = unlimited;
    real huber = unlimited; ///< δ
    reference::aggregation aggregation = aggregation::token_mean;
};

struct ppo_value_loss_result {
    real loss = 0;
    array d_values;
    real clip_fraction = 0;      ///< where the clipped branch is strictly larger
    real explained_variance = 0; ///< 1 − var(R − V) / var(R), with ddof 0; 0 where R does not vary
    moments returns = {}, residuals = {};
};

struct value_term {
    real loss, slope;
};

[[nodiscard]] inline value_term huber_term(real error, real delta) {
    if (error > delta) return {delta * (error - delta / 2), delta};
    if (error < -delta) return {delta * (-error - delta / 2), -delta};
    return {error * error / 2, error};
}

[[nodiscard]] inline ppo_value_loss_result ppo_value_loss(const batch& b, const ppo_value_loss_arrays& a,
                                                          const ppo_value_loss_options& o = {}) {
    ppo_value_loss_result r{.d_values = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    array residuals(b.size, 0);
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            residuals[e] = a.returns[e] - a.values[e];
            value_term l = huber_term(-residuals[e], o.huber);
            if (o.clip_range < unlimited) {
                const real moved = clamped(a.values[e] - a.old_values[e], -o.clip_range, o.clip_range);
                const value_term cut = huber_term(a.old_values[e] + moved - a.returns[e], o.huber);
                // Where the clipped branch is larger the clip is active, so it does not depend on V.
                if (std::fabs(a.values[e] - a.old_values[e]) > o.clip_range && cut.loss > l.loss)
                    l = {cut.loss, 0}, r.clip_fraction += 1 / count(b).tokens;
            }
            r.loss += share[e] * l.loss;
            r.d_values[e] = share[e] * l.slope;
        }
    r.returns = moments_of(b, a.returns), r.residuals = moments_of(b, residuals);
    if (r.returns.variance(0) > 0) r.explained_variance = 1 - r.residuals.variance(0) / r.returns.variance(0);
    return r;
}

} // namespace reference
