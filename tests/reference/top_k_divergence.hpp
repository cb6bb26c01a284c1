// SPDX-License-Identifier: MIT
#pragma once

#include "logits_divergence.hpp"

/// The divergence of k + 1 classes: k listed entries, and a tail with the rest of each distribution. ∂/∂z by the chain
/// rule over the classes.
namespace reference {

/// `ids` and `log_probs`: k per element.
[[nodiscard]] inline logits_divergence_result top_k_divergence(const batch& b, const array& logits,
                                                               std::size_t vocabulary, std::size_t k,
                                                               const std::vector<std::int64_t>& ids,
                                                               const array& log_probs,
                                                               const logits_divergence_options& o = {}) {
    logits_divergence_result r{.d_logits = array(b.size * vocabulary, 0), .divergences = array(b.size, 0)};
    const array share = shares(b, o.aggregation);
    const std::size_t classes = k < vocabulary ? k + 1 : k;
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const array whole = softmax_row(logits.data() + e * vocabulary, vocabulary, o.temperature).p;
            std::vector<std::size_t> class_of(vocabulary, k);
            array p(classes, 0), q(classes, 0), by_p(classes);
            for (std::size_t i = 0; i < k; ++i) {
                class_of[static_cast<std::size_t>(ids[e * k + i])] = i;
                q[i] = std::exp(log_probs[e * k + i]);
            }
            for (std::size_t v = 0; v < vocabulary; ++v) p[class_of[v]] += whole[v];
            if (k < vocabulary) {
                real listed = 0;
                for (std::size_t i = 0; i < k; ++i) listed += q[i];
                q[k] = 1 - listed;
            }
            r.divergences[e] = divergence_of(p, q, o.divergence, o.beta, by_p);
            r.loss += share[e] * r.divergences[e];
            real mean = 0;
            for (std::size_t i = 0; i < classes; ++i) mean += p[i] == 0 ? 0 : p[i] * by_p[i];
            for (std::size_t v = 0; v < vocabulary; ++v)
                r.d_logits[e * vocabulary + v] =
                    whole[v] == 0 ? 0 : share[e] * whole[v] * (by_p[class_of[v]] - mean) / o.temperature;
        }
    return r;
}

} // namespace reference
