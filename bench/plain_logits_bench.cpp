// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <cmath>

namespace {

/// The loops that one writes first: the largest, the sums, and for the gradient the exponentials again.
template <bool Gradient>
void plain_loop(benchmark::State& state) {
    bench::logits<float> s(state);
    const auto V = static_cast<std::size_t>(s.vocab);
    for (auto _ : state) {
        for (std::size_t i = 0; i < s.targets.size(); ++i) {
            const float* const z = s.z.data() + i * V;
            float largest = z[0], sum = 0, weighted = 0;
            for (std::size_t v = 0; v < V; ++v) largest = z[v] > largest ? z[v] : largest;
            for (std::size_t v = 0; v < V; ++v) {
                const float e = std::exp(z[v] - largest);
                sum += e, weighted += e * (z[v] - largest);
            }
            const float log_sum = std::log(sum), entropy = log_sum - weighted / sum;
            const auto target = static_cast<std::size_t>(s.targets[i]);
            s.log_probs[i] = z[target] - largest - log_sum, s.entropy[i] = entropy;
            if constexpr (Gradient) {
                float* const d = s.d.data() + i * V;
                for (std::size_t v = 0; v < V; ++v) {
                    const float x = z[v] - largest - log_sum, p = std::exp(x);
                    d[v] = 0.01F * p * (x + entropy) - 0.5F * p;
                }
                d[target] += 0.5F;
            }
        }
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}
BENCHMARK(plain_loop<false>)->Apply(bench::logits_sizes);
BENCHMARK(plain_loop<true>)->Apply(bench::logits_sizes);

} // namespace
