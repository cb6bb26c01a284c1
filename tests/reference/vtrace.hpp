// SPDX-License-Identifier: MIT
#pragma once

#include "gae.hpp"

/// V-trace as its defining sum (Espeholt et al. 2018, arXiv:1802.01561, eq. 1),
///
///     vₜ = V(sₜ) + Σₗ γˡ (Π λ min(c̄, w)) min(ρ̄, w) δₜ₊ₗ     the product is over the steps t … t + l − 1
///     advantageₜ = min(ρ̄_pg, w) (rₜ + γ ((1 − λ) V(sₜ₊₁) + λ vₜ₊₁) − V(sₜ))
///
/// and not as a recursion, so it takes time quadratic in the length of a row.
namespace reference {

struct vtrace_arrays {
    gae_arrays steps; ///< rewards, values and what ends episodes
    array log_probs, behavior_log_probs;
};

struct vtrace_options {
    real gamma = 1, lambda = 1, rho_bar = 1, c_bar = 1, policy_rho_bar = 1;
    reference::gaps gaps = gaps::skip;
};

struct vtrace_result {
    array targets, advantages; ///< 0 where masked
};

[[nodiscard]] inline vtrace_result vtrace(const batch& b, const vtrace_arrays& a, const vtrace_options& o = {}) {
    vtrace_result r{array(b.size, 0), array(b.size, 0)};
    const gae_options of_steps{.gamma = o.gamma, .gaps = o.gaps};
    for (std::size_t s = 0; s < b.rows.size(); ++s) {
        const detail::gae_row row{detail::steps_of(b, b.rows[s], o.gaps), b, a.steps, of_steps, s};
        const auto ratio = [&](std::size_t i, real bound) {
            const std::size_t e = row.steps[i];
            return std::min(bound, row.reads(i) ? std::exp(a.log_probs[e] - a.behavior_log_probs[e]) : 1);
        };
        const auto target = [&](std::size_t t) {
            real sum = row.value(t), weight = 1;
            for (std::size_t k = t; k < row.steps.size(); ++k) {
                const real delta = row.reward(k) + row.discounted_next(k) - row.value(k);
                sum += weight * ratio(k, o.rho_bar) * delta;
                if (row.ends(k)) break;
                weight *= o.gamma * o.lambda * ratio(k, o.c_bar);
            }
            return sum;
        };
        for (std::size_t t = 0; t < row.steps.size(); ++t) {
            const std::size_t e = row.steps[t];
            if (!b.counted(e)) continue;
            r.targets[e] = target(t);
            const bool last = row.ends(t) || t + 1 == row.steps.size();
            const real ahead = last ? 0 : o.lambda * (target(t + 1) - row.value(t + 1));
            const real q = row.reward(t) + row.discounted_next(t) + o.gamma * ahead;
            r.advantages[e] = ratio(t, o.policy_rho_bar) * (q - row.value(t));
        }
    }
    return r;
}

} // namespace reference
