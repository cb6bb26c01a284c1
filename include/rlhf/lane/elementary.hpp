// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane/series.hpp>

#include <limits>

/// The library's own elementary functions, for lane::number and for registers. They use the operations of lane::number,
/// each of which rounds at most once. So they have the same bits on every machine with FMA, in registers, in plain C++
/// and in device code. On machines without FMA the bits are others. Only the sign and payload of a NaN may differ.
///
/// Special values are as in the standard library. ACCURACY.md has the errors: with FMA at most 4.6 ULP in
/// exp_excess, 2.0 in all others.
namespace RLHF_NAMESPACE::lane {

/// A float or double, or a register of them, with the operations of lane::number.
template <class V>
concept machine_number = requires {
    typename V::element;
};

namespace elementary {

/// Constants that depend on the type of the numbers.
template <class T>
struct constants;

template <>
struct constants<float> {
    static constexpr float log2_e = 0x1.715476p0F;
    /// log 2 in two parts. The first has few bits: its product with a whole number is exact.
    static constexpr float log_2_high = 0x1.62ep-1F, log_2_low = 0x1.0bfbe8p-15F;
    /// True if the second part is nearly a multiple of 2⁻²⁵ (float) or 2⁻⁵⁴ (double): it is 1071.94 and 990.42 times
    /// these.
    static constexpr bool low_is_whole = true;
    static constexpr float lowest = -104, highest = 89; ///< eˣ is 0 up to lowest, and ∞ from highest on
    static constexpr float normal = 0x1p-126F;          ///< the smallest normal number
    static constexpr float up = 0x1p24F, up_by = 24;    ///< times 2²⁴, every number is normal
    static constexpr float most_exponent = 180;         ///< the largest exponent for scale2
    static constexpr float usual = 86;                  ///< eˣ and eˣ / 2 are normal numbers for |x| up to it
};
template <>
struct constants<double> {
    static constexpr double log2_e = 0x1.71547652b82fep0;
    static constexpr double log_2_high = 0x1.62e42fefa38p-1, log_2_low = 0x1.ef35793c7673p-45;
    static constexpr bool low_is_whole = false;
    static constexpr double lowest = -746, highest = 709.8;
    static constexpr double normal = 0x1p-1022;
    static constexpr double up = 0x1p54, up_by = 54;
    static constexpr double most_exponent = 1500;
    static constexpr double usual = 707;
};

/// x = n log 2 + r with |r| ≤ log(2) / 2, for x from lowest to highest. r is the rounded sum of exact and low; shifted
/// is n + format::magic.
template <class V>
struct reduced {
    V shifted, n, exact, r;
};
template <class V>
[[nodiscard]] RLHF_FORMULA reduced<V> reduce(V x) {
    using c = constants<typename V::element>;
    const V magic(format<typename V::element>::magic); // adding a number to it rounds the number to a whole one
    const V shifted = fma(x, V(c::log2_e), magic), n = shifted - magic;
    const V exact = fma(n, V(-c::log_2_high), x);
    return {shifted, n, exact, fma(n, V(-c::log_2_low), exact)};
}
/// x, kept between lowest and highest.
template <class V>
[[nodiscard]] RLHF_FORMULA V held(V x) {
    using c = constants<typename V::element>;
    return larger(V(c::lowest), smaller(V(c::highest), x));
}

/// 2ⁿ / 2 if that is a normal number, otherwise the smallest normal number: added to ½, it changes nothing.
template <class V>
[[nodiscard]] RLHF_FORMULA V half_power(const reduced<V>& to) {
    using layout = format<typename V::element>;
    return scale2_normal(V(typename V::element(0.5)), larger(V(layout::magic + layout::lowest + 1), to.shifted));
}

/// eʳ for |r| ≤ log(2) / 2.
template <class V>
[[nodiscard]] RLHF_FORMULA V exp_of(V r) {
    const V linear = fma(series<exp_terms<typename V::element>>(r), r, V(1));
    return fma(linear, r, V(1));
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
    const auto to = elementary::reduce(larger(V(elementary::constants<typename V::element>::lowest), x));
    return scale2_down(elementary::exp_of(to.r), to.n);
}

/// log(1 + e) for e in [0, 1]. It has no special cases, and its own series needs no reduction.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V log1p_unit(V e) {
    return fma(e * e, elementary::series<elementary::log1p_terms<typename V::element>>(e), e);
}

/// eˣ; 0 and ∞ only where it rounds to them. Usual x need no bounds, and n is added to the exponent (DESIGN.md, D30).
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V exp(V x) {
    if (within(x, elementary::constants<typename V::element>::usual)) {
        const auto to = elementary::reduce(x);
        return scale2_normal(elementary::exp_of(to.r), to.shifted);
    }
    const auto to = elementary::reduce(elementary::held(x));
    return scale2(elementary::exp_of(to.r), to.n);
}

/// eˣ − 1.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V expm1(V x) {
    using T = typename V::element;
    using c = elementary::constants<T>;
    const auto to = elementary::reduce(elementary::held(x));
    const V squares = elementary::series<elementary::exp_terms<T>>(to.r);
    V rest;                        // eʳ − 1
    if constexpr (c::low_is_whole) // then r is too if |n| = 1, where eˣ − 1 is small enough to show its error
        rest = fma(to.r * to.r, squares, to.r);
    else
        rest = fma(to.r * to.r, squares, to.n * V(-c::log_2_low)) + to.exact;
    const V power = elementary::half_power(to), sum = fma(rest, power, power - V(T(0.5)));
    return select(x == V(0), x, sum + sum); // −0 stays
}

