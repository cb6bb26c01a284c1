// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/judged_answer.hpp>

namespace rlhf {

/// Noise contrastive alignment of pairs, which keeps the preferred answer from becoming less likely. TRL calls it
/// `nca_pair`.
struct nca {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶]
};

/// Binary classifier optimisation. Each answer is classified as good or bad on its own, so bco is an objective of
/// preference_loss and of unpaired_loss. TRL's `bco_pair` has δ = 0; TRL's BCO trainer updates δ before the loss.
struct bco {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶]
    double shift = 0;  ///< δ in ±10⁶: a running mean of the rewards β r of all answers, from the caller
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under nca.
///
///     loss = −log σ(β c) − ½ log σ(−β c) − ½ log σ(−β j)
///     ∂loss/∂c = β (½ − 3/2 σ(−β c))      ∂loss/∂j = β/2 σ(β j)
///
/// The terms with c are 3/2 of a comparison with label smoothing 1/3.
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

/// One pair, or one answer with log ratio r, under bco.
///
///     loss = −log σ(β c − δ) − log σ(δ − β j)
///     ∂loss/∂c = −β σ(δ − β c)      ∂loss/∂j = β σ(β j − δ)
///
///     loss = −log σ(β r − δ)          ∂loss/∂r = −β σ(δ − β r)      if the answer is desirable
///     loss = −log σ(δ − β r)          ∂loss/∂r = β σ(β r − δ)       if it is not
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
    template <class V>
    [[nodiscard]] RLHF_FORMULA answer_term<V> operator()(const judged_answer<V>& a) const {
        using lane::select;
        const V b(beta), zero(0), delta(shift), reward = b * a.log_ratio;
        const auto good = a.desirable > zero;
        const comparison_term<V> t =
            bradley_terry(select(good, reward, delta), select(good, delta, reward), zero, zero);
        return {t.loss, b * select(good, t.d_chosen, t.d_rejected)};
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
