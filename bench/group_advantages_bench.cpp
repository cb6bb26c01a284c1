// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/group_advantages.hpp>

#include <cmath>

namespace group_advantages_bench {

using bench::numbers, bench::room;

/// A row is a group.
template <class T>
struct group_advantages {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    bench::rows at;
    std::span<const T> rewards = numbers<T>(-1, 1, 1, at.size());
    std::span<T> advantages = room<T>(0, at.size());

    explicit group_advantages(const bench::rows& r) : at(r) {}

    template <class Arch>
    auto call() {
        return rlhf::group_advantages<T, Arch>({.size = at.steps}, {.rewards = rewards, .advantages = advantages});
    }

    /// In two passes over a group.
    void plain() {
        const auto K = static_cast<std::size_t>(at.steps);
        for (std::size_t first = 0; first < at.size(); first += K) {
            const T* r = rewards.data() + first;
            T mean = 0, squares = 0;
            for (std::size_t k = 0; k < K; ++k) mean += r[k];
            mean /= static_cast<T>(K);
            for (std::size_t k = 0; k < K; ++k) squares += (r[k] - mean) * (r[k] - mean);
            const T factor = 1 / (std::sqrt(squares / static_cast<T>(K - 1)) + T(1e-6));
            for (std::size_t k = 0; k < K; ++k) advantages[first + k] = (r[k] - mean) * factor;
        }
    }
};

/// The same by ids, in no order.
template <class T>
struct by_ids : group_advantages<T> {
    std::vector<std::int32_t> ids;
    std::vector<std::int64_t> workspace;

    explicit by_ids(const bench::rows& r) : group_advantages<T>(r), workspace(2 * r.size()) {
        const auto groups = static_cast<std::size_t>(r.sequences);
        for (std::size_t i = 0; i < r.size(); ++i) ids.push_back(static_cast<std::int32_t>(i * 2654435761U % groups));
    }

    template <class Arch>
    auto call() {
        return rlhf::group_advantages<T, Arch>({.ids = ids, .workspace = workspace},
                                               {.rewards = this->rewards, .advantages = this->advantages});
    }
};

/// Count, mean and variance of rewards.
template <class T>
struct reward_moments {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 0};
    bench::rows at;
    std::span<const T> rewards = numbers<T>(-1, 1, 1, at.size());

    explicit reward_moments(const bench::rows& r) : at(r) {}

    template <class Arch>
    auto call() {
        return rlhf::reward_moments<T>(rewards);
    }
    auto plain() {
        T sum = 0, squares = 0;
        for (const T r : rewards) sum += r, squares += r * r;
        const T n = static_cast<T>(rewards.size()), mean = sum / n;
        return std::array<T, 2>{mean, (squares - n * mean * mean) / (n - 1)};
    }
};

bench::rows groups(bench::rows r) {
    r.how = std::string("G").append(std::to_string(r.steps));
    r.element = "sequence";
    return r;
}

const bool registered = [] {
    using namespace bench;
    constexpr auto all = counted::dense;
    for (const std::int64_t K : {4, 8, 16, 64})
        add<group_advantages, float>("group_advantages", groups({place::L2, K, all, 8}), everybody);
    add<group_advantages, float>("group_advantages", groups({place::DRAM, 8, all, 8}), everybody);
    add<group_advantages, double>("group_advantages", groups({place::L2, 8, all, 16}), against_floor);
    add<group_advantages, float>("group_advantages", groups({8192, 8, all}), everybody);
    add<by_ids, float>("group_advantages", groups({8192, 8, all}).called("ids"), {who::rlhf});
    add<group_advantages, float>("group_advantages", rows::one_call(8), against_plain);
    auto each = rows{65536, 1, all};
    each.element = "sequence";
    add<reward_moments, float>("reward_moments", each, {who::rlhf, who::plain, who::floor});
    return true;
}();

} // namespace group_advantages_bench
