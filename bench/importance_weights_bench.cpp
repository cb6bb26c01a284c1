// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/importance_weights.hpp>

#include <cmath>

namespace importance_weights_bench {

using bench::numbers, bench::room;

template <class T, bool BySequence>
struct importance_weights {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-1, 1, 1, at.size()), behavior = numbers<T>(-1, 1, 2, at.size());
    std::span<T> weights = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        rlhf::importance_weights_options o{.range = 2};
        if (BySequence) o.sequence_mean = {0.5, 2};
        return rlhf::importance_weights<T, Arch>(
            batch, {.log_probs = log_probs, .behavior_log_probs = behavior, .weights = weights}, o);
    }

    /// Weights, their mean and the mean of their squares.
    auto plain() {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        T sum = 0, squares = 0;
        for (std::size_t first = 0; first < at.size(); first += steps) {
            bool keep = true;
            if constexpr (BySequence) {
                T rho = 0, n = 0;
                for (std::size_t i = first; i < first + steps; ++i)
                    if (counts(i)) rho += log_probs[i] - behavior[i], n += 1;
                keep = std::exp(rho / n) > T(0.5) && std::exp(rho / n) < T(2);
            }
            for (std::size_t i = first; i < first + steps; ++i) {
                const T w = keep && counts(i) ? std::min(std::exp(log_probs[i] - behavior[i]), T(2)) : T(0);
                sum += w, squares += w * w, weights[i] = w;
            }
        }
        return std::array<T, 2>{sum, squares};
    }
};
template <class T>
using by_token = importance_weights<T, false>;
template <class T>
using by_sequence = importance_weights<T, true>;

const bool registered = [] {
    bench::vary<by_token>("importance_weights");
    bench::vary<by_sequence>("importance_weights", "sequence");
    return true;
}();

} // namespace importance_weights_bench
