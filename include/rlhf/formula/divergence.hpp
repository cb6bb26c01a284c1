// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// How the distance of the policy's distribution p from the reference's distribution q is measured.
enum class divergence {
    reverse_kl, ///< KL(p ‖ q) = Σ p (log p − log q): p avoids entries that q makes unlikely
    forward_kl, ///< KL(q ‖ p) = Σ q (log q − log p): p covers all entries that q makes likely
    jsd,        ///< β KL(q ‖ m) + (1 − β) KL(p ‖ m) with m = β q + (1 − β) p; always finite
};

/// What becomes of the entries that a reference of k entries does not list.
enum class top_k_support {
    tail,         ///< they are one class more, the tail
    truncated,    ///< they are left out, so that neither side sums to 1
    renormalized, ///< they are left out, and each side is divided by the sum of what is listed
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// One entry's share of a divergence. The divergence is Σ value. Its derivative with respect to the entry's logit is
/// pull − p Σ pull.
template <class V>
struct divergence_term {
    V value, pull;
};

/// p − q from r = log p − log q, without cancellation.
template <class V>
[[nodiscard]] RLHF_FORMULA V difference(V p, V q, V r) {
    using lane::abs, lane::exp_excess, lane::select;
    return select(abs(r) <= V(1), p * (r - exp_excess(-r).value), p - q);
}

/// One entry's share of KL(p ‖ q): p (log p − log q) − p + q. It is never negative, and its sum over all entries is the
/// same.
template <class V>
[[nodiscard]] RLHF_FORMULA V kl_share(V p, V q, V r) {
    using lane::abs, lane::exp_excess, lane::fma, lane::select;
    return select(p == V(0), q, select(abs(r) <= V(1), p * exp_excess(-r).value, fma(p, r, q - p)));
}

/// 1/n + t/(n+2) + t²/(n+4) + … + tᵏ/23.
template <int N, class V>
[[nodiscard]] RLHF_FORMULA V artanh_series(V t) {
    using lane::fma;
    if constexpr (N >= 23)
        return V(1) / V(23);
    else
        return fma(artanh_series<N + 2>(t), t, V(1) / V(N));
}

template <class V>
struct log_and_excess_of {
    V log, excess;
};

/// log x and x log x − x + 1, from x and x − 1. Near x = 1 both are computed from log x = 2 artanh s with s = (x − 1) /
/// (x + 1).
template <class V>
[[nodiscard]] RLHF_FORMULA log_and_excess_of<V> log_and_excess(V x, V x_minus_1) {
    using lane::abs, lane::fma, lane::log, lane::select;
    const V s = x_minus_1 / (V(2) + x_minus_1), s2 = s * s;
    const V t = artanh_series<3>(s2);
    const auto nearby = V(5) * abs(s) <= V(1);
    const V l = select(nearby, V(2) * s * fma(s2, t, V(1)), log(x));
    const V excess = select(x == V(0), V(1), fma(x, l, -x_minus_1));
    return {l, select(nearby, s * x_minus_1 * fma((V(1) + s) * s, t, V(1)), excess)};
}

/// One entry's share from p, q and r = log p − log q. r may be anything if p and q are 0. jsd also takes β and rest = 1
/// − β, because a rounded β near 1 does not determine 1 − β.
///
///     reverse_kl: pull = p (log p − log q)    forward_kl: pull = p − q    jsd: pull = (1 − β) p (log p − log m)
/// Source: jsd: Agarwal et al. 2023, arXiv:2306.13649, section 2.
template <divergence How, class V>
[[nodiscard]] RLHF_FORMULA divergence_term<V> divergence_share(V p, V q, V r, V beta, V rest) {
    using lane::fma, lane::select;
    if constexpr (How == divergence::reverse_kl) return {kl_share(p, q, r), select(p == V(0), V(0), p * r)};
    if constexpr (How == divergence::forward_kl) return {kl_share(q, p, -r), -difference(q, p, -r)};
    const V share = rest * p, m = fma(beta, q, share), d = difference(p, q, r) / m;
    const auto of_q = log_and_excess(q / m, -rest * d), of_p = log_and_excess(p / m, beta * d);
    return {select(m == V(0), V(0), m * fma(beta, of_q.excess, rest * of_p.excess)),
            select(share == V(0), V(0), share * of_p.log)}; // m may be 0 for a subnormal p
}

/// One entry's share of a KL of sides that do not sum to 1. The pulls above leave out a multiple of p, which changes
/// the derivative unless Σ p is 1. Shares of jsd leave out nothing.
///
///     reverse_kl: pull = p (log p − log q + 1)    forward_kl: pull = −q
template <divergence How, class V>
[[nodiscard]] RLHF_FORMULA divergence_term<V> truncated_share(V p, V q, V r) {
    static_assert(How != divergence::jsd, "rlhf: shares of jsd are the same: call divergence_share");
    using lane::select;
    if constexpr (How == divergence::forward_kl) return {select(q == V(0), V(0), -(q * r)), -q};
    const V value = select(p == V(0), V(0), p * r);
    return {value, value + p};
}

} // namespace RLHF_NAMESPACE::formula
