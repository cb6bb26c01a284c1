// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <typeinfo>
#include <unistd.h>

/// Where a benchmark's data lies, and the data. Benchmarks with the same inputs share them: random interleaving comes
/// back to each many times, and most of a run would else be spent on making numbers.
namespace bench {

enum class place { L2, L3, DRAM };

inline std::string name(place p) { return p == place::L2 ? "L2" : p == place::L3 ? "L3" : "DRAM"; }

/// Of one core, as the machine says; or a guess.
inline std::size_t cache_bytes(int level, std::size_t otherwise) {
    for (const auto& c : benchmark::CPUInfo::Get().caches)
        if (c.level == level && c.type != "Instruction" && c.size > 0) return static_cast<std::size_t>(c.size);
    return otherwise;
}

/// A working set that is at home in the place: half of L2; four times L2 and at most half of L3; three times L3,
/// between 256 MiB and 1 GiB and no more than a sixteenth of the memory.
inline std::size_t working_set(place p) {
    constexpr std::size_t MiB = std::size_t(1) << 20;
    const std::size_t L2 = cache_bytes(2, MiB), L3 = cache_bytes(3, 16 * L2);
    if (p == place::L2) return L2 / 2;
    if (p == place::L3) return std::min(4 * L2, L3 / 2);
    const auto memory =
        static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGE_SIZE));
    return std::min(std::clamp(3 * L3, 256 * MiB, 1024 * MiB), memory / 16);
}

/// Memory that stays. Arrays begin at different offsets of a page, so that stores do not wait for loads of the same
/// offset; all at the beginning of a line.
template <class T>
class buffer {
    static constexpr std::size_t line = 64, lines = 61;

public:
    explicit buffer(std::size_t n)
        : offset_(9 * made++ % lines * line / sizeof(T)), size_(n),
          data_(static_cast<T*>(::operator new((offset_ + n) * sizeof(T), std::align_val_t(4096)))) {}
    [[nodiscard]] std::span<T> get() const { return {data_.get() + offset_, size_}; }

private:
    struct free {
        void operator()(T* p) const { ::operator delete(p, std::align_val_t(4096)); }
    };
    static inline std::size_t made = 0;
    std::size_t offset_, size_;
    std::unique_ptr<T, free> data_;
};

/// The buffer of this key with at least n elements; made, and filled by fill(span), when there is none that large.
/// One benchmark asks for a key once: a larger buffer takes the place of the smaller one.
template <class T, class Fill>
std::span<T> kept(const std::string& key, std::size_t n, Fill&& fill) {
    static std::map<std::string, buffer<T>> all;
    auto found = all.find(key);
    if (found == all.end() || found->second.get().size() < n) {
        if (found != all.end()) all.erase(found);
        found = all.emplace(key, buffer<T>(n)).first;
        fill(found->second.get());
    }
    return found->second.get().first(n);
}

/// Numbers in [low, high) that follow no pattern and repeat after a million; sums of so many such numbers.
template <class T>
std::span<const T> numbers(double low, double high, std::uint32_t seed, std::size_t n, int terms = 1) {
    const auto key = std::to_string(low) + ' ' + std::to_string(high) + ' ' + std::to_string(seed);
    return kept<T>(key, n, [=](std::span<T> x) mutable {
        constexpr std::size_t period = std::size_t(1) << 20;
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (i >= period) {
                x[i] = x[i - period];
                continue;
            }
            double sum = 0;
            for (int k = 0; k < terms; ++k) {
                seed = seed * 1664525U + 1013904223U;
                sum += low + (high - low) * (seed >> 8) / (1 << 24);
            }
            x[i] = static_cast<T>(static_cast<float>(sum));
        }
    });
}

/// Room for an output. Different outputs of one benchmark have different numbers.
template <class T>
std::span<T> room(int which, std::size_t n) {
    return kept<T>(std::to_string(which), n, [](std::span<T> x) { std::fill(x.begin(), x.end(), T(0)); });
}

} // namespace bench
