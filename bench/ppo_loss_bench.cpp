// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/ppo_loss.hpp>

namespace {

/// Logits to the gradient into them, with an entropy bonus: to another buffer, or in place.
template <class E, class Arch, bool InPlace>
void ppo_loss(benchmark::State& state) {
    bench::logits<E> s(state);
    std::vector<float> d_log_probs(s.targets.size()), d_entropy(s.targets.size());
    const std::vector<E> logits = InPlace ? s.z : std::vector<E>();
    for (auto _ : state) {
        if (InPlace) { // the last gradient is no row of logits
            state.PauseTiming();
            s.z = logits;
            state.ResumeTiming();
        }
        benchmark::DoNotOptimize(rlhf::ppo_loss<float, Arch>(s.batch, s.view(s.z), s.targets,
                                                             {.old_log_probs = s.old_log_probs,
                                                              .advantages = s.advantages,
                                                              .log_probs = s.log_probs,
                                                              .entropy = s.entropy,
                                                              .d_log_probs = d_log_probs,
                                                              .d_entropy = d_entropy},
                                                             s.view(InPlace ? s.z : s.d), {.entropy_coef = 0.01}));
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}
BENCHMARK(ppo_loss<float, rlhf::native, false>)->Apply(bench::logits_sizes);
BENCHMARK(ppo_loss<float, rlhf::native, true>)->Apply(bench::logits_sizes);
BENCHMARK(ppo_loss<float, rlhf::scalar, false>)->Apply(bench::cached_logits);
BENCHMARK(ppo_loss<rlhf::bfloat16, rlhf::native, false>)->Apply(bench::logits_sizes);
BENCHMARK(ppo_loss<rlhf::bfloat16, rlhf::native, true>)->Apply(bench::logits_sizes);

} // namespace
