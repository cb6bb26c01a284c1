// SPDX-License-Identifier: MIT
#include "prompts.hpp"

#include <rlhf/reward/ranking_loss.hpp>

#include <cmath>

namespace ranking_loss_bench {

template <class T>
struct ranking_loss : bench::prompts<T> {
    using bench::prompts<T>::prompts, bench::prompts<T>::at;
    static constexpr const char* element = "pair";
    static double elements(const bench::rows& r) {
        return static_cast<double>(r.sequences * r.steps * (r.steps - 1)) / 2;
    }

    template <class Arch>
    auto call() {
        return rlhf::ranking_loss<T, Arch>(this->batch, {.rewards = this->rewards, .d_rewards = this->d_rewards});
    }

    /// Loss, gradient, accuracy.
    auto plain() {
        const auto K = static_cast<std::size_t>(at.steps);
        const T all = static_cast<T>(K * (K - 1)) / 2 * static_cast<T>(at.sequences);
        T loss = 0, correct = 0;
        for (std::size_t first = 0; first < at.size(); first += K) {
            const T* r = this->rewards.data() + first;
            T* d = this->d_rewards.data() + first;
            for (std::size_t i = 0; i < K; ++i) d[i] = 0;
            for (std::size_t i = 0; i < K; ++i)
                for (std::size_t j = i + 1; j < K; ++j) {
                    const T m = r[i] - r[j], e = std::exp(-std::abs(m)), wrong = (m < 0 ? T(1) : e) / (1 + e);
                    loss += std::log1p(e) + (m < 0 ? -m : T(0)), correct += m > 0 ? T(1) : T(0);
                    d[i] -= wrong / all, d[j] += wrong / all;
                }
        }
        return std::array<T, 2>{loss / all, correct / all};
    }
};

const bool registered = (bench::vary_prompts<ranking_loss>("ranking_loss"), true);

} // namespace ranking_loss_bench
