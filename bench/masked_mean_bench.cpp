// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/masked_mean.hpp>

namespace {

template <class Arch>
void masked_mean(benchmark::State& state) {
    const auto values = bench::numbers(-2, 0, 1);
    std::vector<float> d_values(bench::tokens);
    const bench::rows rows(1024);
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::masked_mean<float, Arch>(rows.batch, {.values = values, .d_values = d_values}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(masked_mean<rlhf::native>);
BENCHMARK(masked_mean<rlhf::scalar>);

} // namespace
