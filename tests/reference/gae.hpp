// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

#include <cstdint>

/// Generalised advantage estimation as its defining sum (Schulman et al. 2016, arXiv:1506.02438, eq. 11 and 16),
///
///     δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)      Âₜ = Σₗ (γλ)ˡ δₜ₊ₗ      Rₜ = Âₜ + V(sₜ)
///
/// and not as the backward recursion, so it takes time quadratic in the length of a row.
namespace reference {

/// What masked steps inside a row mean.
enum class gaps {
    skip,   ///< they do not advance time: the step before continues at the step after
    zero,   ///< time passes, with reward 0 and value 0
    ignore, ///< they are steps like the others, only their outputs are 0
};

struct gae_arrays {
    array rewards, values;
    array next_values = {};                    ///< V(sₜ₊₁); empty: the value of the next step
    array bootstrap_values = {};               ///< one per row: V after its last step; empty: 0
    std::vector<std::uint8_t> terminated = {}; ///< nothing follows t: no bootstrap, no carry
    std::vector<std::uint8_t> truncated = {};  ///< something follows t that is not in the row: bootstrap, no carry
    array discounts = {};                      ///< γₜ in place of γ
};

struct gae_options {
    real gamma = 1, lambda = 0.95L;
    reference::gaps gaps = gaps::skip;
};

struct gae_result {
    array advantages, returns; ///< 0 where masked
};

/// ∂/∂inputs of a scalar whose ∂/∂advantages and ∂/∂returns are given.
struct gae_gradient {
    array rewards, values, next_values, bootstrap_values;
};

namespace detail {

/// The steps of a row that are time, in order. With `zero` a row ends at its last counted step.
[[nodiscard]] inline std::vector<std::size_t> steps_of(const batch& b, const std::vector<std::size_t>& row, gaps how) {
    std::vector<std::size_t> steps;
    std::size_t last = 0;
    for (const std::size_t e : row) {
        if (how != gaps::skip || b.counted(e)) steps.push_back(e);
        if (b.counted(e)) last = steps.size();
    }
    if (how == gaps::zero) steps.resize(last);
    return steps;
}

/// One row's steps with what the sum needs at each: whether its own arrays are read, whether the sum ends there.
struct gae_row {
    std::vector<std::size_t> steps;
    const batch& b;
    const gae_arrays& a;
    const gae_options& o;
    std::size_t sequence;

    [[nodiscard]] bool reads(std::size_t i) const { return o.gaps == gaps::ignore || b.counted(steps[i]); }
    [[nodiscard]] bool ends(std::size_t i) const { return terminal(i) || flag(a.truncated, i); }
    [[nodiscard]] bool terminal(std::size_t i) const { return flag(a.terminated, i); }
    [[nodiscard]] real gamma(std::size_t i) const { return a.discounts.empty() ? o.gamma : a.discounts[steps[i]]; }
    [[nodiscard]] real value(std::size_t i) const { return reads(i) ? a.values[steps[i]] : 0; }
    [[nodiscard]] real reward(std::size_t i) const { return reads(i) ? a.rewards[steps[i]] : 0; }
    /// γ V(sₜ₊₁), and 0 at γ = 0 whatever follows.
    [[nodiscard]] real discounted_next(std::size_t i) const { return gamma(i) == 0 ? 0 : gamma(i) * next_value(i); }
    [[nodiscard]] real next_value(std::size_t i) const {
        if (terminal(i)) return 0;
        if (!a.next_values.empty() && reads(i)) return a.next_values[steps[i]];
        if (i + 1 < steps.size()) return value(i + 1);
        return a.bootstrap_values.empty() ? 0 : a.bootstrap_values[sequence];
    }

private:
    [[nodiscard]] bool flag(const std::vector<std::uint8_t>& f, std::size_t i) const {
        return !f.empty() && reads(i) && f[steps[i]] != 0;
    }
};

} // namespace detail

[[nodiscard]] inline gae_result gae(const batch& b, const gae_arrays& a, const gae_options& o = {}) {
    gae_result r{array(b.size, 0), array(b.size, 0)};
    for (std::size_t s = 0; s < b.rows.size(); ++s) {
        const detail::gae_row row{detail::steps_of(b, b.rows[s], o.gaps), b, a, o, s};
        for (std::size_t t = 0; t < row.steps.size(); ++t) {
            if (!b.counted(row.steps[t])) continue;
            real sum = 0, weight = 1;
            for (std::size_t k = t; k < row.steps.size(); ++k) {
                sum += weight * (row.reward(k) + row.discounted_next(k) - row.value(k));
                if (row.ends(k)) break;
                weight *= row.gamma(k) * o.lambda;
            }
            r.advantages[row.steps[t]] = sum;
            r.returns[row.steps[t]] = sum + a.values[row.steps[t]];
        }
    }
    return r;
}

/// The transposed derivative of `gae`: it is linear, so the gradient depends on shapes, flags and options alone.
[[nodiscard]] inline gae_gradient gae_adjoint(const batch& b, const gae_arrays& a, const gae_options& o,
                                              const array& d_advantages, const array& d_returns = {}) {
    const array zero(b.size, 0);
    gae_gradient d{zero, zero, zero, array(b.rows.size(), 0)};
    for (std::size_t s = 0; s < b.rows.size(); ++s) {
        const detail::gae_row row{detail::steps_of(b, b.rows[s], o.gaps), b, a, o, s};
        for (std::size_t t = 0; t < row.steps.size(); ++t) {
            const std::size_t e = row.steps[t];
            if (!b.counted(e)) continue;
            const real d_return = d_returns.empty() ? 0 : d_returns[e];
            real weight = (d_advantages.empty() ? 0 : d_advantages[e]) + d_return;
            d.values[e] += d_return;
            for (std::size_t k = t; k < row.steps.size(); ++k) {
                const real through_next = row.terminal(k) ? 0 : weight * row.gamma(k);
                if (row.reads(k)) d.rewards[row.steps[k]] += weight, d.values[row.steps[k]] -= weight;
                if (!a.next_values.empty() && row.reads(k))
                    d.next_values[row.steps[k]] += through_next;
                else if (k + 1 == row.steps.size())
                    d.bootstrap_values[s] += through_next;
                else if (row.reads(k + 1))
                    d.values[row.steps[k + 1]] += through_next;
                if (row.ends(k)) break;
                weight *= row.gamma(k) * o.lambda;
            }
        }
    }
    return d;
}

/// Gₜ = Σₗ γˡ rₜ₊ₗ, plus the discounted bootstrap value where the row is not terminated.
[[nodiscard]] inline array discounted_returns(const batch& b, gae_arrays a, gae_options o) {
    // With λ = 1 the sum telescopes: Âₜ = Gₜ − V(sₜ). Values of 0 leave G.
    a.values.assign(b.size, 0);
    a.next_values.clear();
    o.lambda = 1;
    return gae(b, a, o).advantages;
}

} // namespace reference
