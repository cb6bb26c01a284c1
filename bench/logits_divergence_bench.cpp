// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits/logits_divergence.hpp>

namespace logits_divergence_bench {

using rlhf::divergence;

/// Against a reference that is near.
template <class E, divergence How>
struct divergence_of : bench::on_logits<E> {
    using bench::on_logits<E>::on_logits, bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    rlhf::logits_view<const E> reference{near(), {.steps = at.rows, .vocab = at.vocab}};

    template <class Arch>
    auto call() {
        return rlhf::logits_divergence<Arch>(this->batch, this->logits, reference, this->d(), {.divergence = How});
    }

    /// KL(p ‖ q), and p (log p − log q − KL) / tokens.
    float plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        const float n = static_cast<float>(this->tokens);
        float loss = 0;
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E *const z = this->logits.data() + i * V, *const w = reference.data() + i * V;
            E* const d = this->d().data() + i * V;
            const bench::plain_softmax<E> p(z, V), q(w, V);
            float kl = 0;
            for (std::size_t v = 0; v < V; ++v) {
                const float log_p = p.log_prob(z[v]);
                kl += std::exp(log_p) * (log_p - q.log_prob(w[v]));
            }
            for (std::size_t v = 0; v < V; ++v) {
                const float log_p = p.log_prob(z[v]);
                d[v] = static_cast<E>(std::exp(log_p) * (log_p - q.log_prob(w[v]) - kl) / n);
            }
            loss += kl;
        }
        return loss / n;
    }

private:
    [[nodiscard]] const E* near() const {
        const auto z = bench::numbers<E>(-4, 4, 1, at.size(), 4), noise = bench::numbers<E>(-0.3, 0.3, 2, at.size());
        return bench::kept<E>("near", at.size(),
                              [&](std::span<E> x) {
                                  for (std::size_t i = 0; i < at.size(); ++i)
                                      x[i] = static_cast<E>(static_cast<float>(z[i]) + static_cast<float>(noise[i]));
                              })
            .data();
    }
};
template <class E>
using reverse = divergence_of<E, divergence::reverse_kl>;
template <class E>
using forward = divergence_of<E, divergence::forward_kl>;
template <class E>
using jsd = divergence_of<E, divergence::jsd>;

const bool registered = [] {
    using namespace bench;
    constexpr const char* function = "logits_divergence";
    vary_logits<reverse>(function, "reverse_kl");
    const logit_rows centre = fitting_logits<reverse, float>(place::L3);
    add<forward, float>(function, centre.called("forward_kl"), against_floor);
    add<jsd, float>(function, centre.called("jsd"), against_floor);
    return true;
}();

} // namespace logits_divergence_bench
