// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane/number.hpp>

#include <limits>

/// Elementary functions of the library's own, for lane::number and for registers. They use the words of lane::number,
/// each of which is one rounding or none. So they have the same bits on every machine with FMA, in registers, in plain
/// C++ and in device code, and others on every machine without. Only which NaN a NaN is may differ.
///
/// Special values are those of the standard library. The largest errors in ULP (tests/accuracy/elementary_test.cpp):
///
///                   exp, exp2   expm1   log   log1p   sigmoid   softplus   tanh   exp_excess, its slope
///     with FMA      0.9         1.7     0.9   1.5     1.7       1.9        1.9    5, 4
///     without       1.2         1.7     0.9   1.5     2.0       2.1        2.0    7, 4
namespace RLHF_NAMESPACE::lane {

/// A float or double, or a register of them, that has the words of lane::number.
template <class V>
concept machine_number = requires {
    typename V::element;
};

namespace elementary {

/// What depends on the type of the numbers.
template <class T>
struct constants;

template <>
struct constants<float> {
    static constexpr float log2_e = 0x1.715476p0F;
    /// log 2 in two parts. The first has few bits: its product with a whole number is exact.
    static constexpr float log_2_high = 0x1.62ep-1F, log_2_low = 0x1.0bfbe8p-15F;
    /// Is the second nearly a multiple of 2⁻²⁵ (float), 2⁻⁵⁴ (double)? It is 1071.94 and 990.42 of these.
    static constexpr bool low_is_whole = true;
    static constexpr float lowest = -104, highest = 89; ///< eˣ is 0 up to the first, and ∞ from the second on
    static constexpr float normal = 0x1p-126F;          ///< the smallest normal number
    static constexpr float up = 0x1p24F, up_by = 24;    ///< times 2²⁴, every number is normal
    static constexpr float most_exponent = 250;         ///< that scale2 may have
};
template <>
struct constants<double> {
    static constexpr double log2_e = 0x1.71547652b82fep0;
    static constexpr double log_2_high = 0x1.62e42fefa38p-1, log_2_low = 0x1.ef35793c7673p-45;
    static constexpr bool low_is_whole = false;
    static constexpr double lowest = -746, highest = 709.8;
    static constexpr double normal = 0x1p-1022;
    static constexpr double up = 0x1p54, up_by = 54;
    static constexpr double most_exponent = 2040;
};

/// c₂, c₃, … of eʳ = 1 + r + c₂ r² + …: minimax for |r| ≤ log(2) / 2, a relative error of 3.8 · 10⁻⁹ (float),
/// 8.5 · 10⁻¹⁹ (double). c₂ is ½, so that eʳ − 1 − r keeps its digits near 0.
template <class T>
struct exp_terms {
    static constexpr int size = 5;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {0.5, 0x1.5554a4p-3, 0x1.555688p-5, 0x1.122f7ap-7, 0x1.6b6e4cp-10};
        return c[k];
    }
};
template <>
struct exp_terms<double> {
    static constexpr int size = 11;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {0.5,
                                0x1.555555555555ap-3,
                                0x1.5555555555531p-5,
                                0x1.111111110efc3p-7,
                                0x1.6c16c16c26fe8p-10,
                                0x1.a01a01b2691a8p-13,
                                0x1.a01a01527c007p-16,
                                0x1.71ddf27042aedp-19,
                                0x1.27e58cf183f6p-22,
                                0x1.af68609bc871fp-26,
                                0x1.1e6713cd44dfcp-29};
        return c[k];
    }
};

/// c₂, c₃, … of log(1 + f) = f + c₂ f² + …: minimax for 1 + f in [√½, √2], a relative error of 4.3 · 10⁻⁹ (float),
/// 8.3 · 10⁻¹⁸ (double).
template <class T>
struct log_terms {
    static constexpr int size = 9;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {-0x1.fffff8p-2, 0x1.55555p-2,   -0x1.000432p-2, 0x1.99a41ap-3, -0x1.5425c4p-3,
                                0x1.226dfcp-3,  -0x1.0f3fa6p-3, 0x1.0860dp-3,   -0x1.384734p-4};
        return c[k];
    }
};
template <>
struct log_terms<double> {
    static constexpr int size = 20;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {
            -0x1.0000000000003p-1, 0x1.555555555551cp-2, -0x1.fffffffffdedep-3, 0x1.99999999a17dfp-3,
            -0x1.55555556e2856p-3, 0x1.2492492246c29p-3, -0x1.fffffef6a1e85p-4, 0x1.c71c71d805a4ep-4,
            -0x1.9999c9099069p-4,  0x1.745d4523d2ec3p-4, -0x1.55507465c2a19p-4, 0x1.3b0ac90940145p-4,
            -0x1.24dc4ad63e562p-4, 0x1.11d8243e2af19p-4, -0x1.fb6e5d1a1f036p-5, 0x1.cfb7294037c75p-5,
            -0x1.d15a51055eceep-5, 0x1.0b5466cc8a2e7p-4, -0x1.eb43a93fb9eebp-5, 0x1.abe14d1892694p-6};
        return c[k];
    }
};

