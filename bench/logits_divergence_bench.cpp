// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits_divergence.hpp>

namespace {

/// Reads two rows a token: times are per logit of the policy.
template <class E, class Arch, rlhf::divergence How>
void logits_divergence(benchmark::State& state) {
    bench::logits<E> s(state);
    std::vector<E> reference(s.size());
    const auto noise = bench::numbers(-0.3, 0.3, 2, s.size());
    for (std::size_t i = 0; i < s.size(); ++i) reference[i] = static_cast<E>(static_cast<float>(s.z[i]) + noise[i]);
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            rlhf::logits_divergence<Arch>(s.batch, s.view(s.z), s.view(reference), s.view(s.d), {.divergence = How}));
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}
using rlhf::divergence;
BENCHMARK(logits_divergence<float, rlhf::native, divergence::reverse_kl>)->Apply(bench::logits_sizes);
BENCHMARK(logits_divergence<float, rlhf::scalar, divergence::reverse_kl>)->Apply(bench::cached_logits);
BENCHMARK(logits_divergence<rlhf::bfloat16, rlhf::native, divergence::reverse_kl>)->Apply(bench::logits_sizes);
BENCHMARK(logits_divergence<float, rlhf::native, divergence::forward_kl>)->Apply(bench::logits_sizes);
BENCHMARK(logits_divergence<float, rlhf::native, divergence::jsd>)->Apply(bench::logits_sizes);

} // namespace
