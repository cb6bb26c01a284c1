// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cmath>
#include <limits>

/// The words a formula may use.
///
/// A formula is a template over its lane type V and is written once for float, double, an xsimd batch, a dual number,
/// a multiprecision number. It says `using lane::exp, lane::select;` and calls them unqualified: the overloads below
/// serve the scalars, argument-dependent lookup finds those of any other lane type.
///
/// To bring a lane type of your own, give it + − × ÷, unary −, comparisons, a constructor from double, and in its
/// namespace: exp, expm1, log, log1p, abs, select(comparison, a, b). Comparisons combine by &&, || and !.
///
/// min, max and clip are not among the words: on NaN they differ between instruction sets and libraries.
namespace RLHF_NAMESPACE::lane {

using std::abs;
using std::exp;
using std::expm1;
using std::log;
using std::log1p;
using std::sqrt;

/// Both sides are values; the choice is made lane by lane.
template <class V>
[[nodiscard]] RLHF_FORMULA V select(bool condition, V yes, V no) {
    return condition ? yes : no;
}

/// x within [low, high]; NaN stays NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA V clamp(V x, V low, V high) {
    return select(x < low, low, select(x > high, high, x));
}

/// eˣ for x ≤ 0 and log(1 + e) for e in [0, 1], of which log(1 + eˣ) and 1 / (1 + e⁻ˣ) are made without overflow. A lane
/// type that has something faster for these domains than its exp and log1p specialises this.
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
