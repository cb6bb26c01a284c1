// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/token_log_probs.hpp>

#include <atomic>
#include <thread>

namespace {

template <class E, class Arch>
void token_log_probs(benchmark::State& state) {
    bench::logits<E> s(state);
    for (auto _ : state) {
        rlhf::token_log_probs<float, Arch>(s.batch, s.view(s.z), s.targets,
                                           {.log_probs = s.log_probs, .entropy = s.entropy});
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}

/// By the executor, on two threads.
struct two_threads {
    void operator()(std::size_t n, rlhf::task body) const {
        std::atomic<std::size_t> next = 0;
        const auto work = [&] {
            for (std::size_t i = next++; i < n; i = next++) body(i);
        };
        const std::jthread other(work);
        work();
    }
};

void token_log_probs_two_threads(benchmark::State& state) {
    bench::logits<float> s(state);
    for (auto _ : state) {
        rlhf::token_log_probs(s.batch, s.view(s.z), s.targets, {.log_probs = s.log_probs, .entropy = s.entropy}, {},
                              two_threads());
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}

template <class E, class Arch>
void token_log_probs_backward(benchmark::State& state) {
    bench::logits<E> s(state);
    for (auto _ : state) {
        rlhf::token_log_probs_backward<float, Arch>(s.batch, s.view(s.z), s.targets,
                                                    {.d_log_probs = s.slope, .d_entropy = s.slope}, s.view(s.d));
        benchmark::ClobberMemory();
    }
    bench::count(state, s.size());
}

BENCHMARK(bench::logits_floor<float>)->Apply(bench::logits_sizes);
BENCHMARK(token_log_probs<float, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(token_log_probs_two_threads)->Apply(bench::logits_sizes)->UseRealTime();
BENCHMARK(token_log_probs<float, rlhf::scalar>)->Apply(bench::cached_logits);
BENCHMARK(bench::logits_floor<rlhf::bfloat16>)->Apply(bench::logits_sizes);
BENCHMARK(token_log_probs<rlhf::bfloat16, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(token_log_probs<rlhf::bfloat16, rlhf::scalar>)->Apply(bench::cached_logits);
BENCHMARK(token_log_probs_backward<float, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(token_log_probs_backward<float, rlhf::scalar>)->Apply(bench::cached_logits);
BENCHMARK(token_log_probs_backward<rlhf::bfloat16, rlhf::native>)->Apply(bench::logits_sizes);
BENCHMARK(token_log_probs_backward<rlhf::bfloat16, rlhf::scalar>)->Apply(bench::cached_logits);

} // namespace
