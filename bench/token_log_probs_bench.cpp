// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits/token_log_probs.hpp>

namespace token_log_probs_bench {

/// Log-probabilities and entropy.
template <class E>
struct forward : bench::on_logits<E> {
    using bench::on_logits<E>::on_logits, bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 0};

    template <class Arch>
    auto call() {
        return rlhf::token_log_probs<float, Arch>(this->batch, this->logits, this->targets,
                                                  {.log_probs = this->log_probs, .entropy = this->entropy});
    }

    void plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            const bench::plain_softmax<E> row(z, V);
            this->log_probs[i] = row.log_prob(z[this->targets[i]]), this->entropy[i] = row.entropy;
        }
    }
};

/// Only the gradient, of log-probabilities and entropy.
template <class E>
struct backward : bench::on_logits<E> {
    using bench::on_logits<E>::on_logits, bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};

    template <class Arch>
    auto call() {
        return rlhf::token_log_probs_backward<float, Arch>(
            this->batch, this->logits, this->targets, {.d_log_probs = this->d_log_probs, .d_entropy = this->d_entropy},
            this->d());
    }

    void plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            const bench::plain_softmax<E> row(z, V);
            gradient(row, z, this->d().data() + i * V, i);
        }
    }

protected:
    void gradient(const bench::plain_softmax<E>& row, const E* z, E* d, std::size_t i) {
        const float g = this->d_log_probs[i], h = this->d_entropy[i];
        for (std::int64_t v = 0; v < at.vocab; ++v) {
            const float log_p = row.log_prob(z[v]), p = std::exp(log_p);
            d[v] = static_cast<E>(-g * p - h * p * (log_p + row.entropy));
        }
        const auto target = this->targets[i];
        d[target] = static_cast<E>(static_cast<float>(d[target]) + g);
    }
};

/// Both, one after the other, as a trainer with an autograd would. The logits are read twice, at the least.
template <class E>
struct both : backward<E> {
    using backward<E>::backward, bench::on_logits<E>::at;
    std::span<float> log_sum_exp = bench::room<float>(24, this->tokens);

    template <class Arch>
    auto call() {
        rlhf::token_log_probs<float, Arch>(
            this->batch, this->logits, this->targets,
            {.log_probs = this->log_probs, .entropy = this->entropy, .log_sum_exp = log_sum_exp});
        return backward<E>::template call<Arch>();
    }

    void plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            const bench::plain_softmax<E> row(z, V);
            this->log_probs[i] = row.log_prob(z[this->targets[i]]), this->entropy[i] = row.entropy;
            this->gradient(row, z, this->d().data() + i * V, i);
        }
    }
};

const bool registered = [] {
    using namespace bench;
    constexpr const char* function = "token_log_probs";
    vary_logits<forward>(function);
    vary_logits<backward>("token_log_probs_backward");
    const logit_rows peers(256, 32000);
    add<forward, float>(function, peers, everybody);
    add<both, float>(function, peers.called("with_backward"), everybody);
    return true;
}();

} // namespace token_log_probs_bench
