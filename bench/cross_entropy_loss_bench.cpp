// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/cross_entropy_loss.hpp>

namespace {

template <class Arch>
void cross_entropy_loss(benchmark::State& state) {
    bench::logits<float> s;
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::cross_entropy_loss<Arch>(s.batch, s.view(s.z), s.targets, s.view(s.d)));
        benchmark::ClobberMemory();
    }
    bench::count(state, bench::logits_size);
}
BENCHMARK(cross_entropy_loss<rlhf::native>);
BENCHMARK(cross_entropy_loss<rlhf::scalar>);

} // namespace