/// The same for f in [0, 1]: a relative error of 5.3 · 10⁻⁹ (float), 9.5 · 10⁻¹⁸ (double).
template <class T>
struct log1p_terms {
    static constexpr int size = 9;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {-0x1.ffffd2p-2, 0x1.554ddap-2,  -0x1.ff2556p-3, 0x1.935568p-3, -0x1.3a6736p-3,
                                0x1.b53c48p-4,  -0x1.d7efa8p-5, 0x1.4a9226p-6,  -0x1.b22adep-9};
        return c[k];
    }
};
template <>
struct log1p_terms<double> {
    static constexpr int size = 20;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {
            -0x1.fffffffffff9fp-2, 0x1.5555555551052p-2,  -0x1.fffffffdd4a4bp-3,  0x1.99999951fb01bp-3,
            -0x1.55554fbe64ea4p-3, 0x1.2491fed9cfc49p-3,  -0x1.fffa8bd00015p-4,   0x1.c6f6a83b8b032p-4,
            -0x1.98d296b9a7e6ep-4, 0x1.712df6166bbf3p-4,  -0x1.4b022086f5e76p-4,  0x1.202df1e817ab3p-4,
            -0x1.d7115508d32afp-5, 0x1.5a892cb90beap-5,   -0x1.b632818d90001p-6,  0x1.c57efadae0fe3p-7,
            -0x1.6b4e60f26fbc4p-8, 0x1.a25bf104a7c7fp-10, -0x1.31f8cd7ab39fap-12, 0x1.a9067c062fc2ep-16};
        return c[k];
    }
};

/// c₀ + c₁ x + c₂ x² + …, a recursion, so that its constants are computed at compile time.
template <class Terms, int K = 0, class V>
[[nodiscard]] RLHF_FORMULA V series(V x) {
    constexpr auto c = static_cast<typename V::element>(Terms::at(K));
    if constexpr (K + 1 == Terms::size)
        return V(c);
    else
        return fma(series<Terms, K + 1>(x), x, V(c));
}

/// max(x, lowest) = n log 2 + r with |r| ≤ log(2) / 2, for x up to highest. r is exact + low, rounded.
template <class V>
struct reduced {
    V n, exact, r;
};
template <class V>
[[nodiscard]] RLHF_FORMULA reduced<V> reduce(V x) {
    using c = constants<typename V::element>;
    const V magic(format<typename V::element>::magic); // what is added to it is rounded to a whole number
    const V d = larger(V(c::lowest), x), n = fma(d, V(c::log2_e), magic) - magic;
    const V exact = fma(n, V(-c::log_2_high), d);
    return {n, exact, fma(n, V(-c::log_2_low), exact)};
}

/// 2ⁿ eʳ for |r| ≤ log(2) / 2.
template <class V>
[[nodiscard]] RLHF_FORMULA V exp_of(V n, V r) {
    const V linear = fma(series<exp_terms<typename V::element>>(r), r, V(1));
    return scale2(fma(linear, r, V(1)), n);
}

/// n log 2 + log(1 + f) for 1 + f in [√½, √2].
template <class V>
[[nodiscard]] RLHF_FORMULA V log_of(V n, V f) {
    using c = constants<typename V::element>;
    const V rest = fma(f * f, series<log_terms<typename V::element>>(f), n * V(c::log_2_low));
    return fma(n, V(c::log_2_high), rest + f);
}

inline constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// The logarithm of x ≤ 0 and of NaN.
template <class V>
[[nodiscard]] RLHF_FORMULA V log_of_none(V x) {
    return select(x == V(0), V(-infinity), V(nan));
}

} // namespace elementary

