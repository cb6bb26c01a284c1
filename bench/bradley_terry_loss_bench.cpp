// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/reward/bradley_terry_loss.hpp>

#include <cmath>

namespace bradley_terry_loss_bench {

using bench::numbers, bench::room;

template <class T>
struct bradley_terry_loss {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 2};
    static constexpr const char* element = "pair";
    static double elements(const bench::rows& r) { return static_cast<double>(r.size()); }
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> chosen = numbers<T>(-1, 1, 1, at.size()), rejected = numbers<T>(-1, 1, 2, at.size());
    std::span<T> d_chosen = room<T>(0, at.size()), d_rejected = room<T>(1, at.size());

    template <class Arch>
    auto call() {
        return rlhf::bradley_terry_loss<T, Arch>(batch, {.chosen_rewards = chosen,
                                                         .rejected_rewards = rejected,
                                                         .d_chosen_rewards = d_chosen,
                                                         .d_rejected_rewards = d_rejected});
    }

    /// Loss, gradients, accuracy.
    auto plain() {
        const auto counts = at.counts();
        const T *c = chosen.data(), *r = rejected.data();
        T *dc = d_chosen.data(), *dr = d_rejected.data();
        const std::size_t all = at.size();
        T n = 0, loss = 0, correct = 0;
        for (std::size_t i = 0; i < all; ++i) n += counts(i) ? T(1) : T(0);
        for (std::size_t i = 0; i < all; ++i) {
            dc[i] = 0, dr[i] = 0;
            if (!counts(i)) continue;
            const T m = c[i] - r[i], e = std::exp(-std::abs(m)), wrong = (m < 0 ? T(1) : e) / (1 + e);
            loss += std::log1p(e) + (m < 0 ? -m : T(0)), correct += m > 0 ? T(1) : T(0);
            dc[i] = -wrong / n, dr[i] = wrong / n;
        }
        return std::array<T, 2>{loss / n, correct / n};
    }
};

const bool registered = (bench::vary<bradley_terry_loss>("bradley_terry_loss"), true);

} // namespace bradley_terry_loss_bench
