// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/ranking_loss.hpp>

namespace {

/// 2¹⁶ responses, K a prompt.
template <class Arch>
void ranking_loss(benchmark::State& state) {
    const auto rewards = bench::numbers(-3, 3, 1);
    std::vector<float> d(bench::tokens);
    const auto K = static_cast<std::size_t>(state.range(0));
    const rlhf::batch prompts{
        .sequences = bench::tokens / K, .steps = K, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ranking_loss<float, Arch>(prompts, {.rewards = rewards, .d_rewards = d}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ranking_loss<rlhf::native>)->ArgName("K")->Arg(2)->Arg(4)->Arg(8)->Arg(32);
BENCHMARK(ranking_loss<rlhf::scalar>)->ArgName("K")->Arg(8);

} // namespace
