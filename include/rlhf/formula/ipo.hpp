// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// Identity preference optimisation, over log ratios to a reference. The paper sums them over an answer, as do OpenRLHF
/// and TRL's CPO and online trainers; TRL's DPO trainer averages them.
struct ipo {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶], τ of the paper
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under ipo: Δ = c − j is pulled to 1 / (2β), and not beyond.
///
///     d    = c − j − 1 / (2β)
///     loss = d²
///     ∂loss/∂c = 2d = −∂loss/∂j
///
/// Source: Azar et al. 2023, arXiv:2310.12036, eq. 17.
template <class T>
struct squared_preference {
    T beta, target; ///< β and 1 / (2β)

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        const V d = p.chosen - p.rejected - V(target), slope = d + d;
        return {d * d, slope, -slope};
    }
};

template <>
struct objective<ipo> {
    template <class T>
    static squared_preference<T> whole(const ipo& o) {
        return {T(o.beta), T(1 / (2 * o.beta))};
    }
    static void bounds(const ipo& o, auto&& within) { within("beta", o.beta, 1e-6, 1e6); }
};

} // namespace RLHF_NAMESPACE::formula
