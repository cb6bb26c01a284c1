// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/arithmetic.hpp>
#include <rlhf/engine/lanes/exp_series.hpp>

namespace RLHF_NAMESPACE::lane {

/// lane::decay for floats in registers, without a division and without special cases that cannot arise on these domains
/// (DESIGN.md, D22).
template <class Arch>
struct decay<detail::simd<float, Arch>> {
    using L = detail::lanes<float, Arch>;
    using V = typename L::type;

    /// x = n log 2 + r with |r| ≤ log(2) / 2.
    [[nodiscard]] static RLHF_FORMULA V exp(const V& x) {
        const V d = L::larger(V(-104.F), x); // eˣ is 0 there; NaN stays
        const V n = L::round(d * V(1.44269504F));
        const V r = L::fma(n, V(-1.42860677e-6F), L::fma(n, V(-0.693145752F), d)); // log 2 in two parts
        const V rest = L::fma(series(r, detail::exp_series), r, V(1.F));
        return L::scale2(L::fma(rest, r, V(1.F)), n);
    }

    /// e + e² series(e), minimax: a relative error of 5 · 10⁻⁹ however small e is.
    [[nodiscard]] static RLHF_FORMULA V log1p(const V& e) {
        constexpr std::array<double, 9> c = {-0.00331846730524, 0.0202045593544, -0.0576643924857,
                                             0.106805499168,    -0.15355392831,  0.196953993163,
                                             -0.249585871983,   0.333305113043,  -0.499999327636};
        return L::fma(e * e, series(e, c), e);
    }

private:
    /// Evaluates a series whose coefficients begin with that of the highest power.
    template <std::size_t N>
    static RLHF_FORMULA V series(const V& x, const std::array<double, N>& c) {
        V sum = float(c[0]);
        for (std::size_t k = 1; k < N; ++k) sum = L::fma(sum, x, V(float(c[k])));
        return sum;
    }
};

} // namespace RLHF_NAMESPACE::lane
