// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits/cross_entropy_loss.hpp>

namespace cross_entropy_loss_bench {

template <class E>
struct cross_entropy_loss : bench::on_logits<E> {
    using bench::on_logits<E>::on_logits, bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};

    template <class Arch>
    auto call() {
        return rlhf::cross_entropy_loss<Arch>(this->batch, this->logits, this->targets, this->d());
    }

    float plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        const float n = static_cast<float>(this->tokens);
        float loss = 0;
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            E* const d = this->d().data() + i * V;
            float largest = static_cast<float>(z[0]), sum = 0;
            for (std::size_t v = 0; v < V; ++v) largest = std::max(largest, static_cast<float>(z[v]));
            for (std::size_t v = 0; v < V; ++v) sum += std::exp(static_cast<float>(z[v]) - largest);
            const float lse = largest + std::log(sum);
            for (std::size_t v = 0; v < V; ++v) d[v] = static_cast<E>(std::exp(static_cast<float>(z[v]) - lse) / n);
            const auto target = static_cast<std::size_t>(this->targets[i]);
            loss += lse - static_cast<float>(z[target]);
            d[target] = static_cast<E>(static_cast<float>(d[target]) - 1 / n);
        }
        return loss / n;
    }
};

const bool registered = (bench::vary_logits<cross_entropy_loss>("cross_entropy_loss"), true);

} // namespace cross_entropy_loss_bench
