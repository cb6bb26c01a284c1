// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/preference.hpp>

namespace rlhf {

/// Self-play preference optimisation with hard labels: the preferred answer always wins. TRL calls it `sppo_hard`.
struct sppo {
    double beta = 0.1; ///< β in [10⁻⁶, 10⁶], 1 / η of the paper
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One pair under sppo: c is pulled to 1 / (2β), and j to −1 / (2β).
///
///     loss = (c − 1 / (2β))² + (j + 1 / (2β))²
///     ∂loss/∂c = 2 (c − 1 / (2β))      ∂loss/∂j = 2 (j + 1 / (2β))
///
/// Source: Wu et al. 2024, arXiv:2405.00675, eq. 4.7, with P = 1 and 0.
template <class T>
struct two_squares_preference {
    T beta, target; ///< β and 1 / (2β)

    template <class V>
    [[nodiscard]] RLHF_FORMULA comparison_term<V> operator()(const preferred_pair<V>& p) const {
        const V c = p.chosen - V(target), j = p.rejected + V(target);
        return {c * c + j * j, c + c, j + j};
    }
};

template <>
struct objective<sppo> {
    template <class T>
    static two_squares_preference<T> whole(const sppo& o) {
        return {T(o.beta), T(1 / (2 * o.beta))};
    }
    static void bounds(const sppo& o, auto&& within) { within("beta", o.beta, 1e-6, 1e6); }
};

} // namespace RLHF_NAMESPACE::formula
