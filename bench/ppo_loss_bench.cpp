// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/ppo_loss.hpp>

namespace {

template <class Arch>
void ppo_loss(benchmark::State& state) {
    bench::logits<float> s;
    const std::vector<float> old(bench::logits_rows, -10.0F), advantages(bench::logits_rows, 0.5F);
    std::vector<float> d_log_probs(bench::logits_rows), d_entropy(bench::logits_rows);
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ppo_loss<float, Arch>(s.batch, s.view(s.z), s.targets,
                                                             {.old_log_probs = old,
                                                              .advantages = advantages,
                                                              .log_probs = s.log_probs,
                                                              .entropy = s.entropy,
                                                              .d_log_probs = d_log_probs,
                                                              .d_entropy = d_entropy},
                                                             s.view(s.d), {.entropy_coef = 0.01}));
        benchmark::ClobberMemory();
    }
    bench::count(state, bench::logits_size);
}
BENCHMARK(ppo_loss<rlhf::native>);
BENCHMARK(ppo_loss<rlhf::scalar>);

} // namespace
