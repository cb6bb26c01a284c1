// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/surrogate.hpp>

namespace rlhf {

/// Options of SAPO: a soft gate instead of a clip. The larger τ, the narrower the gate.
struct sapo {
    double tau_positive = 1;    ///< τ at Â > 0, in [10⁻⁶, 64]
    double tau_negative = 1.05; ///< τ at Â ≤ 0, in [10⁻⁶, 64]
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One token of SAPO.
///
///     ρ    = e^x,  x = logp − old_logp      y = τ (ρ − 1), with τ₊ at Â > 0, else τ₋
///     loss = −(4 / τ) σ(y) Â                 σ(y) = 1 / (1 + e⁻ʸ)
///     ∂loss/∂logp = −4 σ(y) σ(−y) ρ Â       −Â at ρ = 1, 0 at ρ = ∞
///
/// Nothing is clipped. NaN in any argument gives a NaN loss.
///
/// Source: Gao et al. 2025, arXiv:2511.20347, eq. 5 and 6.
template <class T>
struct sapo {
    T tau_positive, tau_negative;
    T share_positive, share_negative; ///< −4 / τ

    RLHF_FORMULA static constexpr bool learns_by_ratio() { return true; }

    template <class V>
    [[nodiscard]] RLHF_FORMULA V first(const sampled_token<V>& t) const {
        using lane::exp;
        return exp(t.log_ratio);
    }
    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t) const {
        return (*this)(t, first(t));
    }
    template <class V>
    [[nodiscard]] RLHF_FORMULA surrogate<V> operator()(const sampled_token<V>& t, V ratio) const {
        using lane::exp, lane::select, lane::smaller;
        const V one(1);
        const auto positive = t.advantage > V(0);
        const V e = exp(select(positive, V(tau_positive), V(tau_negative)) * (one - ratio)); // finite: at most e^τ
        const V gate = one / (one + e), share = select(positive, V(share_positive), V(share_negative));
        const V moved = e * gate * gate * smaller(V(lane::largest_float), ratio); // 0 at ρ = ∞
        return {share * gate * t.advantage, V(-4) * moved * t.advantage, ratio};
    }
};

template <>
struct objective<rlhf::sapo> {
    template <class T>
    static sapo<T> whole(const rlhf::sapo& o) {
        return {T(o.tau_positive), T(o.tau_negative), T(-4 / o.tau_positive), T(-4 / o.tau_negative)};
    }
    static void bounds(const rlhf::sapo& o, auto&& within) {
        within("tau_positive", o.tau_positive, 1e-6, 64.0), within("tau_negative", o.tau_negative, 1e-6, 64.0);
    }
};

} // namespace RLHF_NAMESPACE::formula
