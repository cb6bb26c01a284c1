// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/ptx_loss.hpp>

namespace {

template <class Arch>
void ptx_loss(benchmark::State& state) {
    const auto log_probs = bench::numbers(-2, 0, 1);
    std::vector<float> d_log_probs(bench::tokens);
    const bench::rows rows(1024);
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            rlhf::ptx_loss<float, Arch>(rows.batch, {.log_probs = log_probs, .d_log_probs = d_log_probs}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ptx_loss<rlhf::native>);
BENCHMARK(ptx_loss<rlhf::scalar>);

} // namespace
