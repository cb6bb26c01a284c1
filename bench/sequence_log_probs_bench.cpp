// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/preference/sequence_log_probs.hpp>

namespace sequence_log_probs_bench {

using bench::numbers, bench::room;

/// Log ratios of answers to a reference.
template <class T>
struct sums {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 0};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-5, 0, 1, at.size()), ref = numbers<T>(-5, 0, 2, at.size());
    std::span<T> out = room<T>(0, static_cast<std::size_t>(at.sequences));

    template <class Arch>
    auto call() {
        return rlhf::sequence_log_probs<T, Arch>(batch, {.log_probs = log_probs, .ref_log_probs = ref, .sums = out});
    }
    void plain() {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        for (std::size_t s = 0; s < out.size(); ++s) {
            T sum = 0;
            for (std::size_t i = s * steps; i < (s + 1) * steps; ++i)
                if (counts(i)) sum += log_probs[i] - ref[i];
            out[s] = sum;
        }
    }
};

template <class T>
struct backward {
    static constexpr bench::traffic streams{.inputs = 0, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> d_sums = numbers<T>(-1, 1, 3, static_cast<std::size_t>(at.sequences));
    std::span<T> out = room<T>(0, at.size());

    template <class Arch>
    void call() {
        rlhf::sequence_log_probs_backward<T, Arch>(batch, {.d_sums = d_sums, .d_log_probs = out});
    }
    void plain() {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = counts(i) ? d_sums[i / steps] : T(0);
    }
};

const bool registered =
    (bench::vary<sums>("sequence_log_probs"), bench::vary<backward>("sequence_log_probs_backward"), true);

} // namespace sequence_log_probs_bench
