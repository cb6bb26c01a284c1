// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/gae.hpp>

namespace {

template <class Arch>
void gae(benchmark::State& state) {
    const auto rewards = bench::numbers(-1, 1, 1), values = bench::numbers(-1, 1, 2);
    std::vector<float> advantages(bench::tokens), returns(bench::tokens);
    const bench::rows rows(state.range(0));
    for (auto _ : state) {
        rlhf::gae<float, Arch>(rows.batch,
                               {.rewards = rewards, .values = values, .advantages = advantages, .returns = returns});
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(gae<rlhf::native>)->ArgName("steps")->Arg(64)->Arg(1024)->Arg(1 << 16);
BENCHMARK(gae<rlhf::scalar>)->ArgName("steps")->Arg(1024);

} // namespace
