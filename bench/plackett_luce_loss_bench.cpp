// SPDX-License-Identifier: MIT
#include "prompts.hpp"

#include <rlhf/reward/plackett_luce_loss.hpp>

#include <cmath>

namespace plackett_luce_loss_bench {

template <class T>
struct plackett_luce_loss : bench::prompts<T> {
    using bench::prompts<T>::prompts, bench::prompts<T>::at;
    static constexpr const char* element = "response";
    static double elements(const bench::rows& r) { return static_cast<double>(r.size()); }

    template <class Arch>
    auto call() {
        return rlhf::plackett_luce_loss<T, Arch>(this->batch, {.rewards = this->rewards, .d_rewards = this->d_rewards});
    }

    /// Loss and gradient, a softmax for each choice.
    T plain() {
        const auto K = static_cast<std::size_t>(at.steps);
        const T of = static_cast<T>(at.sequences);
        T loss = 0;
        for (std::size_t first = 0; first < at.size(); first += K) {
            const T* r = this->rewards.data() + first;
            T* d = this->d_rewards.data() + first;
            for (std::size_t i = 0; i < K; ++i) d[i] = -1 / of;
            for (std::size_t k = 0; k < K; ++k) {
                T largest = r[k], sum = 0;
                for (std::size_t i = k; i < K; ++i) largest = std::max(largest, r[i]);
                for (std::size_t i = k; i < K; ++i) sum += std::exp(r[i] - largest);
                loss += std::log(sum) + largest - r[k];
                for (std::size_t i = k; i < K; ++i) d[i] += std::exp(r[i] - largest) / (sum * of);
            }
        }
        return loss / of;
    }
};

const bool registered = (bench::vary_prompts<plackett_luce_loss>("plackett_luce_loss"), true);

} // namespace plackett_luce_loss_bench
