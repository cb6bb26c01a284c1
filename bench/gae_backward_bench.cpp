// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/gae_backward.hpp>

namespace gae_backward_bench {

using bench::numbers, bench::room;

template <class T>
struct gae_backward {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 2};
    static constexpr T gamma = T(0.99), lambda = T(0.95);
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> d_advantages = numbers<T>(-1, 1, 1, at.size()), d_returns = numbers<T>(-1, 1, 2, at.size());
    std::span<T> d_rewards = room<T>(0, at.size()), d_values = room<T>(1, at.size());

    template <class Arch>
    void call() {
        rlhf::gae_backward<T, Arch>(
            batch, {.d_advantages = d_advantages, .d_returns = d_returns, .d_rewards = d_rewards, .d_values = d_values},
            {.gamma = static_cast<double>(gamma), .lambda = static_cast<double>(lambda)});
    }

    void plain() {
        const auto counts = at.counts();
        const T *da = d_advantages.data(), *dR = d_returns.data();
        T *dr = d_rewards.data(), *dv = d_values.data();
        const auto steps = static_cast<std::size_t>(at.steps);
        for (std::size_t first = 0; first < at.size(); first += steps) {
            T u = 0;
            for (std::size_t i = first; i < first + steps; ++i) {
                if (!counts(i)) {
                    dr[i] = 0, dv[i] = 0;
                    continue;
                }
                const T before = u;
                u = da[i] + dR[i] + gamma * lambda * before;
                dr[i] = u, dv[i] = dR[i] - u + gamma * before;
            }
        }
    }
};

const bool registered = (bench::vary<gae_backward>("gae_backward"), true);

} // namespace gae_backward_bench
