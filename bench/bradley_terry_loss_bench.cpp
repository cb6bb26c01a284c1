// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/bradley_terry_loss.hpp>

namespace {

template <class Arch>
void bradley_terry_loss(benchmark::State& state) {
    const auto chosen = bench::numbers(-3, 3, 1), rejected = bench::numbers(-3, 3, 2);
    std::vector<float> d_chosen(bench::tokens), d_rejected(bench::tokens);
    const rlhf::batch pairs{.steps = bench::tokens, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::bradley_terry_loss<float, Arch>(pairs, {.chosen_rewards = chosen,
                                                                               .rejected_rewards = rejected,
                                                                               .d_chosen_rewards = d_chosen,
                                                                               .d_rejected_rewards = d_rejected}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(bradley_terry_loss<rlhf::native>);
BENCHMARK(bradley_terry_loss<rlhf::scalar>);
BENCHMARK(bench::floor<2>)->Name("bradley_terry_loss_floor");

} // namespace
