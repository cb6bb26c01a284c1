// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/token_log_probs.hpp>

namespace {

template <class E, class Arch>
void token_log_probs(benchmark::State& state) {
    bench::logits<E> s;
    for (auto _ : state) {
        rlhf::token_log_probs<float, Arch>(s.batch, s.view(s.z), s.targets,
                                           {.log_probs = s.log_probs, .entropy = s.entropy});
        benchmark::ClobberMemory();
    }
    bench::count(state, bench::logits_size);
}

template <class E, class Arch>
void token_log_probs_backward(benchmark::State& state) {
    bench::logits<E> s;
    for (auto _ : state) {
        rlhf::token_log_probs_backward<float, Arch>(s.batch, s.view(s.z), s.targets,
                                                    {.d_log_probs = s.slope, .d_entropy = s.slope}, s.view(s.d));
        benchmark::ClobberMemory();
    }
    bench::count(state, bench::logits_size);
}

BENCHMARK(token_log_probs<float, rlhf::native>);
BENCHMARK(token_log_probs<float, rlhf::scalar>);
BENCHMARK(token_log_probs<rlhf::bfloat16, rlhf::native>);
BENCHMARK(token_log_probs<rlhf::bfloat16, rlhf::scalar>);
BENCHMARK(token_log_probs_backward<float, rlhf::native>);
BENCHMARK(token_log_probs_backward<float, rlhf::scalar>);
BENCHMARK(token_log_probs_backward<rlhf::bfloat16, rlhf::native>);
BENCHMARK(token_log_probs_backward<rlhf::bfloat16, rlhf::scalar>);

} // namespace
