// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/recipe/gdpo_advantages.hpp>

#include <cmath>

namespace gdpo_advantages_bench {

using bench::numbers, bench::room;

/// Two rewards; a row is a group.
template <class T>
struct gdpo_advantages {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    bench::rows at;
    std::span<const T> rewards = numbers<T>(-1, 1, 1, 2 * at.size());
    std::span<T> advantages = room<T>(0, at.size()), workspace = room<T>(1, at.size());

    explicit gdpo_advantages(const bench::rows& r) : at(r) {}

    template <class Arch>
    auto call() {
        const auto n = static_cast<std::int64_t>(at.size());
        return rlhf::gdpo_advantages<T, Arch>({.size = at.steps},
                                              {.rewards = rlhf::view(rewards.data(), {.sequences = 2, .steps = n}),
                                               .workspace = workspace,
                                               .advantages = advantages});
    }

    /// Two passes over each group, and two over the sums.
    void plain() {
        const auto K = static_cast<std::size_t>(at.steps), n = at.size();
        T all = 0, all_squares = 0;
        for (std::size_t first = 0; first < n; first += K)
            for (std::size_t reward = 0; reward < 2; ++reward) {
                const T* r = rewards.data() + reward * n + first;
                T mean = 0, squares = 0;
                for (std::size_t k = 0; k < K; ++k) mean += r[k];
                mean /= static_cast<T>(K);
                for (std::size_t k = 0; k < K; ++k) squares += (r[k] - mean) * (r[k] - mean);
                const T factor = 1 / (std::sqrt(squares / static_cast<T>(K - 1)) + T(1e-6));
                for (std::size_t k = 0; k < K; ++k)
                    advantages[first + k] = (reward == 0 ? 0 : advantages[first + k]) + (r[k] - mean) * factor;
            }
        for (std::size_t i = 0; i < n; ++i) all += advantages[i];
        all /= static_cast<T>(n);
        for (std::size_t i = 0; i < n; ++i) all_squares += (advantages[i] - all) * (advantages[i] - all);
        const T scale = 1 / std::sqrt(all_squares / static_cast<T>(n - 1) + T(1e-8));
        for (std::size_t i = 0; i < n; ++i) advantages[i] = (advantages[i] - all) * scale;
    }
};

const bool registered = [] {
    using namespace bench;
    auto each = rows{8192, 8, counted::dense};
    each.how = "G8", each.element = "sequence";
    add<gdpo_advantages, float>("gdpo_advantages", each, everybody);
    return true;
}();

} // namespace gdpo_advantages_bench