/// 2ˣ, exact for a whole x.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA V exp2(V x) {
    using c = elementary::constants<typename V::element>;
    const V bound(c::most_exponent), held = larger(-bound, smaller(bound, x)), n = round(held);
    return scale2(elementary::exp_of((held - n) * V(c::log_2_high + c::log_2_low)), n);
}

/// eˣ − 1 − x, which is never negative, and its slope eˣ − 1.
template <class V>
struct excess {
    V value, slope;
};

/// Both have errors of a few ULP, also near 0. With x = n log 2 + r, p = 2ⁿ and q = eʳ − 1 − r, from the series, they
/// are
///
///     value = p q + (p − 1) r + (p − 1 − n log 2)       slope = p (q + r) + (p − 1)
///
/// Little cancels in these sums, and for small x only q is left. All terms are halved, so that 2ⁿ is finite where eˣ is
/// finite. Below the reduction's lowest, eˣ is 0 and the value is −1 − x. Usual x go as in exp.
template <machine_number V>
[[nodiscard]] RLHF_FORMULA excess<V> exp_excess(V x) {
    using T = typename V::element;
    using c = elementary::constants<T>;
    elementary::reduced<V> to;
    V p, below(T(0));
    if (within(x, c::usual)) {
        to = elementary::reduce(x), p = scale2_normal(V(T(0.5)), to.shifted);
    } else {
        const V held = smaller(V(c::highest), x), from_lowest = larger(V(c::lowest), held);
        to = elementary::reduce(from_lowest), p = elementary::half_power(to), below = from_lowest - held;
    }
    const V r = to.r, square = r * r, squares = elementary::series<elementary::exp_terms<T>>(r), less = p - V(T(0.5));
    const V constant = fma(to.n, V(-c::log_2_low / 2), fma(to.n, V(-c::log_2_high / 2), less));
    const V value = fma(p * square, squares, fma(less, r, constant)), slope = fma(p, fma(square, squares, r), less);
    return {fma(V(2), value, below), slope + slope};
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

/// log(1 + x); −∞ for −1, NaN below. If the rounded 1 + x is m 2ⁿ, m − 1 without this rounding is x 2⁻ⁿ + (2⁻ⁿ − 1).
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
