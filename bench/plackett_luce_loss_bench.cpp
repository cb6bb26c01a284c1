// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/plackett_luce_loss.hpp>

namespace {

/// 2¹⁶ responses, K a prompt.
template <class Arch>
void plackett_luce_loss(benchmark::State& state) {
    const auto rewards = bench::numbers(-3, 3, 1);
    std::vector<float> d(bench::tokens);
    const auto K = static_cast<std::size_t>(state.range(0));
    const rlhf::batch prompts{
        .sequences = bench::tokens / K, .steps = K, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::plackett_luce_loss<float, Arch>(prompts, {.rewards = rewards, .d_rewards = d}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(plackett_luce_loss<rlhf::native>)->ArgName("K")->Arg(2)->Arg(4)->Arg(8)->Arg(32);
BENCHMARK(plackett_luce_loss<rlhf::scalar>)->ArgName("K")->Arg(8);

} // namespace
