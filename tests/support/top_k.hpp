// SPDX-License-Identifier: MIT
#pragma once

#include "reference/top_k_divergence.hpp"
#include "support/divergences.hpp"

#include <rlhf/logits/top_k_divergence.hpp>

#include <algorithm>
#include <numeric>

/// What the tests of top_k_divergence share.
namespace test {

inline constexpr std::array supports{rlhf::top_k_support::tail, rlhf::top_k_support::truncated,
                                     rlhf::top_k_support::renormalized};

/// The k likeliest entries of rows of logits, as a server sends them.
struct top_k_server {
    std::size_t k;
    std::vector<std::int32_t> ids;
    std::vector<float> log_probs;

    template <class E>
    top_k_server(const std::vector<E>& w, std::size_t V, std::size_t entries, double temperature = 1) : k(entries) {
        const auto wide = widened(w);
        for (std::size_t row = 0; row < w.size() / V; ++row) {
            const reference::softmax_row s(wide.data() + row * V, V, temperature);
            std::vector<std::int32_t> order(V);
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
                return s.log_p[static_cast<std::size_t>(a)] > s.log_p[static_cast<std::size_t>(b)];
            });
            for (std::size_t i = 0; i < k; ++i) {
                ids.push_back(order[i]);
                log_probs.push_back(static_cast<float>(s.log_p[static_cast<std::size_t>(order[i])]));
            }
        }
    }
    [[nodiscard]] rlhf::top_k_reference reference() const { return {.k = k, .ids = ids, .log_probs = log_probs}; }
};

inline reference::top_k_divergence_options wanted(const rlhf::top_k_divergence_options& o) {
    reference::top_k_divergence_options want{wanted(rlhf::detail::common(o))};
    want.support = static_cast<reference::top_k_support>(o.support);
    want.least_log_prob = o.least_log_prob, want.low = o.low, want.high = o.high;
    return want;
}

/// Gradients replace the logits.
template <class E>
void matches_top_k(std::size_t V, std::size_t k, const rlhf::top_k_divergence_options& o) {
    CAPTURE(V, k, static_cast<int>(o.divergence), o.beta, o.temperature, static_cast<int>(o.support));
    random r(V + k);
    const std::size_t B = 3, S = 4, n = B * S;
    auto z = random_logits<E>(r, n * V, 2);
    auto w = z;
    for (E& x : w) x = static_cast<E>(static_cast<double>(x) + r.normal(0, 0.5));
    const top_k_server sent(w, V, k, o.temperature);
    const auto mask = flags(r, n, 0.7);
    auto b = aligned(B, S);
    b.mask = mask;
    const auto want =
        reference::top_k_divergence(reference::padded(B, S, mask), widened(z), V, k, {sent.ids.begin(), sent.ids.end()},
                                    reference::to_real(sent.log_probs), wanted(o));
    const auto value_only = rlhf::top_k_divergence(b, logits_of(z, B, S, V), sent.reference(), o);
    const auto got = rlhf::top_k_divergence(b, logits_of(z, B, S, V), sent.reference(), logits_of(z, B, S, V), o);
    CHECK(same_bits(digest(got), digest(value_only)));
    // A log-sum-exp in float is off by 10⁻⁷, and so is the tail. If k = V there is no tail: a KL then differs from the
    // reference's by Σ q − 1 (top_k_divergence.hpp), which is near 10⁻⁷, because log-probabilities are floats.
    const double small = std::is_same_v<E, double> && (k < V || o.support != rlhf::top_k_support::tail) ? 1e-13 : 5e-7;
    CHECK(std::fabs(got.loss() - static_cast<double>(want.loss)) <= small * (1 + static_cast<double>(want.loss)));
    long double sum = 0, tokens = 0;
    for (const auto d : want.divergences) sum += d;
    for (const auto counts : mask) tokens += counts;
    CHECK(got.divergence() == Approx(static_cast<double>(sum / tokens)).epsilon(small).margin(small));
    const double storage = std::is_same_v<E, rlhf::bfloat16> ? 0x1p-8 : 0;
    double worst = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
        const auto d = static_cast<double>(want.d_logits[i]);
        worst = std::max(worst, std::fabs(static_cast<double>(z[i]) - d) /
                                    (small * (std::fabs(d) + 1 / o.temperature) + storage * std::fabs(d)));
    }
    CHECK(worst <= 1);
}

} // namespace test
