// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <array>
#include <cstddef>

namespace RLHF_NAMESPACE::detail {

/// Calls f(0), f(1), … f(N − 1), unrolled; N ≤ 16. The loop is unrolled after f has been inlined and simplified, which
/// compiles in half the time of N calls (DESIGN.md, D26).
template <std::size_t N, class F>
RLHF_FORMULA void unrolled(F&& f) {
    static_assert(N <= 16);
#pragma GCC unroll 16
    for (std::size_t k = 0; k < N; ++k) f(k);
}

/// Calls f(0), f(1), … f(N − 1), unrolled up to N = 2. For larger N a processor lacks registers, and unrolling would
/// only cost compile time (DESIGN.md, D26).
template <std::size_t N, class F>
RLHF_FORMULA void by_turns(F&& f) {
    if constexpr (N <= 2)
        unrolled<N>(f);
    else
        for (std::size_t i = 0; i < N; ++i) f(i);
}

/// Joins all numbers of an array by f: number k with number k + half, where half goes from N / 2 down to 1.
template <class X, std::size_t N, class F>
RLHF_FORMULA X by_halves(std::array<X, N> x, F&& f) {
    for (std::size_t half = N / 2; half > 0; half /= 2)
        for (std::size_t k = 0; k < half; ++k) x[k] = f(x[k], x[k + half]);
    return x[0];
}

} // namespace RLHF_NAMESPACE::detail
