// SPDX-License-Identifier: MIT
#include <rlhf/shape_rewards.hpp>

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
void shape_rewards(benchmark::State& state) {
    rollout x(static_cast<std::size_t>(state.range(0)));
    const std::vector<float> scores(1 << 16, 1.0F);
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::shape_rewards<float, Arch>(
            x.batch, {.log_probs = x.a,
                      .ref_log_probs = x.b,
                      .scores = std::span(scores).first(static_cast<std::size_t>(x.batch.size())),
                      .rewards = x.out}));
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() << 16);
}
BENCHMARK(shape_rewards<rlhf::native>)->Arg(64)->Arg(1024)->Arg(1 << 16);
BENCHMARK(shape_rewards<rlhf::scalar>)->Arg(1024);

} // namespace
