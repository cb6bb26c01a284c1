// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/masked_mean.hpp>

namespace masked_mean_bench {

using bench::numbers, bench::room;

template <class T>
struct masked_mean {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> values = numbers<T>(-1, 1, 1, at.size());
    std::span<T> d_values = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::masked_mean<T, Arch>(batch, {.values = values, .d_values = d_values});
    }

    T plain() {
        const auto counts = at.counts();
        const T* v = values.data();
        T* d = d_values.data();
        const std::size_t n = at.size();
        T tokens = 0, sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            if (counts(i)) tokens += 1, sum += v[i];
        for (std::size_t i = 0; i < n; ++i) d[i] = counts(i) ? 1 / tokens : T(0);
        return sum / tokens;
    }
};

const bool registered = (bench::vary<masked_mean>("masked_mean"), true);

} // namespace masked_mean_bench
