// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/reward_bias.hpp>

namespace {

template <class Arch>
void reward_bias(benchmark::State& state) {
    const auto rewards = bench::numbers(-1, 1, 1);
    const bench::rows rows(1024);
    for (auto _ : state) benchmark::DoNotOptimize(rlhf::reward_bias<float, Arch>(rows.batch, rewards));
    bench::count(state);
}
BENCHMARK(reward_bias<rlhf::native>);
BENCHMARK(reward_bias<rlhf::scalar>);

} // namespace
