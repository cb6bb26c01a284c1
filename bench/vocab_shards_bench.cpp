// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/vocab_shards.hpp>

namespace {

template <class E, class Arch>
void vocab_shard_sums(benchmark::State& state) {
    bench::logits<E> s(state);
    std::vector<rlhf::vocab_shard> own(static_cast<std::size_t>(s.rows));
    for (auto _ : state) {
        rlhf::vocab_shard_sums<Arch>(s.batch, s.view(s.z), 0, s.targets, own);
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}

/// Times are per token.
void vocab_shard_log_probs(benchmark::State& state) {
    const auto tokens = static_cast<std::size_t>(state.range(0)), ranks = static_cast<std::size_t>(state.range(1));
    const auto numbers = bench::numbers(0, 5, 1, ranks * tokens);
    std::vector<rlhf::vocab_shard> all(ranks * tokens), combined(tokens);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = {numbers[i], 100 + numbers[i], -200 - numbers[i], 0, i < tokens ? 1.0 : 0.0};
    const std::vector<std::int32_t> targets(tokens);
    std::vector<float> log_probs(tokens), entropy(tokens);
    const rlhf::batch batch{
        .steps = tokens, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (auto _ : state) {
        rlhf::vocab_shard_log_probs(batch, targets,
                                    {.shards = all, .combined = combined, .log_probs = log_probs, .entropy = entropy});
        benchmark::ClobberMemory();
    }
    bench::count(state, tokens);
}

template <class E, class Arch>
void vocab_shard_backward(benchmark::State& state) {
    bench::logits<E> s(state);
    std::vector<rlhf::vocab_shard> own(static_cast<std::size_t>(s.rows));
    rlhf::vocab_shard_sums<Arch>(s.batch, s.view(s.z), 0, s.targets, own);
    for (auto _ : state) {
        rlhf::vocab_shard_backward<float, Arch>(s.batch, s.view(s.z), 0, s.targets,
                                                {.combined = own, .d_log_probs = s.slope, .d_entropy = s.slope},
                                                s.view(s.d));
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}

BENCHMARK(vocab_shard_sums<float, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(vocab_shard_sums<float, rlhf::scalar>)->Apply(bench::cached_logits);
BENCHMARK(vocab_shard_sums<rlhf::bfloat16, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(vocab_shard_log_probs)->ArgNames({"tokens", "ranks"})->Args({4096, 2})->Args({4096, 8});
BENCHMARK(vocab_shard_backward<float, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(vocab_shard_backward<float, rlhf::scalar>)->Apply(bench::cached_logits);
BENCHMARK(vocab_shard_backward<rlhf::bfloat16, rlhf::native>)->Apply(bench::logits_sizes);

} // namespace
