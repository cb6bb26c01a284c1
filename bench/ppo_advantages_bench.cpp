// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/ppo_advantages.hpp>

namespace {

template <class Arch>
void ppo_advantages(benchmark::State& state) {
    const auto log_probs = bench::numbers(-2, 0, 1), ref_log_probs = bench::numbers(-2, 0, 2),
               values = bench::numbers(-1, 1, 3);
    const auto scores = bench::numbers(-1, 1, 4, bench::tokens / 1024);
    std::vector<float> advantages(bench::tokens), returns(bench::tokens);
    const bench::rows rows(1024);
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ppo_advantages<float, Arch>(rows.batch, {.log_probs = log_probs,
                                                                                .ref_log_probs = ref_log_probs,
                                                                                .values = values,
                                                                                .scores = scores,
                                                                                .advantages = advantages,
                                                                                .returns = returns}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ppo_advantages<rlhf::native>);
BENCHMARK(ppo_advantages<rlhf::scalar>);

} // namespace
