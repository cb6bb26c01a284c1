// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/recipe/ppo_loss.hpp>

namespace ppo_loss_bench {

/// Logits to the gradient into them, with an entropy bonus.
template <class E>
struct ppo_loss : bench::on_logits<E> {
    using bench::on_logits<E>::on_logits, bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    std::vector<float> old_log_probs = std::vector<float>(this->tokens, -10.F);
    std::vector<float> advantages = std::vector<float>(this->tokens, 0.5F);

    template <class Arch>
    auto call() {
        return rlhf::ppo_loss<float, Arch>(this->batch, this->logits, this->targets,
                                           {.old_log_probs = old_log_probs,
                                            .advantages = advantages,
                                            .log_probs = this->log_probs,
                                            .entropy = this->entropy,
                                            .d_log_probs = this->d_log_probs,
                                            .d_entropy = this->d_entropy},
                                           this->d(), {.entropy_coef = 0.01});
    }

    float plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        const float n = static_cast<float>(this->tokens);
        float loss = 0;
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            E* const d = this->d().data() + i * V;
            const bench::plain_softmax<E> row(z, V);
            const auto target = static_cast<std::size_t>(this->targets[i]);
            const float ratio = std::exp(row.log_prob(z[target]) - old_log_probs[i]), a = advantages[i];
            const float bounded = std::min(std::max(ratio, 0.8F), 1.2F);
            const bool cut = bounded * a < ratio * a;
            loss -= (cut ? bounded : ratio) * a + 0.01F * row.entropy;
            const float g = cut ? 0 : -ratio * a / n, h = -0.01F / n;
            for (std::size_t v = 0; v < V; ++v) {
                const float log_p = row.log_prob(z[v]), p = std::exp(log_p);
                d[v] = static_cast<E>(-g * p - h * p * (log_p + row.entropy));
            }
            d[target] = static_cast<E>(static_cast<float>(d[target]) + g);
        }
        return loss / n;
    }
};

const bool registered = (bench::vary_logits<ppo_loss>("ppo_loss"), true);

} // namespace ppo_loss_bench
