// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits/top_k_divergence.hpp>

namespace top_k_divergence_bench {

/// Reverse KL to 64 entries and a tail.
template <class E>
struct top_k_divergence : bench::on_logits<E> {
    using bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    static constexpr std::int64_t k = 64;
    std::vector<std::int32_t> ids;
    std::vector<float> q;

    explicit top_k_divergence(const bench::logit_rows& r) : bench::on_logits<E>(r) {
        for (std::int64_t i = 0; i < at.rows * k; ++i) ids.push_back(static_cast<std::int32_t>(i * 997 % at.vocab));
        q.assign(ids.size(), std::log(0.9F / k));
    }

    template <class Arch>
    auto call() {
        return rlhf::top_k_divergence<Arch>(this->batch, this->logits, {.k = k, .ids = ids, .log_probs = q}, this->d());
    }

    float plain() {
        const auto V = static_cast<std::size_t>(at.vocab), K = static_cast<std::size_t>(k);
        const float n = static_cast<float>(this->tokens);
        float loss = 0;
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            E* const d = this->d().data() + i * V;
            const bench::plain_softmax<E> row(z, V);
            float p_tail = 1, q_tail = 1, kl = 0;
            for (std::size_t j = i * K; j < (i + 1) * K; ++j) {
                const float log_p = row.log_prob(z[ids[j]]), p = std::exp(log_p);
                p_tail -= p, q_tail -= std::exp(q[j]), kl += p * (log_p - q[j]);
            }
            const float of_tail = std::log(p_tail / q_tail);
            kl += p_tail * of_tail;
            for (std::size_t v = 0; v < V; ++v)
                d[v] = static_cast<E>(std::exp(row.log_prob(z[v])) * (of_tail - kl) / n);
            for (std::size_t j = i * K; j < (i + 1) * K; ++j) {
                const float log_p = row.log_prob(z[ids[j]]);
                d[ids[j]] = static_cast<E>(std::exp(log_p) * (log_p - q[j] - kl) / n);
            }
            loss += kl;
        }
        return loss / n;
    }
};

const bool registered = (bench::vary_logits<top_k_divergence>("top_k_divergence", "K64"), true);

} // namespace top_k_divergence_bench
