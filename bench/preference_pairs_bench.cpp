// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/recipe/preference_pairs.hpp>

#include <cmath>

namespace preference_pairs_bench {

using bench::numbers, bench::room;

/// Half as many answers as pairs. Only the loss gains from lanes.
template <class T>
struct preference_pairs {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    static constexpr const char* element = "pair";
    static double elements(const bench::rows& r) { return static_cast<double>(r.size()); }
    bench::rows at;
    std::size_t answers = at.size() / 2 + 1;
    rlhf::batch batch = at.batch();
    std::vector<std::int32_t> chosen = places(2654435761U), rejected = places(2246822519U);
    std::span<const T> sums = numbers<T>(-20, 20, 1, answers);
    std::span<T> d_sums = room<T>(0, answers);

    [[nodiscard]] std::vector<std::int32_t> places(std::uint32_t seed) const {
        std::vector<std::int32_t> x(at.size());
        std::uint32_t state = seed;
        for (auto& e : x) e = static_cast<std::int32_t>((state = state * 1664525U + 1013904223U) % answers);
        return x;
    }

    template <class Arch>
    auto call() {
        return rlhf::preference_pairs<T, Arch>(
            batch, {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, rlhf::dpo{});
    }

    /// DPO: loss, gradients, accuracy.
    auto plain() {
        const auto counts = at.counts();
        const T beta = T(0.1);
        T n = 0, loss = 0, correct = 0;
        for (std::size_t i = 0; i < at.size(); ++i) n += counts(i) ? T(1) : T(0);
        for (T& d : d_sums) d = 0;
        for (std::size_t i = 0; i < at.size(); ++i) {
            if (!counts(i)) continue;
            const auto c = static_cast<std::size_t>(chosen[i]), j = static_cast<std::size_t>(rejected[i]);
            const T m = beta * (sums[c] - sums[j]), e = std::exp(-std::abs(m)), wrong = (m < 0 ? T(1) : e) / (1 + e);
            loss += std::log1p(e) + (m < 0 ? -m : T(0)), correct += m > 0 ? T(1) : T(0);
            d_sums[c] -= beta * wrong / n, d_sums[j] += beta * wrong / n;
        }
        return std::array<T, 2>{loss / n, correct / n};
    }
};

const bool registered = (bench::vary<preference_pairs>("preference_pairs"), true);

} // namespace preference_pairs_bench
