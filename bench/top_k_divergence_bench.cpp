// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/top_k_divergence.hpp>

#include <cmath>

namespace {

template <class E, class Arch>
void top_k_divergence(benchmark::State& state) {
    bench::logits<E> s(state);
    constexpr std::int64_t k = 64;
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < s.rows * k; ++i) ids.push_back(static_cast<std::int32_t>(i * 997 % s.vocab));
    const std::vector<float> log_probs(ids.size(), std::log(0.9F / k));
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::top_k_divergence<Arch>(
            s.batch, s.view(s.z), {.k = k, .ids = ids, .log_probs = log_probs}, s.view(s.d)));
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}
BENCHMARK(top_k_divergence<float, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(top_k_divergence<float, rlhf::scalar>)->Apply(bench::cached_logits);
BENCHMARK(top_k_divergence<rlhf::bfloat16, rlhf::native>)->Apply(bench::logits_sizes);

} // namespace
