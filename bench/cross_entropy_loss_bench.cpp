// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/cross_entropy_loss.hpp>

namespace {

template <class E, class Arch>
void cross_entropy_loss(benchmark::State& state) {
    bench::logits<E> s(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::cross_entropy_loss<Arch>(s.batch, s.view(s.z), s.targets, s.view(s.d)));
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}
BENCHMARK(cross_entropy_loss<float, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(cross_entropy_loss<float, rlhf::scalar>)->Apply(bench::cached_logits);
BENCHMARK(cross_entropy_loss<rlhf::bfloat16, rlhf::native>)->Apply(bench::logits_sizes);

} // namespace
