// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// Direct preference optimisation, over sums of log π − log π_ref. Without a reference it is the preference term of
/// CPO.
struct dpo {
    double beta = 0.1;          ///< β in [10⁻⁶, 10⁶]
    double label_smoothing = 0; ///< ε in [0, ½]: the share of labels that are assumed wrong (cDPO)
};

/// DPO with a loss that stays unbiased if the share ε of the labels is wrong. It is not bounded below.
struct robust_dpo {
    double beta = 0.1;            ///< β in [10⁻⁶, 10⁶]
    double label_smoothing = 0.1; ///< ε in [0, ½)
};

/// SimPO, over averages of log π, without a reference.
struct simpo {
    double beta = 2;  ///< β in [10⁻⁶, 10⁶]
    double gamma = 1; ///< γ in [0, 10⁶]: the margin that every pair should have
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under dpo, robust_dpo and simpo: the comparison of Bradley and Terry with the rewards β c and β j.
///
///     m    = β (c − j) − γ − margin
///     loss = softplus(−m) + ε m
///     ∂loss/∂c = β (ε − σ(−m)) = −∂loss/∂j
///
///     dpo          (1 − ε) · −log σ(m) + ε · −log σ(−m)                  ε is label_smoothing, γ = 0
///     robust_dpo   ((1 − ε) · −log σ(m) − ε · −log σ(−m)) / (1 − 2ε)     −ε / (1 − 2ε) takes the place of ε, γ = 0
///     simpo        −log σ(m)                                             ε = 0
///
/// If c and j are infinite with the same sign, loss and slopes are NaN. If one is infinite, they have their limits.
///
/// Source: Rafailov et al. 2023, arXiv:2305.18290, eq. 7; ε: Mitchell 2023, cDPO; robust: Ray Chowdhury et al. 2024,
/// arXiv:2403.00409; SimPO: Meng et al. 2024, arXiv:2405.14734, section 2.3; CPO: Xu et al. 2024, arXiv:2401.08417,
/// eq. 3; a margin per pair: Amini et al. 2024, arXiv:2402.10571.
template <class T>
struct logistic_preference {
    T beta, smoothing, gamma; ///< β, ε and γ

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        const V m = V(beta) * (p.chosen - p.rejected);
        const comparison_term<V> t = bradley_terry(m, V(0), p.margin + V(gamma), V(smoothing));
        const V slope = V(beta) * t.d_chosen;
        return {t.loss, slope, -slope};
    }
};

template <>
struct objective<dpo> {
    static constexpr bool has_margin = true;
    template <class T>
    static logistic_preference<T> whole(const dpo& o) {
        return {T(o.beta), T(o.label_smoothing), T(0)};
    }
    static void bounds(const dpo& o, auto&& within) {
        within("beta", o.beta, 1e-6, 1e6), within("label_smoothing", o.label_smoothing, 0.0, 0.5);
    }
};

template <>
struct objective<robust_dpo> {
    static constexpr bool has_margin = true;
    template <class T>
    static logistic_preference<T> whole(const robust_dpo& o) {
        return {T(o.beta), T(-o.label_smoothing / (1 - 2 * o.label_smoothing)), T(0)};
    }
    static void bounds(const robust_dpo& o, auto&& within) {
        within("beta", o.beta, 1e-6, 1e6), within("label_smoothing", o.label_smoothing, 0.0, 0.5 - 0x1p-20);
    }
};

template <>
struct objective<simpo> {
    static constexpr bool has_margin = true;
    template <class T>
    static logistic_preference<T> whole(const simpo& o) {
        return {T(o.beta), T(0), T(o.gamma)};
    }
    static void bounds(const simpo& o, auto&& within) {
        within("beta", o.beta, 1e-6, 1e6), within("gamma", o.gamma, 0.0, 1e6);
    }
};

} // namespace RLHF_NAMESPACE::formula
