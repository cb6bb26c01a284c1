// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// Noise contrastive alignment of pairs, so that the preferred answer does not become less likely. TRL: `nca_pair`.
struct nca {
    double beta = 0.1;
};

/// Binary classifier optimisation: each answer is called good or bad on its own. TRL's `bco_pair` has δ = 0.
struct bco {
    double beta = 0.1;
    double shift = 0; ///< δ: a running mean of the rewards β c and β j, from the caller
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under nca.
///
///     loss = −log σ(β c) − ½ log σ(−β c) − ½ log σ(−β j)
///     ∂loss/∂c = β (½ − 3/2 σ(−β c))      ∂loss/∂j = β/2 σ(β j)
///
/// The terms of c are 3/2 of a comparison with label smoothing 1/3.
///
/// Source: Chen et al. 2024, arXiv:2402.05369.
template <class T>
struct contrastive_preference {
    T beta;

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        const V b(beta), zero(0), half(T(0.5)), more(T(1.5));
        const comparison_term<V> c = bradley_terry(b * p.chosen, zero, zero, V(T(1) / T(3))),
                                 j = bradley_terry(zero, b * p.rejected, zero, zero);
        return {more * c.loss + half * j.loss, b * (more * c.d_chosen), b * (half * j.d_rejected)};
    }
};

/// One pair under bco.
///
///     loss = −log σ(β c − δ) − log σ(δ − β j)
///     ∂loss/∂c = −β σ(δ − β c)      ∂loss/∂j = β σ(β j − δ)
///
/// Source: Jung et al. 2024, arXiv:2404.04656.
template <class T>
struct classifier_preference {
    T beta, shift; ///< β and δ

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        const V b(beta), zero(0), delta(shift);
        const comparison_term<V> c = bradley_terry(b * p.chosen, delta, zero, zero),
                                 j = bradley_terry(delta, b * p.rejected, zero, zero);
        return {c.loss + j.loss, b * c.d_chosen, b * j.d_rejected};
    }
};

template <>
struct objective<nca> {
    template <class T>
    static contrastive_preference<T> whole(const nca& o) {
        return {T(o.beta)};
    }
    static void bounds(const nca& o, auto&& within) { within("beta", o.beta, 1e-6, 1e6); }
};

template <>
struct objective<bco> {
    template <class T>
    static classifier_preference<T> whole(const bco& o) {
        return {T(o.beta), T(o.shift)};
    }
    static void bounds(const bco& o, auto&& within) {
        within("beta", o.beta, 1e-6, 1e6), within("shift", o.shift, -1e6, 1e6);
    }
};

} // namespace RLHF_NAMESPACE::formula
