// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/shape_rewards.hpp>

#include <cmath>

namespace shape_rewards_bench {

using bench::numbers, bench::room;

template <class T, rlhf::kl_estimator How>
struct rewards_of {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    static constexpr bool k3 = How == rlhf::kl_estimator::k3;
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-1, 1, 1, at.size()), ref_log_probs = numbers<T>(-1, 1, 2, at.size());
    std::span<const T> scores = numbers<T>(-1, 1, 9, static_cast<std::size_t>(at.sequences));
    std::span<T> rewards = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::shape_rewards<T, Arch>(
            batch, {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .scores = scores, .rewards = rewards},
            {.kl_coef = 0.02, .kl_estimator = How});
    }

    /// The rewards, and the mean KL.
    T plain() {
        const auto counts = at.counts();
        const T *lp = log_probs.data(), *ref = ref_log_probs.data();
        T* r = rewards.data();
        const auto steps = static_cast<std::size_t>(at.steps);
        T sum = 0, tokens = 0;
        for (std::size_t first = 0; first < at.size(); first += steps) {
            std::size_t last = at.size();
            for (std::size_t i = first; i < first + steps; ++i) {
                r[i] = 0;
                if (!counts(i)) continue;
                const T d = lp[i] - ref[i], kl = k3 ? std::exp(-d) - 1 + d : d;
                sum += kl, tokens += 1, r[i] = T(-0.02) * kl, last = i;
            }
            if (last < at.size()) r[last] += scores[first / steps];
        }
        return sum / tokens;
    }
};
template <class T>
using shape_rewards = rewards_of<T, rlhf::kl_estimator::k1>;
template <class T>
using with_k3 = rewards_of<T, rlhf::kl_estimator::k3>;

const bool registered = [] {
    using namespace bench;
    constexpr const char* function = "shape_rewards";
    vary<shape_rewards>(function);
    vary<with_k3>(function, "k3");
    add<with_k3, float>(function, rows(1024, 1024, counted::dense).called("k3"), everybody);
    return true;
}();

} // namespace shape_rewards_bench
