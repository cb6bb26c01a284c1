// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/reward/reward_bias.hpp>

namespace reward_bias_bench {

using bench::numbers;

template <class T>
struct reward_bias {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 0};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> rewards = numbers<T>(-1, 1, 1, at.size());

    template <class Arch>
    double call() {
        return rlhf::reward_bias<T, Arch>(batch, rewards);
    }

    T plain() {
        const auto counts = at.counts();
        const T* r = rewards.data();
        T n = 0, sum = 0;
        for (std::size_t i = 0; i < at.size(); ++i)
            if (counts(i)) n += 1, sum += r[i];
        return -sum / n;
    }
};

const bool registered = (bench::vary<reward_bias>("reward_bias"), true);

} // namespace reward_bias_bench
