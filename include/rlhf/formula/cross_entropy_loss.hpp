// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

/// A token's loss, and its derivatives with respect to its inputs.
template <class V>
struct cross_entropy_term {
    V nll, loss; ///< nll is without smoothing and z-loss
    V by_log_prob, by_mean_log_prob, by_log_sum_exp;
};

/// One token's negative log-likelihood with label smoothing and z-loss.
///
///     loss = −(1 − ε) log p_target − ε Σ log pᵥ / V + ζ lse²
///     ∂loss/∂log p_target = ε − 1      ∂loss/∂(Σ log pᵥ / V) = −ε      ∂loss/∂lse = 2 ζ lse
///
/// lse = log Σ exp(logits), ε is smoothing, ζ is z_loss. A term whose factor is 0 is left out, so that 0 · ∞ cannot
/// arise. Without smoothing, mean_log_prob = Σ log pᵥ / V may be anything.
///
/// Source: smoothing: Szegedy et al. 2016, arXiv:1512.00567, section 7; z-loss: Chowdhery et al. 2022,
/// arXiv:2204.02311, section 5.
template <class V>
[[nodiscard]] RLHF_FORMULA cross_entropy_term<V> cross_entropy(V log_prob, V mean_log_prob, V log_sum_exp, V smoothing,
                                                               V z_loss) {
    using lane::select;
    const V zero(0), one(1), nll = -log_prob;
    const V smoothed = (one - smoothing) * nll - smoothing * mean_log_prob;
    const V fitted = select(smoothing == zero, nll, smoothed);
    const V loss = select(z_loss == zero, fitted, fitted + z_loss * log_sum_exp * log_sum_exp);
    return {nll, loss, smoothing - one, -smoothing, select(z_loss == zero, zero, V(2) * z_loss * log_sum_exp)};
}

} // namespace RLHF_NAMESPACE::formula
