// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

#include <utility>

namespace rlhf {

/// How far the policy's distribution p is from the reference's q.
enum class divergence {
    reverse_kl, ///< KL(p ‖ q) = Σ p (log p − log q): p keeps to what q knows
    forward_kl, ///< KL(q ‖ p) = Σ q (log q − log p): p covers all that q knows
    jsd,        ///< β KL(q ‖ m) + (1 − β) KL(p ‖ m) with m = β q + (1 − β) p; always finite
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One entry's share. The divergence is Σ value, and its slope ∂/∂(log p before normalization) is pull − p Σ pull.
template <class V>
struct divergence_term {
    V value, pull;
};

/// e⁻ᵘ − 1 + u for |u| ≤ 1, as u²/2 (1 − u/3 (1 − u/4 (…))): never negative, exact near 0 as well.
template <class V>
[[nodiscard]] RLHF_FORMULA V k3(V u) {
    V t(1);
    [&]<int... I>(std::integer_sequence<int, I...>) RLHF_INLINE { ((t = V(1) - u * (V(1) / V(19 - I)) * t), ...); }
    (std::make_integer_sequence<int, 17>());
    return V(0.5) * u * u * t;
}

/// p − q where log p − log q = r, without cancellation.
template <class V>
[[nodiscard]] RLHF_FORMULA V difference(V p, V q, V r) {
    using lane::abs, lane::select;
    return select(abs(r) <= V(1), p * (r - k3(r)), p - q);
}

/// One entry's share of KL(p ‖ q): p (log p − log q) − p + q, which is never negative and sums to the same.
template <class V>
[[nodiscard]] RLHF_FORMULA V kl_share(V p, V q, V r) {
    using lane::abs, lane::select;
    return select(p == V(0), q, select(abs(r) <= V(1), p * k3(r), p * r - (p - q)));
}

/// log x and x log x − x + 1, from x and x − 1; near 1 by log x = 2 artanh s, s = (x − 1) / (x + 1).
template <class V>
[[nodiscard]] RLHF_FORMULA std::pair<V, V> log_and_excess(V x, V x_minus_1) {
    using lane::abs, lane::log, lane::select;
    const V s = x_minus_1 / (V(2) + x_minus_1), s2 = s * s;
    V t = V(1) / V(23);
    [&]<int... I>(std::integer_sequence<int, I...>) RLHF_INLINE { ((t = t * s2 + V(1) / V(21 - 2 * I)), ...); }
    (std::make_integer_sequence<int, 10>()); // 1/3 + s²/5 + s⁴/7 + …
    const auto near = V(5) * abs(s) <= V(1);
    const V l = select(near, V(2) * s * (V(1) + s2 * t), log(x));
    const V excess = select(x == V(0), V(1), x * l - x_minus_1);
    return {l, select(near, s * x_minus_1 * (V(1) + (V(1) + s) * s * t), excess)};
}

/// p and q of one entry, r = log p − log q (anything where both are 0); for jsd β, and rest = 1 − β, which
/// no rounded β near 1 tells.
///
///     reverse_kl: pull = p (log p − log q)    forward_kl: pull = p − q    jsd: pull = (1 − β) p (log p − log m)
/// Source: jsd: Agarwal et al. 2023, arXiv:2306.13649, section 2.
template <divergence How, class V>
[[nodiscard]] RLHF_FORMULA divergence_term<V> divergence_of(V p, V q, V r, V beta, V rest) {
    using lane::select;
    if constexpr (How == divergence::reverse_kl) return {kl_share(p, q, r), select(p == V(0), V(0), p * r)};
    if constexpr (How == divergence::forward_kl) return {kl_share(q, p, -r), -difference(q, p, -r)};
    const V m = beta * q + rest * p, d = difference(p, q, r) / m;
    const auto [log_q, excess_q] = log_and_excess(q / m, -rest * d);
    const auto [log_p, excess_p] = log_and_excess(p / m, beta * d);
    return {select(m == V(0), V(0), m * (beta * excess_q + rest * excess_p)),
            select(p == V(0), V(0), rest * p * log_p)};
}

} // namespace RLHF_NAMESPACE::formula