/// eˣ for x ≤ 0: it has no special cases.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V exp_nonpositive(V x) {
    const auto to = elementary::reduce(x);
    return elementary::exp_of(to.n, to.r);
}

/// log(1 + e) for e in [0, 1]: it has no special cases, and a series of its own saves the reduction.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V log1p_unit(V e) {
    return fma(e * e, elementary::series<elementary::log1p_terms<typename V::element>>(e), e);
}

/// eˣ; 0 and ∞ only where it rounds to them.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V exp(V x) {
    using c = elementary::constants<typename V::element>;
    return select(x > V(c::highest), V(infinity), exp_nonpositive(x));
}

/// eˣ − 1.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V expm1(V x) {
    using T = typename V::element;
    using c = elementary::constants<T>;
    const auto to = elementary::reduce(x);
    const V squares = elementary::series<elementary::exp_terms<T>>(to.r);
    V rest;                        // eʳ − 1
    if constexpr (c::low_is_whole) // so is r where |n| = 1, and eˣ − 1 is small enough to show its error
        rest = fma(to.r * to.r, squares, to.r);
    else
        rest = fma(to.r * to.r, squares, to.n * V(-c::log_2_low)) + to.exact;
    const V half(T(0.5)), power = scale2(half, to.n), sum = fma(rest, power, power - half);
    const V y = select(x == V(0), x, sum + sum); // −0 stays
    return select(x > V(c::highest), V(infinity), y);
}

/// 2ˣ, exact for a whole x.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V exp2(V x) {
    using c = elementary::constants<typename V::element>;
    const V bound(c::most_exponent), held = larger(-bound, select(x > bound, bound, x)), n = round(held);
    return elementary::exp_of(n, (held - n) * V(c::log_2_high + c::log_2_low));
}

/// eˣ − 1 − x, which is never negative, and its slope eˣ − 1.
template <class V>
struct excess {
    V value, slope;
};

/// Both to a few ULP, also near 0. With h = x/2 and m = eʰ − 1 they are m² + 2 (m − h) and m² + 2 m, and m − h is
/// h²/2 (1 + h/3 + …) where it would cancel.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA excess<V> exp_excess(V x) {
    using T = typename V::element;
    const V h = x * V(T(0.5)), m = expm1(h), squares = elementary::series<elementary::exp_terms<T>>(h) * (h * h);
    const V distant = m - select(h < V(largest_float), h, V(0)); // not ∞ − ∞
    const V rest = select(abs(h) < V(T(0.346)), squares, distant);
    return {fma(m, m, rest + rest), fma(m, m, m + m)};
}

/// log x; −∞ for ±0, NaN below.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V log(V x) {
    using c = elementary::constants<typename V::element>;
    const auto subnormal = x < V(c::normal);
    const auto to = split2(select(subnormal, x * V(c::up), x));
    const V n = select(subnormal, to.n - V(c::up_by), to.n);
    const V y = elementary::log_of(n, to.m - V(1));
    return select(x > V(0), select(x == V(infinity), x, y), elementary::log_of_none(x));
}

/// log(1 + x); −∞ for −1, NaN below. Where 1 + x, rounded, is m 2ⁿ, m − 1 without that rounding is x 2⁻ⁿ + (2⁻ⁿ − 1).
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V log1p(V x) {
    const V one(1), n = split2(one + x).n, power = scale2(one, -n);
    const V y = elementary::log_of(n, fma(x, power, power - one));
    const V of_zero = select(x == V(0), x, y); // −0 stays
    return select(x > V(-1), select(x == V(infinity), x, of_zero), elementary::log_of_none(x + one));
}

/// 1 / (1 + e⁻ˣ).
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V sigmoid(V x) {
    const V one(1), e = exp_nonpositive(-abs(x)), s = select(x < V(0), e, one);
    return fma(-s, e / (one + e), s);
}

/// log(1 + eˣ).
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V softplus(V x) {
    return select(x > V(0), x, V(0)) + log1p_unit(exp_nonpositive(-abs(x)));
}

/// The hyperbolic tangent.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V tanh(V x) {
    const V t = expm1(abs(x) + abs(x)), s = select(t < V(2), V(typename V::element(0.5)) * t, V(1));
    const V y = fma(-s, (s + s) / (t + V(2)), s); // t / (t + 2), or 1 − 2 / (t + 2)
    return select(x < V(0), -y, select(x == V(0), x, y));
}

} // namespace RLHF_NAMESPACE::lane
