// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/vtrace.hpp>

#include <cmath>

namespace vtrace_bench {

using bench::numbers, bench::room;

template <class T, bool TimeFirst>
struct traces_of {
    static constexpr bench::traffic streams{.inputs = 4, .outputs = 2};
    static constexpr T gamma = T(0.99), bound = 1;
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> rewards = numbers<T>(-1, 1, 1, at.size()), values = numbers<T>(-1, 1, 2, at.size()),
                       log_probs = numbers<T>(-2, 0, 3, at.size()), behavior = numbers<T>(-2, 0, 4, at.size());
    std::span<T> targets = room<T>(0, at.size()), advantages = room<T>(1, at.size());

    template <class Arch>
    void call() {
        if constexpr (TimeFirst) batch.layout = rlhf::layout::time_first;
        rlhf::vtrace<T, Arch>(batch,
                              {.rewards = rewards,
                               .values = values,
                               .log_probs = log_probs,
                               .behavior_log_probs = behavior,
                               .targets = targets,
                               .advantages = advantages},
                              {.gamma = static_cast<double>(gamma)});
    }

    void plain() {
        const auto counts = at.counts();
        const std::int64_t B = at.sequences, steps = at.steps;
        for (std::int64_t s = 0; s < B; ++s) {
            T next_value = 0, error = 0;
            for (std::int64_t t = steps; t-- > 0;) {
                const auto i = static_cast<std::size_t>(TimeFirst ? t * B + s : s * steps + t);
                if (!counts(i)) {
                    targets[i] = advantages[i] = 0;
                    continue;
                }
                const T ratio = std::min(bound, std::exp(log_probs[i] - behavior[i]));
                const T delta = rewards[i] + gamma * next_value - values[i];
                advantages[i] = ratio * (delta + gamma * error);
                error = ratio * delta + gamma * ratio * error;
                next_value = values[i], targets[i] = values[i] + error;
            }
        }
    }
};
template <class T>
using vtrace = traces_of<T, false>;
template <class T>
using time_first = traces_of<T, true>;

const bool registered = [] {
    using namespace bench;
    vary<vtrace>("vtrace");
    const rows dense = fitting<vtrace, float>(place::L3, counted::dense);
    add<time_first, float>("vtrace", dense.called("time_first"), {who::rlhf, who::plain, who::floor});
    return true;
}();

} // namespace vtrace_bench
