// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/lanes.hpp>

#if !defined(RLHF_NO_SIMD)
namespace rlhf::inline RLHF_ABI::lane {

/// Floats in registers: neither cases that cannot arise nor a division are paid for.
template <class Arch>
struct decay<xsimd::batch<float, Arch>> {
    using L = detail::lanes<float, Arch>;
    using V = xsimd::batch<float, Arch>;

    /// x = n log 2 + r with |r| ≤ log(2) / 2; the series of eʳ has a relative error of 3 · 10⁻⁹.
    [[nodiscard]] static RLHF_FORMULA V exp(const V& x) {
        const V d = L::larger(V(-104.F), x); // 0 there; NaN stays
        const V n = L::round(d * V(1.44269504F));
        const V r = L::fma(n, V(-1.42860677e-6F), L::fma(n, V(-0.693145752F), d)); // log 2 in two parts
        return L::scale2(
            series(r, {0.00138145840312F, 0.00836872393598F, 0.0416683887296F, 0.166665205736F, 0.499999934439F, 1, 1}),
            n);
    }

    /// e + e² series(e), minimax: a relative error of 5 · 10⁻⁹ however small e is.
    [[nodiscard]] static RLHF_FORMULA V log1p(const V& e) {
        const V s = series(e, {-0.00331846730524F, 0.0202045593544F, -0.0576643924857F, 0.106805499168F,
                               -0.15355392831F, 0.196953993163F, -0.249585871983F, 0.333305113043F, -0.499999327636F});
        return L::fma(e * e, s, e);
    }

private:
    /// The highest power comes first.
    template <std::size_t N>
    static RLHF_FORMULA V series(const V& x, const float (&c)[N]) {
        V sum(c[0]);
        for (std::size_t k = 1; k < N; ++k) sum = L::fma(sum, x, V(c[k]));
        return sum;
    }
};

} // namespace rlhf::inline RLHF_ABI::lane
#endif
