// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/ppo_value_loss.hpp>

namespace {

template <class Arch>
void ppo_value_loss(benchmark::State& state) {
    const auto values = bench::numbers(-1, 1, 1), old = bench::numbers(-1, 1, 2), returns = bench::numbers(-1, 1, 3);
    std::vector<float> d(bench::tokens);
    const bench::rows rows(1024);
    const double range = state.range(0) == 0 ? rlhf::unlimited : 0.2;
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ppo_value_loss<float, Arch>(
            rows.batch, {.values = values, .old_values = old, .returns = returns, .d_values = d},
            {.clip_range = range}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ppo_value_loss<rlhf::native>)->ArgName("clipped")->Arg(0)->Arg(1);
BENCHMARK(ppo_value_loss<rlhf::scalar>)->ArgName("clipped")->Arg(1);
BENCHMARK(bench::floor<3>)->Name("ppo_value_loss_floor");

} // namespace
