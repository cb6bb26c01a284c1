// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/linear_head.hpp>

#if __has_include(<Eigen/Core>)
#include <rlhf/eigen.hpp>

namespace {

constexpr std::int64_t tokens = 128, vocab = 32000, hidden_size = 512, rows = 64;

struct layer {
    std::vector<float> hidden = bench::numbers(-1, 1, 1, tokens* hidden_size);
    std::vector<float> weights = bench::numbers(-0.1, 0.1, 2, vocab* hidden_size);
    std::vector<float> d_hidden = hidden, d_weights = weights;
    std::vector<float> workspace =
        std::vector<float>(static_cast<std::size_t>(rlhf::linear_head_workspace(rows, vocab, hidden_size)));
};

/// Hidden states to the gradients of a PPO step with an entropy bonus.
void linear_head(benchmark::State& state) {
    layer l;
    std::vector<std::int32_t> targets(tokens, 11);
    const std::vector<float> old_log_probs(tokens, -10), advantages(tokens, 1);
    std::vector<float> log_probs(tokens), entropy(tokens), d_log_probs(tokens), d_entropy(tokens);
    const rlhf::batch batch{
        .steps = tokens, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::linear_head<float> head{.hidden = l.hidden,
                                        .weights = l.weights,
                                        .vocab = vocab,
                                        .hidden_size = hidden_size,
                                        .workspace = l.workspace,
                                        .product = rlhf::eigen_product};
    for (auto _ : state)
        benchmark::DoNotOptimize(rlhf::ppo_loss(batch, head, targets,
                                                {.old_log_probs = old_log_probs,
                                                 .advantages = advantages,
                                                 .log_probs = log_probs,
                                                 .entropy = entropy,
                                                 .d_log_probs = d_log_probs,
                                                 .d_entropy = d_entropy},
                                                {.hidden = l.d_hidden, .weights = l.d_weights},
                                                {.entropy_coef = 0.01}));
    bench::count(state, tokens * vocab);
}

/// Its three products in the same chunks, and nothing else.
void linear_head_floor(benchmark::State& state) {
    layer l;
    float* const z = l.workspace.data();
    for (auto _ : state)
        for (std::int64_t first = 0; first < tokens; first += rows) {
            const float* const h = l.hidden.data() + first * hidden_size;
            rlhf::eigen_product(rlhf::product<float>{.rows = rows,
                                                     .cols = vocab,
                                                     .inner = hidden_size,
                                                     .a = {h, hidden_size},
                                                     .b = {l.weights.data(), hidden_size, true},
                                                     .c = z,
                                                     .c_stride = vocab});
            rlhf::eigen_product(rlhf::product<float>{.rows = vocab,
                                                     .cols = hidden_size,
                                                     .inner = rows,
                                                     .a = {z, vocab, true},
                                                     .b = {h, hidden_size},
                                                     .c = l.d_weights.data(),
                                                     .c_stride = hidden_size,
                                                     .add = first > 0});
            rlhf::eigen_product(rlhf::product<float>{.rows = rows,
                                                     .cols = hidden_size,
                                                     .inner = vocab,
                                                     .a = {z, vocab},
                                                     .b = {l.weights.data(), hidden_size},
                                                     .c = l.d_hidden.data() + first * hidden_size,
                                                     .c_stride = hidden_size});
        }
    bench::count(state, tokens * vocab);
}
BENCHMARK(linear_head)->Unit(benchmark::kMillisecond);
BENCHMARK(linear_head_floor)->Unit(benchmark::kMillisecond);

} // namespace
#endif
