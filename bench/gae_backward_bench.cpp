// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/gae_backward.hpp>

namespace {

template <class Arch>
void gae_backward(benchmark::State& state) {
    const auto d_advantages = bench::numbers(-1, 1, 1), d_returns = bench::numbers(-1, 1, 2);
    std::vector<float> d_rewards(bench::tokens), d_values(bench::tokens);
    const bench::rows rows(state.range(0));
    for (auto _ : state) {
        rlhf::gae_backward<float, Arch>(
            rows.batch,
            {.d_advantages = d_advantages, .d_returns = d_returns, .d_rewards = d_rewards, .d_values = d_values});
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(gae_backward<rlhf::native>)->ArgName("steps")->Arg(64)->Arg(1024)->Arg(1 << 16);
BENCHMARK(gae_backward<rlhf::scalar>)->ArgName("steps")->Arg(1024);

} // namespace
