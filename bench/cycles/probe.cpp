// SPDX-License-Identifier: MIT

// One short run through each hot loop, for cycles.py. On x86 the program steps through itself and prints the addresses
// of its instructions; elsewhere an emulator prints them.

#include <rlhf/advantage/gae.hpp>
#include <rlhf/engine/softmax/softmax_pass.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#if defined(__x86_64__)
#include <csignal>
#include <ucontext.h>

namespace {

std::array<std::uintptr_t, 1 << 22> addresses;
std::size_t steps = 0;

void note(int, siginfo_t*, void* at) {
    auto& machine = static_cast<ucontext_t*>(at)->uc_mcontext;
    if (steps < addresses.size()) addresses[steps++] = static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
}

template <class F>
void traced(F f) {
    struct sigaction action = {};
    action.sa_sigaction = note, action.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &action, nullptr);
    asm volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    f();
    asm volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    for (std::size_t i = 0; i < steps; ++i) std::printf("Trace [0/%zx/0]\n", addresses[i]);
}

} // namespace
#else
static void traced(auto f) { f(); }
#endif

int main() {
    constexpr std::size_t n = 2048;
    std::vector<float> x(n), y(n), z(n), d(n), e(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto t = static_cast<float>(i);
        x[i] = 0.1F * std::sin(t), y[i] = 0.1F * std::cos(t), z[i] = std::sin(3 * t);
    }
    z[0] = 2; // the largest logit is in the first segment
    const rlhf::batch one{.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::detail::softmax_pass<float, rlhf::native> pass(1);
    traced([&] {
        rlhf::ppo_policy_loss<float>(one, {.log_probs = x, .old_log_probs = y, .advantages = z, .d_log_probs = d}, {});
        rlhf::gae<float>(one, {.rewards = x, .values = y, .advantages = d, .returns = e}, {});
        const auto row = pass.read<rlhf::detail::softmax_wanted{.entropy = true}>(z.data(), n);
        pass.write(z.data(), n, row, {.log_prob = 1, .entropy = 1}, -1, d.data(), n, false);
    });
}
