// SPDX-License-Identifier: MIT
// All benchmarks. Beside Google Benchmark's own arguments: --progress, the name of what runs instead of its table.
#include "bench.hpp"

#include <rlhf/config.hpp>

#include <cstring>
#include <fstream>

#define RLHF_BENCH_TEXT_(x) #x
#define RLHF_BENCH_TEXT(x) RLHF_BENCH_TEXT_(x)

namespace {

std::string line_of(const char* file, const char* key) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        if (line.rfind(key, 0) == 0) return line.substr(std::min(line.size(), line.find(':') + 2));
    return "";
}

/// What this program was compiled for, as bench/goals.json spells it; or else as xsimd does.
template <class Arch = rlhf::native>
const char* instruction_set() {
    if constexpr (std::is_same_v<Arch, rlhf::scalar>)
        return "scalar";
    else
        return std::is_base_of_v<xsimd::avx512f, Arch> ? "avx512"
               : std::is_base_of_v<xsimd::avx2, Arch>  ? "avx2"
               : std::is_base_of_v<xsimd::neon, Arch>  ? "neon"
               : std::is_base_of_v<xsimd::sse2, Arch>  ? "sse2"
                                                       : Arch::name();
}

std::string size_text(std::size_t bytes) {
    const std::size_t KiB = bytes >> 10;
    return KiB >= 1024 ? std::to_string(KiB >> 10) + " MiB" : std::to_string(KiB) + " KiB";
}

/// What a reader of the figures has to know, for the terminal and the JSON.
std::vector<std::pair<std::string, std::string>> machine() {
    const auto& cpu = benchmark::CPUInfo::Get();
    std::string caches, places, scaling;
    for (const auto& c : cpu.caches)
        if (c.type != "Instruction")
            caches += (caches.empty() ? "L" : ", L") + std::to_string(c.level) + ' ' +
                      size_text(static_cast<std::size_t>(c.size));
    for (const bench::place p : {bench::place::L2, bench::place::L3, bench::place::DRAM})
        places += (places.empty() ? "" : ", ") + bench::name(p) + ' ' + size_text(bench::working_set(p));
    std::getline(std::ifstream("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), scaling);
    const std::string model = line_of("/proc/cpuinfo", "model name");
    return {{"cpu", model.empty() ? "unknown" : model},
            {"caches", caches},
            {"working_sets", places},
            {"governor", scaling.empty() ? "not known" : scaling},
            {"compiler", RLHF_BENCH_COMPILER},
            {"flags", RLHF_BENCH_FLAGS},
            {"instruction_set", instruction_set()},
            {"abi", RLHF_BENCH_TEXT(RLHF_ABI)},
            {"xsimd", RLHF_BENCH_TEXT(XSIMD_VERSION_MAJOR) "." RLHF_BENCH_TEXT(XSIMD_VERSION_MINOR) "." RLHF_BENCH_TEXT(
                          XSIMD_VERSION_PATCH)}};
}

/// Says what machine this is; the figures are the report's.
struct only_machine : benchmark::BenchmarkReporter {
    bool ReportContext(const Context&) override {
        for (const auto& [key, value] : machine()) std::fprintf(stderr, "%-17s%s\n", key.c_str(), value.c_str());
        return true;
    }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& r : runs)
            if (r.error_occurred) std::fprintf(stderr, "%s: %s\n", r.benchmark_name().c_str(), r.error_message.c_str());
    }
};

} // namespace

int main(int argc, char** argv) {
    bool progress = false;
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "--progress") == 0) {
            progress = true, bench::show_progress = isatty(STDERR_FILENO) != 0;
            std::rotate(argv + i, argv + i + 1, argv + argc--);
        }
    for (const auto& [key, value] : machine()) benchmark::AddCustomContext(key, value);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    only_machine reporter;
    const std::size_t found = benchmark::RunSpecifiedBenchmarks(progress ? &reporter : nullptr);
    if (bench::show_progress) std::fprintf(stderr, "\r\033[K");
    if (found == 0) std::fprintf(stderr, "No benchmark matches; --benchmark_list_tests lists them.\n");
    return found == 0 ? 2 : 0;
}
