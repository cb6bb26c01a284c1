// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane/elementary.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>

/// The functions that a formula may use.
///
/// A formula is a template over its lane type V. It is written once for float, double, lane::number, a register, a dual
/// number and a multiprecision number. It says `using lane::exp, lane::select;` and calls these functions unqualified:
/// the overloads below serve float and double, and argument-dependent lookup finds the overloads for any other lane
/// type.
///
/// lane/elementary.hpp computes them for float, double, lane::number and registers, with the same bits on every machine
/// with a fused multiply-add. a · b + c of lane::number and of registers has the same bits, too; for float, a compiler
/// may fuse it.
///
/// To add a lane type of your own, give it + − × ÷, unary −, comparisons, a constructor from double, and in its
/// namespace: exp, expm1, log, log1p, abs, select(comparison, a, b). Comparisons combine by &&, || and !. The other
/// functions have a version for any type.
///
/// There are no min, max and clip, because on NaN they differ between instruction sets and libraries. `larger` and
/// `smaller` define the result for NaN.
namespace RLHF_NAMESPACE::lane {

/// The type of a comparison of two V.
template <class V>
using mask_of = decltype(V(0) < V(0));

/// The kinds of statistics that a formula reports, as its lanes hold them. A loss names its statistics once, in a
/// template over Kind. A sweep adds up the members, and the result of the loss reads them by the same names (DESIGN.md,
/// D27):
///
///     template <class Kind>
///     struct statistics {
///         typename Kind::weighted_sum loss = {};
///         typename Kind::count nonfinite = {};
///         static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.loss...), f(s.nonfinite...); }
///     };
///
/// each() calls f once per member, with that member of every s.
template <class V>
struct statistic {
    using weighted_sum = V;   ///< Σ w x, with the weight w of the sequence
    using sum = V;            ///< Σx
    using square_sum = V;     ///< Σx²
    using count = mask_of<V>; ///< the number of true values
    using maximum = V;        ///< max x, without NaN
    using moments = V;        ///< n, Σx and Σx², in double
    using spread = V;         ///< Σx and Σx², in V unless the squares leave its range
};

template <class Kind>
struct no_statistics {
    static constexpr RLHF_INLINE void each(auto&&, auto&...) {}
};

/// What a formula returns for the tokens in its lanes: one value per output array, and statistics. The sweep drops
/// masked tokens.
template <class V, std::size_t Writes, template <class> class Statistics = no_statistics>
struct terms {
    V writes[Writes > 0 ? Writes : 1] = {}; // NOLINT: plain, for device code
    Statistics<statistic<V>> statistics = {};
};

/// The result of a kernel's first(): a value that the rest of the kernel would have to wait for, such as an exponential
/// that another exponential needs. A sweep calls first() for some hundred tokens, and then the kernel with each result.
template <class V>
struct early {
    V x;
};

using std::abs;
using std::sqrt;

/// a b + c, rounded once if the machine can. For other lane types it is rounded as their operators round.
template <class V>
[[nodiscard]] RLHF_FORMULA V fma(V a, V b, V c) {
    if constexpr (is_machine_number<V>)
        return V(fma(number<V>(a), number<V>(b), number<V>(c)));
    else
        return a * b + c;
}

template <std::floating_point T>
[[nodiscard]] RLHF_WORD T exp(T x) {
    if constexpr (is_machine_number<T>)
        return T(exp(number<T>(x)));
    else
        return std::exp(x);
}
template <std::floating_point T>
[[nodiscard]] RLHF_WORD T expm1(T x) {
    if constexpr (is_machine_number<T>)
        return T(expm1(number<T>(x)));
    else
        return std::expm1(x);
}
[[nodiscard]] RLHF_WORD double exp2(double x) { return double(exp2(number<double>(x))); }
template <std::floating_point T>
[[nodiscard]] RLHF_WORD T log(T x) {
    if constexpr (is_machine_number<T>)
        return T(log(number<T>(x)));
    else
        return std::log(x);
}
template <std::floating_point T>
[[nodiscard]] RLHF_WORD T log1p(T x) {
    if constexpr (is_machine_number<T>)
        return T(log1p(number<T>(x)));
    else
        return std::log1p(x);
}

/// True for infinities and NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA mask_of<V> nonfinite(V x) {
    const V none = x - x; // 0, or NaN
    return none != none;
}

/// a > b ? a : b, and a < b ? a : b. The result is b if one of them is NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA V larger(V a, V b) {
    return select(a > b, a, b);
}
template <class V>
[[nodiscard]] RLHF_FORMULA V smaller(V a, V b) {
    return select(a < b, a, b);
}

/// x within [low, high]; NaN stays NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA V clamp(V x, V low, V high) {
    return larger(low, smaller(high, x));
}

/// eˣ for x ≤ 0, and log(1 + e) for e in [0, 1], from which log(1 + eˣ) and 1 / (1 + e⁻ˣ) are made without overflow.
/// For these domains, machine numbers have faster functions than exp and log1p.
template <class V>
[[nodiscard]] RLHF_FORMULA V exp_nonpositive(V x) {
    return exp(x);
}
template <class V>
[[nodiscard]] RLHF_FORMULA V log1p_unit(V e) {
    if constexpr (is_machine_number<V>)
        return V(log1p_unit(number<V>(e)));
    else
        return log1p(e);
}

/// 1 + x/n (1 + x/(n+1) (… (1 + x/19))). A recursion instead of a loop makes the compiler compute its constants.
template <int N, class V>
[[nodiscard]] RLHF_FORMULA V exp_excess_series(V x) {
    if constexpr (N > 19)
        return V(1);
    else
        return V(1) + x * (V(1) / V(N)) * exp_excess_series<N + 1>(x);
}
/// eˣ − 1 − x and its slope. Near 0 it is x²/2 (1 + x/3 (1 + x/4 (…))), which loses no digits.
template <class V>
[[nodiscard]] RLHF_FORMULA excess<V> exp_excess(V x) {
    if constexpr (is_machine_number<V>) {
        const auto e = exp_excess(number<V>(x));
        return {V(e.value), V(e.slope)};
    } else {
        const V e = expm1(x), distant = select(e > V(largest_float), e, e - x);
        return {select(abs(x) <= V(1), V(0.5) * x * x * exp_excess_series<3>(x), distant), e};
    }
}

} // namespace RLHF_NAMESPACE::lane
