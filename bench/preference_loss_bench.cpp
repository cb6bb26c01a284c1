// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/preference/preference_loss.hpp>

#include <cmath>

namespace preference_loss_bench {

using bench::numbers, bench::room;

template <class T>
struct preference_loss {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 2};
    static constexpr const char* element = "pair";
    static double elements(const bench::rows& r) { return static_cast<double>(r.size()); }
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> chosen = numbers<T>(-20, 20, 1, at.size()), rejected = numbers<T>(-20, 20, 2, at.size());
    std::span<T> d_chosen = room<T>(0, at.size()), d_rejected = room<T>(1, at.size());

    template <class Arch>
    auto call() {
        return rlhf::preference_loss<T, Arch>(
            batch, {.chosen = chosen, .rejected = rejected, .d_chosen = d_chosen, .d_rejected = d_rejected},
            rlhf::dpo{});
    }

    /// DPO: loss, gradients, accuracy, rewards.
    auto plain() {
        const auto counts = at.counts();
        const T *c = chosen.data(), *j = rejected.data(), beta = T(0.1);
        T *dc = d_chosen.data(), *dj = d_rejected.data();
        const std::size_t all = at.size();
        T n = 0, loss = 0, correct = 0, good = 0, bad = 0;
        for (std::size_t i = 0; i < all; ++i) n += counts(i) ? T(1) : T(0);
        for (std::size_t i = 0; i < all; ++i) {
            dc[i] = 0, dj[i] = 0;
            if (!counts(i)) continue;
            const T m = beta * (c[i] - j[i]), e = std::exp(-std::abs(m)), wrong = (m < 0 ? T(1) : e) / (1 + e);
            loss += std::log1p(e) + (m < 0 ? -m : T(0)), correct += m > 0 ? T(1) : T(0);
            good += beta * c[i], bad += beta * j[i];
            dc[i] = -beta * wrong / n, dj[i] = beta * wrong / n;
        }
        return std::array<T, 4>{loss / n, correct / n, good / n, bad / n};
    }
};

const bool registered = (bench::vary<preference_loss>("preference_loss"), true);

} // namespace preference_loss_bench
