// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/whiten.hpp>

namespace {

template <class Arch>
void whiten(benchmark::State& state) {
    auto advantages = bench::numbers(-1, 1, 1);
    const bench::rows rows(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::whiten<float, Arch>(rows.batch, advantages));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(whiten<rlhf::native>)->ArgName("steps")->Arg(64)->Arg(1024)->Arg(1 << 16);
BENCHMARK(whiten<rlhf::scalar>)->ArgName("steps")->Arg(1024);

} // namespace
