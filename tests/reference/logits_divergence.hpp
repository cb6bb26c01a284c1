// SPDX-License-Identifier: MIT
#pragma once

#include "token_log_probs.hpp"

/// KL(p ‖ q), KL(q ‖ p) and β KL(q ‖ m) + (1 − β) KL(p ‖ m), m = β q + (1 − β) p (Agarwal et al. 2023,
/// arXiv:2306.13649, section 2), of p = softmax(z / τ) and q = softmax(w / τ), with ∂/∂z.
namespace reference {

enum class divergence { reverse_kl, forward_kl, jsd };

struct logits_divergence_options {
    reference::divergence divergence = divergence::reverse_kl;
    real beta = 0.5, temperature = 1;
    reference::aggregation aggregation = aggregation::token_mean;
};

struct logits_divergence_result {
    real loss = 0;
    array d_logits, divergences; ///< the second by token
};

/// Σ a log(a / b), 0 log 0 = 0. Where a is 0, b may still be NaN.
[[nodiscard]] inline real kullback_leibler(const array& a, const array& b) {
    real sum = 0;
    for (std::size_t v = 0; v < a.size(); ++v) sum += a[v] == 0 ? 0 * b[v] : a[v] * std::log(a[v] / b[v]);
    return sum;
}

/// One token's divergence and its derivatives by p.
inline real divergence_of(const array& p, const array& q, divergence how, real beta, array& by_p) {
    array m(p.size());
    for (std::size_t v = 0; v < p.size(); ++v) {
        m[v] = beta * q[v] + (1 - beta) * p[v];
        by_p[v] = how == divergence::reverse_kl   ? std::log(p[v] / q[v]) + 1
                  : how == divergence::forward_kl ? -q[v] / p[v]
                                                  : (1 - beta) * std::log(p[v] / m[v]);
    }
    if (how == divergence::reverse_kl) return kullback_leibler(p, q);
    if (how == divergence::forward_kl) return kullback_leibler(q, p);
    return beta * kullback_leibler(q, m) + (1 - beta) * kullback_leibler(p, m);
}

/// `logits` and `other`: `vocabulary` numbers per element.
[[nodiscard]] inline logits_divergence_result logits_divergence(const batch& b, const array& logits, const array& other,
                                                                std::size_t vocabulary,
                                                                const logits_divergence_options& o = {}) {
    logits_divergence_result r{.d_logits = array(b.size * vocabulary, 0), .divergences = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const array p = softmax_row(logits.data() + e * vocabulary, vocabulary, o.temperature).p;
            const array q = softmax_row(other.data() + e * vocabulary, vocabulary, o.temperature).p;
            array by_p(vocabulary);
            r.divergences[e] = divergence_of(p, q, o.divergence, o.beta, by_p);
            r.loss += share[e] * r.divergences[e];
            real mean = 0;
            for (std::size_t v = 0; v < vocabulary; ++v) mean += p[v] == 0 ? 0 : p[v] * by_p[v];
            for (std::size_t v = 0; v < vocabulary; ++v)
                r.d_logits[e * vocabulary + v] = p[v] == 0 ? 0 : share[e] * p[v] * (by_p[v] - mean) / o.temperature;
        }
    return r;
}

} // namespace reference
