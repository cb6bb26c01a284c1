// SPDX-License-Identifier: MIT
#pragma once

#include "logits_divergence.hpp"

#include <numeric>

/// The divergence of k listed entries: with a tail for the rest of each distribution, without it, or of what is listed
/// alone. ∂/∂z by the chain rule over the classes.
namespace reference {

enum class top_k_support { tail, truncated, renormalized };

struct top_k_divergence_options : logits_divergence_options {
    top_k_support support = top_k_support::tail;
    real least_log_prob = -unlimited, low = -unlimited, high = unlimited;
};

/// Σ a log(a / b) of the entries listed, at least e^least each. ∂/∂p is 0 for what is below.
inline real truncated_divergence(array p, array q, const top_k_divergence_options& o, array& by_p) {
    const real least = std::exp(o.least_log_prob);
    std::vector<bool> below;
    for (std::size_t i = 0; i < p.size(); ++i) {
        below.push_back(p[i] < least);
        p[i] = std::max(p[i], least), q[i] = std::max(q[i], least);
    }
    const real value = divergence_of(p, q, o.divergence, o.beta, by_p);
    for (std::size_t i = 0; i < p.size(); ++i)
        if (below[i]) by_p[i] = 0;
    return value;
}

/// `ids` and `log_probs`: k per element.
[[nodiscard]] inline logits_divergence_result
top_k_divergence(const batch& b, const array& logits, std::size_t vocabulary, std::size_t k,
                 const std::vector<std::int64_t>& ids, const array& log_probs, const top_k_divergence_options& o = {}) {
    logits_divergence_result r{.d_logits = array(b.size * vocabulary, 0), .divergences = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    const bool tail = o.support == top_k_support::tail && k < vocabulary;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            array whole = softmax_row(logits.data() + e * vocabulary, vocabulary, o.temperature).p;
            std::vector<std::size_t> class_of(vocabulary, k);
            array p(k + 1, 0), q(k, 0), by_p(k + 1, 0);
            for (std::size_t i = 0; i < k; ++i) {
                class_of[static_cast<std::size_t>(ids[e * k + i])] = i;
                q[i] = std::exp(log_probs[e * k + i]);
            }
            for (std::size_t v = 0; v < vocabulary; ++v) p[class_of[v]] += whole[v];
            const real listed_p = std::accumulate(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(k), real(0)),
                       listed_q = std::accumulate(q.begin(), q.end(), real(0));
            if (o.support == top_k_support::renormalized) {
                for (real& x : p) x /= listed_p;
                for (real& x : q) x /= listed_q;
                for (std::size_t v = 0; v < vocabulary; ++v) whole[v] = class_of[v] < k ? whole[v] / listed_p : 0;
            }
            if (tail)
                q.push_back(1 - listed_q);
            else
                p.pop_back();
            real& value = r.divergences[e];
            value = o.support == top_k_support::truncated ? truncated_divergence(p, q, o, by_p)
                                                          : divergence_of(p, q, o.divergence, o.beta, by_p);
            const bool beyond = value < o.low || value > o.high;
            value = std::min(std::max(value, o.low), o.high);
            r.loss += share[e] * value;
            real mean = 0;
            for (std::size_t i = 0; i < p.size(); ++i) mean += p[i] == 0 ? 0 : p[i] * by_p[i];
            for (std::size_t v = 0; v < vocabulary; ++v)
                r.d_logits[e * vocabulary + v] =
                    whole[v] == 0 || beyond ? 0 : share[e] * whole[v] * (by_p[class_of[v]] - mean) / o.temperature;
        }
    return r;
}

} // namespace reference
