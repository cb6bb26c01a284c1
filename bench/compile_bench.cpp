// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

/// What a file of the user's costs to compile: the include of <rlhf/ppo.hpp> alone, and with one call. An element is a
/// compilation.
namespace {

constexpr const char* include = "#include <rlhf/ppo.hpp>\n";
constexpr const char* call = R"(#include <rlhf/ppo.hpp>
auto f(const rlhf::batch& b, std::span<const float> lp, std::span<const float> old, std::span<const float> a,
       std::span<float> d) {
    return rlhf::ppo_policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = a, .d_log_probs = d});
}
)";

void compile(const std::string& what, const char* text) {
    const std::string name = "compile/ppo.hpp/" + what + "/rlhf";
    const auto run = [=](benchmark::State& state) {
        const auto source =
            std::filesystem::temp_directory_path() / ("rlhf_" + std::to_string(getpid()) + '_' + what + ".cpp");
        std::ofstream(source) << text;
        const std::string command = std::string(RLHF_BENCH_COMPILE) + " -c -o /dev/null " + source.string();
        for (auto _ : state) {
            const auto start = std::chrono::steady_clock::now();
            if (std::system(command.c_str()) != 0) state.SkipWithError("it does not compile");
            state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        std::filesystem::remove(source);
        state.counters["elements"] = 1, state.counters["bytes"] = 0;
        state.SetLabel("compilation");
    };
    benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime()->Iterations(1)->Repetitions(3);
}

const bool registered = (compile("include", include), compile("call", call), true);

} // namespace
