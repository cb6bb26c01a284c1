// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits/top_k_divergence.hpp>

namespace top_k_divergence_bench {

using rlhf::top_k_support;

/// Reverse KL to 64 entries, and a tail or none.
template <top_k_support Support>
struct on {
    template <class E>
    struct divergence : bench::on_logits<E> {
        using bench::on_logits<E>::at;
        static constexpr bench::traffic streams{.inputs = Support == top_k_support::renormalized ? 0 : 1, .outputs = 1};
        static constexpr std::int64_t k = 64;
        std::vector<std::int32_t> ids;
        std::vector<float> q;

        explicit divergence(const bench::logit_rows& r) : bench::on_logits<E>(r) {
            for (std::int64_t i = 0; i < at.rows * k; ++i) ids.push_back(static_cast<std::int32_t>(i * 997 % at.vocab));
            q.assign(ids.size(), std::log(0.9F / k));
        }

        template <class Arch>
        auto call() {
            return rlhf::top_k_divergence<Arch>(this->batch, this->logits, {.k = k, .ids = ids, .log_probs = q},
                                                this->d(), {.support = Support});
        }

        float plain() { return Support == top_k_support::renormalized ? plain_of_listed() : plain_of_row(); }

    private:
        /// A softmax over the row. What is not listed has one slope: the tail's, or what normalizing p leaves.
        float plain_of_row() {
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
                float of_tail = std::log(p_tail / q_tail), mean = kl + p_tail * of_tail, more = 0;
                if (Support == top_k_support::tail) kl = mean;
                if (Support == top_k_support::truncated) of_tail = 0, mean = kl + 1 - p_tail, more = 1;
                for (std::size_t v = 0; v < V; ++v)
                    d[v] = static_cast<E>(std::exp(row.log_prob(z[v])) * (of_tail - mean) / n);
                for (std::size_t j = i * K; j < (i + 1) * K; ++j) {
                    const float log_p = row.log_prob(z[ids[j]]);
                    d[ids[j]] = static_cast<E>(std::exp(log_p) * (log_p - q[j] + more - mean) / n);
                }
                loss += kl;
            }
            return loss / n;
        }
        /// A softmax over what is listed, and zeros elsewhere.
        float plain_of_listed() {
            const auto V = static_cast<std::size_t>(at.vocab), K = static_cast<std::size_t>(k);
            const float n = static_cast<float>(this->tokens);
            float loss = 0;
            std::vector<float> z(K);
            for (std::size_t i = 0; i < this->tokens; ++i) {
                E* const d = this->d().data() + i * V;
                float sum_q = 0, kl = 0;
                for (std::size_t j = 0; j < K; ++j)
                    z[j] = static_cast<float>(this->logits.data()[i * V + static_cast<std::size_t>(ids[i * K + j])]),
                    sum_q += std::exp(q[i * K + j]);
                const bench::plain_softmax<float> row(z.data(), K);
                const auto log_ratio = [&](std::size_t j) {
                    return row.log_prob(z[j]) - q[i * K + j] + std::log(sum_q);
                };
                for (std::size_t j = 0; j < K; ++j) kl += std::exp(row.log_prob(z[j])) * log_ratio(j);
                std::fill_n(d, V, E(0.0F));
                for (std::size_t j = 0; j < K; ++j)
                    d[ids[i * K + j]] = static_cast<E>(std::exp(row.log_prob(z[j])) * (log_ratio(j) - kl) / n);
                loss += kl;
            }
            return loss / n;
        }
    };
};

const bool registered =
    (bench::vary_logits<on<top_k_support::tail>::divergence>("top_k_divergence", "K64"),
     bench::vary_logits<on<top_k_support::truncated>::divergence>("top_k_divergence", "truncated"),
     bench::vary_logits<on<top_k_support::renormalized>::divergence>("top_k_divergence", "renormalized"), true);

} // namespace top_k_divergence_bench
