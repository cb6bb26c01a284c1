// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// The hinge loss of SLiC, which TRL calls `hinge`. SLiC's paper has no reference, and its margin δ is 1 / β.
struct slic_hinge {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶]
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under slic_hinge.
///
///     m    = β (c − j) − margin
///     loss = max(0, 1 − m)
///     ∂loss/∂c = −β where m < 1, else 0; ∂loss/∂j = −∂loss/∂c
///
/// If an argument is NaN, so is the loss. At m = −∞ the loss is ∞ and the slopes are ∓β.
///
/// Source: Zhao et al. 2023, arXiv:2305.10425; β and the reference: Liu et al. 2023, arXiv:2309.06657.
template <class T>
struct hinge_preference {
    T beta;

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        using lane::select;
        const V zero(0), gap = V(1) - (V(beta) * (p.chosen - p.rejected) - p.margin);
        const V slope = select(gap > zero, V(-beta), select(gap <= zero, zero, gap));
        return {select(gap <= zero, zero, gap), slope, -slope};
    }
};

template <>
struct objective<slic_hinge> {
    static constexpr bool has_margin = true;
    template <class T>
    static hinge_preference<T> whole(const slic_hinge& o) {
        return {T(o.beta)};
    }
    static void bounds(const slic_hinge& o, auto&& within) { within("beta", o.beta, 1e-6, 1e6); }
};

} // namespace RLHF_NAMESPACE::formula
