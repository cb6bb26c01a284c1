// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/discounted_returns.hpp>

namespace {

template <class Arch>
void discounted_returns(benchmark::State& state) {
    const auto rewards = bench::numbers(-1, 1, 1);
    std::vector<float> returns(bench::tokens);
    const bench::rows rows(state.range(0));
    for (auto _ : state) {
        rlhf::discounted_returns<float, Arch>(rows.batch, {.rewards = rewards, .returns = returns}, {.gamma = 0.99});
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(discounted_returns<rlhf::native>)->ArgName("steps")->Arg(64)->Arg(1024)->Arg(1 << 16);
BENCHMARK(discounted_returns<rlhf::scalar>)->ArgName("steps")->Arg(1024);

} // namespace
