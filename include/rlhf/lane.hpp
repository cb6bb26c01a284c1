// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cmath>
#include <cstddef>
#include <limits>

/// The words a formula may use.
///
/// A formula is a template over its lane type V. It is written once for float, double, an xsimd batch, a dual number
/// and a multiprecision number. It says `using lane::exp, lane::select;` and calls them unqualified: the overloads
/// below serve the scalars, and argument-dependent lookup finds those for any other lane type.
///
/// To bring a lane type of your own, give it + − × ÷, unary −, comparisons, a constructor from double, and in its
/// namespace: exp, expm1, log, log1p, abs, select(comparison, a, b). Comparisons combine by &&, || and !.
///
/// min, max and clip are not among the words: on NaN they differ between instruction sets and libraries.
namespace RLHF_NAMESPACE::lane {

/// The type of a comparison of two V.
template <class V>
using mask_of = decltype(V(0) < V(0));

/// The kinds of statistics that a formula reports, as its lanes hold them. A loss names its statistics once, in a
/// template over Kind. A sweep adds up its members, and the result of the loss reads them by the same names (DESIGN.md,
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
    using weighted_sum = V;   ///< Σx, where x counts by the weight of its sequence
    using sum = V;            ///< Σx
    using square_sum = V;     ///< Σx²
    using count = mask_of<V>; ///< how often true
    using maximum = V;        ///< NaN is skipped
    using moments = V;        ///< n, Σx and Σx², in double
    using spread = V;         ///< Σx and Σx²; in V, unless the squares leave its range
};

template <class Kind>
struct no_statistics {
    static constexpr RLHF_INLINE void each(auto&&, auto&...) {}
};

/// What a formula says about the tokens in its lanes: one value per output array, and statistics. The sweep drops
/// masked tokens.
template <class V, std::size_t Writes, template <class> class Statistics = no_statistics>
struct terms {
    V writes[Writes > 0 ? Writes : 1] = {}; // NOLINT: plain, for device code
    Statistics<statistic<V>> statistics = {};
};

using std::abs;
using std::exp;
using std::expm1;
using std::log;
using std::log1p;
using std::sqrt;

/// Chooses lane by lane. Both values are computed.
template <class V>
[[nodiscard]] RLHF_FORMULA V select(bool condition, V yes, V no) {
    return condition ? yes : no;
}

/// Constants that device code may use, too.
inline constexpr float largest_float = (std::numeric_limits<float>::max)();
inline constexpr float infinity = std::numeric_limits<float>::infinity();

/// Neither infinite nor NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA mask_of<V> finite(V x) {
    return abs(x) < V(infinity);
}

/// x within [low, high]; NaN stays NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA V clamp(V x, V low, V high) {
    return select(x < low, low, select(x > high, high, x));
}

/// eˣ for x ≤ 0 and log(1 + e) for e in [0, 1], from which log(1 + eˣ) and 1 / (1 + e⁻ˣ) are made without overflow. A
/// lane type that has something faster for these domains than its exp and log1p specialises this.
template <class V>
struct decay {
    [[nodiscard]] static RLHF_FORMULA V exp(V x) {
        using lane::exp;
        return exp(x);
    }
    [[nodiscard]] static RLHF_FORMULA V log1p(V e) {
        using lane::log1p;
        return log1p(e);
    }
};

} // namespace RLHF_NAMESPACE::lane
