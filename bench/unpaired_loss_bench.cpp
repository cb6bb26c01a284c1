// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/preference/unpaired_loss.hpp>

#include <cmath>

namespace unpaired_loss_bench {

using bench::numbers, bench::room;

template <class T>
struct unpaired_loss {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1}; // and a byte
    static constexpr const char* element = "answer";
    static double elements(const bench::rows& r) { return static_cast<double>(r.size()); }
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_ratios = numbers<T>(-20, 20, 1, at.size());
    std::span<const std::uint8_t> desirable = bench::mask_of(bench::counted::gaps, at.steps, at.size());
    std::span<T> d_log_ratios = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::unpaired_loss<T, Arch>(
            batch, {.log_ratios = log_ratios, .desirable = desirable, .d_log_ratios = d_log_ratios}, rlhf::kto{});
    }

    /// KTO: loss, gradient, rewards of either kind.
    auto plain() {
        const auto counts = at.counts();
        const T *r = log_ratios.data(), beta = T(0.1);
        T* d = d_log_ratios.data();
        const std::size_t all = at.size();
        T n = 0, loss = 0, goods = 0, good = 0, bad = 0;
        for (std::size_t i = 0; i < all; ++i) n += counts(i) ? T(1) : T(0);
        for (std::size_t i = 0; i < all; ++i) {
            d[i] = 0;
            if (!counts(i)) continue;
            const bool is_good = desirable[i] != 0;
            const T sign = is_good ? T(1) : T(-1), wrong = 1 / (1 + std::exp(sign * beta * r[i]));
            loss += wrong, goods += is_good ? T(1) : T(0), (is_good ? good : bad) += beta * r[i];
            d[i] = -sign * beta * wrong * (1 - wrong) / n;
        }
        return std::array<T, 4>{loss / n, goods, good, bad};
    }
};

const bool registered = (bench::vary<unpaired_loss>("unpaired_loss"), true);

} // namespace unpaired_loss_bench
