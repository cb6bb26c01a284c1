// SPDX-License-Identifier: MIT
#include <rlhf/token_log_probs.hpp>

#include <benchmark/benchmark.h>
#include <vector>

namespace {

constexpr std::int64_t rows = 16, vocab = 32000;

/// One step's logits; forward and backward as a trainer calls them.
template <class E>
struct step {
    std::vector<E> z, d;
    std::vector<std::int32_t> targets;
    std::vector<float> log_probs, entropy, slope;
    rlhf::batch batch{.steps = rows, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};

    step() : z(rows * vocab), d(z.size()), targets(rows), log_probs(rows), entropy(rows), slope(rows, 0.5F) {
        for (std::size_t i = 0; i < z.size(); ++i)
            z[i] = static_cast<E>(static_cast<double>(i * 2654435761U % 4096) / 400 - 5);
    }
    rlhf::logits_view<E> view(std::vector<E>& a) { return {a.data(), {.steps = rows, .vocab = vocab}}; }
};

template <class E, class Arch>
void forward(benchmark::State& state) {
    step<E> s;
    for (auto _ : state) {
        rlhf::token_log_probs<float, Arch>(s.batch, s.view(s.z), s.targets,
                                           {.log_probs = s.log_probs, .entropy = s.entropy});
        benchmark::DoNotOptimize(s.log_probs.data());
    }
    state.SetItemsProcessed(state.iterations() * rows * vocab);
}

template <class E, class Arch>
void backward(benchmark::State& state) {
    step<E> s;
    for (auto _ : state) {
        rlhf::token_log_probs_backward<float, Arch>(s.batch, s.view(s.z), s.targets,
                                                    {.d_log_probs = s.slope, .d_entropy = s.slope}, s.view(s.d));
        benchmark::DoNotOptimize(s.d.data());
    }
    state.SetItemsProcessed(state.iterations() * rows * vocab);
}

} // namespace

BENCHMARK_TEMPLATE(forward, float, rlhf::native);
BENCHMARK_TEMPLATE(forward, float, rlhf::scalar);
BENCHMARK_TEMPLATE(forward, rlhf::bfloat16, rlhf::native);
BENCHMARK_TEMPLATE(forward, rlhf::bfloat16, rlhf::scalar);
BENCHMARK_TEMPLATE(backward, float, rlhf::native);
BENCHMARK_TEMPLATE(backward, float, rlhf::scalar);
BENCHMARK_TEMPLATE(backward, rlhf::bfloat16, rlhf::native);
BENCHMARK_TEMPLATE(backward, rlhf::bfloat16, rlhf::scalar);
