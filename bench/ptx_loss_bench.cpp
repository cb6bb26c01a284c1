// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/ptx_loss.hpp>

namespace ptx_loss_bench {

using bench::numbers, bench::room;

template <class T>
struct ptx_loss {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-1, 1, 1, at.size());
    std::span<T> d_log_probs = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::ptx_loss<T, Arch>(batch, {.log_probs = log_probs, .d_log_probs = d_log_probs});
    }

    T plain() {
        const auto counts = at.counts();
        const T* lp = log_probs.data();
        T* d = d_log_probs.data();
        const std::size_t n = at.size();
        T tokens = 0, sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            if (counts(i)) tokens += 1, sum -= lp[i];
        for (std::size_t i = 0; i < n; ++i) d[i] = counts(i) ? -1 / tokens : T(0);
        return sum / tokens;
    }
};

const bool registered = (bench::vary<ptx_loss>("ptx_loss"), true);

} // namespace ptx_loss_bench
