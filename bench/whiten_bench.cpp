// SPDX-License-Identifier: MIT
#include <rlhf/whiten.hpp>

#include <benchmark/benchmark.h>
#include <vector>

namespace {

/// 2¹⁶ tokens in rows of the given length, the last eighth of each masked.
struct rollout {
    std::vector<float> a, b, out, other;
    std::vector<std::uint8_t> mask;
    rlhf::batch batch{.mask = rlhf::all, .denominator = rlhf::counted_here};

    explicit rollout(std::size_t steps) : a(1 << 16), b(a), out(a), other(a), mask(a.size()) {
        for (std::size_t i = 0; i < a.size(); ++i) {
            a[i] = static_cast<float>(i % 97) / 97 - 1, b[i] = static_cast<float>(i % 89) / 89 - 1;
            mask[i] = i % steps < steps - steps / 8;
        }
        batch.sequences = a.size() / steps, batch.steps = steps, batch.mask = mask;
    }
};

template <class Arch>
void whiten(benchmark::State& state) {
    rollout x(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        x.out = x.a;
        benchmark::DoNotOptimize(rlhf::whiten<float, Arch>(x.batch, x.out));
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() << 16);
}
BENCHMARK(whiten<rlhf::native>)->Arg(64)->Arg(1024)->Arg(1 << 16);
BENCHMARK(whiten<rlhf::scalar>)->Arg(1024);

} // namespace
