// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/discounted_returns.hpp>

namespace discounted_returns_bench {

using bench::numbers, bench::room;

template <class T>
struct discounted_returns {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    static constexpr T gamma = T(0.99);
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> rewards = numbers<T>(-1, 1, 1, at.size());
    std::span<T> returns = room<T>(0, at.size());

    template <class Arch>
    void call() {
        rlhf::discounted_returns<T, Arch>(batch, {.rewards = rewards, .returns = returns},
                                          {.gamma = static_cast<double>(gamma)});
    }

    void plain() {
        const auto counts = at.counts();
        const T* r = rewards.data();
        T* R = returns.data();
        const auto steps = static_cast<std::size_t>(at.steps);
        for (std::size_t first = 0; first < at.size(); first += steps) {
            T sum = 0;
            for (std::size_t i = first + steps; i-- > first;) {
                if (counts(i)) sum = r[i] + gamma * sum;
                R[i] = counts(i) ? sum : T(0);
            }
        }
    }
};

const bool registered = (bench::vary<discounted_returns>("discounted_returns"), true);

} // namespace discounted_returns_bench
