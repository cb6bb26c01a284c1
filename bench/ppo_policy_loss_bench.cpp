// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/ppo_policy_loss.hpp>

namespace {

struct policy {
    std::vector<float> lp = bench::numbers(-3, -1, 1), old = bench::numbers(-3, -1, 2), ref = bench::numbers(-3, -1, 3);
    std::vector<float> advantages = bench::numbers(-1, 1, 4), d = std::vector<float>(bench::tokens);
};

template <class Arch>
void ppo_policy_loss(benchmark::State& state) {
    policy x;
    const bench::rows rows(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ppo_policy_loss<float, Arch>(
            rows.batch, {.log_probs = x.lp, .old_log_probs = x.old, .advantages = x.advantages, .d_log_probs = x.d}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ppo_policy_loss<rlhf::native>)->Arg(64)->Arg(1024)->Arg(bench::tokens);
BENCHMARK(ppo_policy_loss<rlhf::scalar>)->Arg(1024);

void ppo_policy_loss_without_mask(benchmark::State& state) {
    policy x;
    const rlhf::batch all{
        .sequences = 64, .steps = bench::tokens / 64, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ppo_policy_loss(
            all, {.log_probs = x.lp, .old_log_probs = x.old, .advantages = x.advantages, .d_log_probs = x.d}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ppo_policy_loss_without_mask);

void ppo_policy_loss_with_kl(benchmark::State& state) {
    policy x;
    const bench::rows rows(1024);
    for (auto _ : state) {
        benchmark::DoNotOptimize(rlhf::ppo_policy_loss(rows.batch,
                                                       {.log_probs = x.lp,
                                                        .old_log_probs = x.old,
                                                        .ref_log_probs = x.ref,
                                                        .advantages = x.advantages,
                                                        .d_log_probs = x.d},
                                                       {.kl_coef = 0.1}));
        benchmark::ClobberMemory();
    }
    bench::count(state);
}
BENCHMARK(ppo_policy_loss_with_kl);
BENCHMARK(bench::floor<3>)->Name("ppo_policy_loss_floor");

} // namespace
