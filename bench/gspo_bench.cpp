// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/policy_loss.hpp>

#include <cmath>

// The objective of policy_loss whose ratio the tokens of a sequence share.
namespace gspo_bench {

using bench::numbers, bench::room;

template <class T>
struct gspo {
    static constexpr bench::traffic streams{.inputs = 3, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-1, 1, 1, at.size()), old_log_probs = numbers<T>(-1, 1, 2, at.size());
    std::span<const T> advantages = numbers<T>(-1, 1, 3, at.size());
    std::span<T> d_log_probs = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::policy_loss<T, Arch>(batch,
                                          {.log_probs = log_probs,
                                           .old_log_probs = old_log_probs,
                                           .advantages = advantages,
                                           .d_log_probs = d_log_probs},
                                          rlhf::gspo{.range = 0.2});
    }

    /// Loss, gradient, approximate KL.
    auto plain() {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        T tokens = 0, loss = 0, kl = 0;
        for (std::size_t i = 0; i < at.size(); ++i) tokens += counts(i) ? T(1) : T(0);
        for (std::size_t first = 0; first < at.size(); first += steps) {
            T sum = 0, n = 0;
            for (std::size_t i = first; i < first + steps; ++i)
                if (counts(i)) sum += log_probs[i] - old_log_probs[i], n += 1;
            const T ratio = std::exp(sum / n), low = std::max(ratio, T(0.8)), high = std::min(ratio, T(1.2));
            for (std::size_t i = first; i < first + steps; ++i) {
                if (!counts(i)) {
                    d_log_probs[i] = 0;
                    continue;
                }
                const T a = advantages[i], used = a < 0 ? low : high;
                loss -= used * a, d_log_probs[i] = used == ratio ? -ratio * a / tokens : 0;
            }
            kl -= sum;
        }
        return std::array<T, 2>{loss / tokens, kl / tokens};
    }
};

const bool registered = [] {
    using namespace bench;
    vary<gspo>("policy_loss", "gspo");
    for (const std::int64_t steps : {16, 64, 128, 512, 4096}) // the sweep over sequences against the plain loop
        add<gspo, float>(
            "policy_loss",
            fitting<gspo, float>(place::L2, counted::tail, steps).called("rows" + std::to_string(steps)).called("gspo"),
            against_plain);
    return true;
}();

} // namespace gspo_bench
