// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/top_entropy.hpp>

#include <algorithm>
#include <vector>

namespace top_entropy_bench {

using bench::numbers, bench::room;

template <class T>
struct top_entropy {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> entropy = numbers<T>(0, 3, 1, at.size());
    std::span<T> weights = room<T>(0, at.size());
    std::vector<T> sorted = {};

    template <class Arch>
    auto call() {
        return rlhf::top_entropy<T, Arch>(batch, {.entropy = entropy, .weights = weights});
    }

    /// A copy, of which as much is sorted as the threshold needs.
    T plain() {
        const auto counts = at.counts();
        sorted.clear();
        for (std::size_t i = 0; i < at.size(); ++i)
            if (counts(i)) sorted.push_back(entropy[i]);
        const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(0.8 * static_cast<double>(sorted.size() - 1));
        std::nth_element(sorted.begin(), nth, sorted.end());
        for (std::size_t i = 0; i < at.size(); ++i) weights[i] = counts(i) && entropy[i] >= *nth ? T(1) : T(0);
        return *nth;
    }
};

const bool registered = (bench::vary<top_entropy>("top_entropy"), true);

} // namespace top_entropy_bench
