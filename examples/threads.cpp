// SPDX-License-Identifier: MIT
// The library starts no threads: it divides a call into pieces of work, and the caller's loop runs them. The pieces do
// not depend on the threads, so every output has the same bits on any number of threads, in any order.
#include <rlhf/ppo.hpp>
#if defined(_OPENMP)
#include <rlhf/with/openmp.hpp>
#endif

#include <atomic>
#include <bit>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

/// An executor with std::thread: each thread takes the next piece until none is left. A trainer would keep a pool of
/// threads.
struct threads {
    unsigned count;
    void operator()(std::size_t n, rlhf::task body) const {
        std::atomic<std::size_t> next = 0;
        const auto work = [&] {
            for (std::size_t i = next++; i < n; i = next++) body(i);
        };
        std::vector<std::jthread> others;
        for (unsigned t = 1; t < count; ++t) others.emplace_back(work);
        work();
    }
};

int main() {
    constexpr std::int64_t sequences = 256, steps = 2048;
    std::mt19937 random(2);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> log_probs, old_log_probs, advantages;
    for (std::int64_t i = 0; i < sequences * steps; ++i) {
        log_probs.push_back(uniform(random) - 2);
        old_log_probs.push_back(log_probs.back() + 0.2f * uniform(random));
        advantages.push_back(uniform(random));
    }
    const rlhf::batch batch{
        .sequences = sequences, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};

    std::vector<float> reference;
    std::uint64_t reference_loss = 0;
    bool same = true;
    const auto run = [&](const char* name, const rlhf::executor& executor) {
        std::vector<float> gradient(log_probs.size());
        const auto r = rlhf::ppo_policy_loss(
            batch,
            {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = gradient},
            {}, executor);
        const auto loss = std::bit_cast<std::uint64_t>(r.loss());
        if (reference.empty()) reference = gradient, reference_loss = loss;
        const bool equal = gradient == reference && loss == reference_loss;
        std::printf("%-12s loss %016" PRIx64 "  %s\n", name, loss, equal ? "same bits" : "other bits");
        same = same && equal;
    };
    run("this thread", {});
    run("2 threads", threads{2});
    run("5 threads", threads{5});
    run("in reverse", [](std::size_t n, rlhf::task body) {
        for (std::size_t i = n; i-- > 0;) body(i);
    });
#if defined(_OPENMP)
    run("OpenMP", rlhf::openmp);
#endif
    return same ? 0 : 1;
}
