// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/plackett_luce_loss.hpp>

namespace {

template <class Arch>
void plackett_luce_loss(benchmark::State& state) {
    bench::prompts p(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            rlhf::plackett_luce_loss<float, Arch>(p.batch, {.rewards = p.rewards, .d_rewards = p.d}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(plackett_luce_loss<rlhf::native>)->ArgName("K")->Arg(2)->Arg(4)->Arg(8)->Arg(32);
BENCHMARK(plackett_luce_loss<rlhf::scalar>)->ArgName("K")->Arg(8);

} // namespace
