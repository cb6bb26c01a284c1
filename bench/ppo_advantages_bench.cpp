// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/recipe/ppo_advantages.hpp>

#include <cmath>

namespace ppo_advantages_bench {

using bench::numbers, bench::room;

template <class T>
struct ppo_advantages {
    static constexpr bench::traffic streams{.inputs = 3, .outputs = 2};
    static constexpr T kl_coef = T(0.02), lambda = T(0.95);
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-1, 1, 1, at.size()), ref_log_probs = numbers<T>(-1, 1, 2, at.size());
    std::span<const T> values = numbers<T>(-1, 1, 3, at.size());
    std::span<const T> scores = numbers<T>(-1, 1, 9, static_cast<std::size_t>(at.sequences));
    std::span<T> advantages = room<T>(0, at.size()), returns = room<T>(1, at.size());

    template <class Arch>
    auto call() {
        return rlhf::ppo_advantages<T, Arch>(batch, {.log_probs = log_probs,
                                                     .ref_log_probs = ref_log_probs,
                                                     .values = values,
                                                     .scores = scores,
                                                     .advantages = advantages,
                                                     .returns = returns});
    }

    /// Rewards and estimates in one loop from the last step to the first, then whitened.
    T plain() {
        const auto counts = at.counts();
        const T *lp = log_probs.data(), *ref = ref_log_probs.data(), *v = values.data();
        T *a = advantages.data(), *R = returns.data();
        const std::size_t n = at.size(), steps = static_cast<std::size_t>(at.steps);
        T tokens = 0, sum = 0, squares = 0, kl = 0;
        for (std::size_t first = 0; first < n; first += steps) {
            T next_value = 0, advantage = 0, score = scores[first / steps];
            for (std::size_t i = first + steps; i-- > first;) {
                a[i] = 0, R[i] = 0;
                if (!counts(i)) continue;
                const T reward = score - kl_coef * (lp[i] - ref[i]);
                kl += lp[i] - ref[i], score = 0;
                advantage = reward + next_value - v[i] + lambda * advantage;
                next_value = v[i], a[i] = advantage, R[i] = advantage + v[i];
                tokens += 1, sum += advantage, squares += advantage * advantage;
            }
        }
        const T mean = sum / tokens;
        const T factor = 1 / std::sqrt((squares - tokens * mean * mean) / (tokens - 1) + T(1e-8));
        for (std::size_t i = 0; i < n; ++i) a[i] = counts(i) ? (a[i] - mean) * factor : T(0);
        return kl / tokens;
    }
};

const bool registered = (bench::vary<ppo_advantages>("ppo_advantages"), true);

} // namespace ppo_advantages_bench
