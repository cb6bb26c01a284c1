// SPDX-License-Identifier: MIT
#include "bits.hpp"

#include <cstdio>
#include <fstream>
#include <set>

namespace bits {

std::set<std::string>& lines() {
    static std::set<std::string> all;
    return all;
}

void report(const std::string& name, const hash& h) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h.value()));
    lines().insert(name + "  " + text);
}

void run(const std::string& name, const std::function<void(hash&, const rlhf::executor&)>& f) {
    const auto reversed = [](std::size_t n, rlhf::task body) {
        while (n > 0) body(--n);
    };
    hash h;
    f(h, rlhf::executor());
    f(h, rlhf::executor(reversed));
    report(name, h);
}

} // namespace bits

namespace {

void all_cases() {
    bits::advantage();
    bits::vtrace();
    bits::scores();
    bits::policy();
    bits::sequences();
    bits::selection();
    bits::preference();
    bits::reward();
    bits::logits();
    bits::kept();
    bits::divergence();
    bits::recipe();
}

/// Prints what the file has and this run has not (-), and the other way (+). 0: nothing; 1: something.
int compare(const char* path) {
    std::ifstream file(path);
    if (!file) return std::printf("%s cannot be read\n", path), 1;
    std::set<std::string> stored;
    for (std::string line; std::getline(file, line);) stored.insert(line);
    int different = 0;
    const auto print_missing = [&](char sign, const std::set<std::string>& from, const std::set<std::string>& in) {
        for (const std::string& line : from)
            if (!in.contains(line)) std::printf("%c %s\n", sign, line.c_str()), ++different;
    };
    print_missing('-', stored, bits::lines());
    print_missing('+', bits::lines(), stored);
    if (different == 0) std::printf("%zu cases, the same bits\n", stored.size());
    return different == 0 ? 0 : 1;
}

} // namespace

int main(int arguments, char** argument) {
    if (RLHF_FMA == 0) return std::printf("skipped: this machine has no fused multiply-add\n"), 77;
    all_cases();
    if (arguments > 1) return compare(argument[1]);
    for (const std::string& line : bits::lines()) std::printf("%s\n", line.c_str());
}
