// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/ranking_loss.hpp>

namespace {

template <class Arch>
void ranking_loss(benchmark::State& state) {
    bench::prompts p(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ranking_loss<float, Arch>(p.batch, {.rewards = p.rewards, .d_rewards = p.d}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ranking_loss<rlhf::native>)->ArgName("K")->Arg(2)->Arg(4)->Arg(8)->Arg(32);
BENCHMARK(ranking_loss<rlhf::scalar>)->ArgName("K")->Arg(8);

} // namespace
