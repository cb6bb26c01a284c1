// SPDX-License-Identifier: MIT
#include "bits.hpp"

#include <Eigen/Core>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

namespace bits {

std::vector<std::string>& lines() {
    static std::vector<std::string> all;
    return all;
}

void report(const std::string& name, const hash& h) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h.value()));
    lines().push_back(name + "  " + text);
}

} // namespace bits

namespace {

/// What the bits depend on besides this library: the first line of a file.
std::string build() {
    std::ostringstream s;
#if defined(__clang__)
    s << "clang" << __clang_major__;
#elif defined(__GNUC__)
    s << "g++" << __GNUC__;
#else
    s << "another compiler";
#endif
    s << "-" << TEXT(RLHF_ISA);
#if defined(XSIMD_VERSION_MAJOR)
    s << ", xsimd " << XSIMD_VERSION_MAJOR << "." << XSIMD_VERSION_MINOR;
#endif
    s << ", Eigen " << EIGEN_WORLD_VERSION << "." << EIGEN_MAJOR_VERSION;
#if defined(__GLIBC__)
    s << ", glibc " << __GLIBC__ << "." << __GLIBC_MINOR__;
#endif
#if defined(__FAST_MATH__)
    s << ", fast-math";
#endif
    return s.str();
}

/// The name of this build's file.
std::string file_name() {
    const std::string all = build();
    return all.substr(0, all.find(',')) + ".txt";
}

void all_cases() {
    bits::advantage();
    bits::policy();
    bits::reward();
    bits::logits();
    bits::divergence();
    bits::recipe();
}

/// Prints what the file has and this run has not (-), and the other way (+). 0: nothing; 1: something; 77: the file is
/// another build's, or there is none.
int compare(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    if (!file || !std::getline(file, line) || line != build())
        return std::printf("skipped: %s is not of %s\n", path.c_str(), build().c_str()), 77;
    all_cases();
    std::map<std::string, int> seen;
    while (std::getline(file, line)) --seen[line];
    for (const std::string& own : bits::lines()) ++seen[own];
    int different = 0;
    for (const auto& [text, n] : seen)
        if (n != 0) std::printf("%c %s\n", n < 0 ? '-' : '+', text.c_str()), ++different;
    if (different == 0) std::printf("%zu cases, the same bits\n", bits::lines().size());
    return different == 0 ? 0 : 1;
}

} // namespace

int main(int arguments, char** argument) {
    if (arguments > 1) {
        const std::filesystem::path path = argument[1];
        return compare(std::filesystem::is_directory(path) ? path / file_name() : path);
    }
    all_cases();
    std::printf("%s\n", build().c_str());
    for (const std::string& line : bits::lines()) std::printf("%s\n", line.c_str());
}
