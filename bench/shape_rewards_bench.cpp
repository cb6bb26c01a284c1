// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/shape_rewards.hpp>

namespace {

template <class Arch>
void shape_rewards(benchmark::State& state) {
    const auto log_probs = bench::numbers(-2, 0, 1), ref_log_probs = bench::numbers(-2, 0, 2);
    const auto scores = bench::numbers(-1, 1, 3, bench::tokens / static_cast<std::size_t>(state.range(0)));
    std::vector<float> rewards(bench::tokens);
    const bench::rows rows(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::shape_rewards<float, Arch>(
            rows.batch,
            {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .scores = scores, .rewards = rewards}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(shape_rewards<rlhf::native>)->ArgName("steps")->Arg(64)->Arg(1024)->Arg(1 << 16);
BENCHMARK(shape_rewards<rlhf::scalar>)->ArgName("steps")->Arg(1024);

} // namespace
