// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/gae.hpp>

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#endif

namespace gae_bench {

using bench::numbers, bench::room;

enum class lying { in_rows, time_first, packed };

template <class T, lying How>
struct advantages_of {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 2};
    static constexpr T gamma = T(0.99), lambda = T(0.95);
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::vector<std::int32_t> offsets = ragged();
    std::span<const T> rewards = numbers<T>(-1, 1, 1, at.size()), values = numbers<T>(-1, 1, 2, at.size());
    std::span<T> advantages = room<T>(0, at.size()), returns = room<T>(1, at.size());

    template <class Arch>
    void call() {
        if constexpr (How == lying::time_first) batch.layout = rlhf::layout::time_first;
        if constexpr (How == lying::packed) batch.offsets = offsets;
        rlhf::gae<T, Arch>(batch, {.rewards = rewards, .values = values, .advantages = advantages, .returns = returns},
                           {.gamma = static_cast<double>(gamma), .lambda = static_cast<double>(lambda)});
    }

    void plain() { How == lying::time_first ? plain_by_steps() : plain_by_rows(); }

#if __has_include(<Eigen/Core>)
    /// Step by step, all sequences at once; where all tokens count.
    void eigen() requires(How == lying::in_rows) {
        using table = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        const Eigen::Map<const table> r(rewards.data(), at.sequences, at.steps),
            v(values.data(), at.sequences, at.steps);
        Eigen::Map<table> a(advantages.data(), at.sequences, at.steps), R(returns.data(), at.sequences, at.steps);
        const Eigen::Index last = at.steps - 1;
        a = r - v;
        a.leftCols(last) += gamma * v.rightCols(last);
        for (Eigen::Index t = last; t-- > 0;) a.col(t) += gamma * lambda * a.col(t + 1);
        R = a + v;
    }
#endif

private:
    void plain_by_rows() {
        const auto counts = at.counts();
        const T *r = rewards.data(), *v = values.data();
        T *a = advantages.data(), *R = returns.data();
        const std::int64_t B = at.sequences, steps = at.steps;
        for (std::int64_t s = 0; s < B; ++s) {
            T next_value = 0, advantage = 0;
            for (std::int64_t t = steps; t-- > 0;) {
                const auto i = static_cast<std::size_t>(s * steps + t);
                if (counts(i)) {
                    const T delta = r[i] + gamma * next_value - v[i];
                    advantage = delta + gamma * lambda * advantage;
                    next_value = v[i];
                    a[i] = advantage, R[i] = advantage + v[i];
                } else {
                    a[i] = 0, R[i] = 0;
                }
            }
        }
    }

    /// [T, B], where all tokens count.
    void plain_by_steps() {
        const T *r = rewards.data(), *v = values.data();
        T *a = advantages.data(), *R = returns.data();
        const auto B = static_cast<std::size_t>(at.sequences), last = at.size() - B;
        for (std::size_t i = last; i < at.size(); ++i) a[i] = r[i] - v[i], R[i] = r[i];
        for (std::size_t t = last; t > 0; t -= B)
            for (std::size_t i = t - B; i < t; ++i) {
                a[i] = r[i] + gamma * v[i + B] - v[i] + gamma * lambda * a[i + B];
                R[i] = a[i] + v[i];
            }
    }

    /// Sequences of many lengths, as many tokens as the rows have.
    [[nodiscard]] std::vector<std::int32_t> ragged() const {
        std::vector<std::int32_t> starts{0};
        if (How != lying::packed) return starts;
        const auto n = static_cast<std::int32_t>(at.size());
        for (std::uint32_t seed = 1; starts.back() < n;) {
            seed = seed * 1664525U + 1013904223U;
            starts.push_back(std::min(n, starts.back() + 64 + static_cast<std::int32_t>((seed >> 8) % 2048)));
        }
        return starts;
    }
};
template <class T>
using gae = advantages_of<T, lying::in_rows>;
template <class T>
using time_first = advantages_of<T, lying::time_first>;
template <class T>
using packed = advantages_of<T, lying::packed>;

/// A λ per sequence.
template <class T>
struct own_lambdas : gae<T> {
    std::vector<T> lambdas;
    explicit own_lambdas(const bench::rows& r) : gae<T>{r}, lambdas(static_cast<std::size_t>(r.sequences), T(0.95)) {}

    template <class Arch>
    void call() {
        rlhf::gae<T, Arch>(this->batch,
                           {.rewards = this->rewards,
                            .values = this->values,
                            .lambdas = lambdas,
                            .advantages = this->advantages,
                            .returns = this->returns},
                           {.gamma = static_cast<double>(this->gamma)});
    }
};

const bool registered = [] {
    using namespace bench;
    vary<gae>("gae");
    const rows dense = fitting<gae, float>(place::L3, counted::dense);
    add<gae, float>("gae", dense, {who::plain, who::eigen});
    add<gae, float>("gae", fitting<gae, float>(place::L2, counted::dense), {who::rlhf, who::plain, who::floor});
    add<gae, float>("gae", fitting<gae, float>(place::L3, counted::gaps), {who::plain});
    add<time_first, float>("gae", dense.called("time_first"), {who::rlhf, who::plain, who::floor});
    add<packed, float>("gae", dense.called("packed"), against_floor);
    add<own_lambdas, float>("gae", dense.called("lambdas"), against_floor);
    for (const std::int64_t steps : {64, 128, 512, 4096})
        add<gae, float>("gae",
                        fitting<gae, float>(place::L3, counted::dense, steps).called("rows" + std::to_string(steps)),
                        against_floor);
    for (const std::int64_t n : {4, 16, 64, 256, 4096, 16384})
        add<gae, float>("gae", rows(n, 1024, counted::dense), against_floor);
    add<gae, float>("gae", rows(16, 196608, counted::dense), {who::rlhf, who::plain, who::floor});
    for (const rows& peers : {rows(512, 1024, counted::dense), rows(4096, 128, counted::dense)}) {
        add<gae, float>("gae", peers, everybody);
        add<gae, float>("gae", peers, {who::eigen});
    }
    add<gae, float>("gae", rows(512, 1024, counted::gaps), {who::rlhf, who::plain, who::floor});
    return true;
}();

} // namespace gae_bench
