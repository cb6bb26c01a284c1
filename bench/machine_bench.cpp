// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/engine/lanes/lanes.hpp>

namespace machine_bench {

using namespace bench;

/// Reading, copying, and in DRAM copying past the caches.
void bandwidth(place p) {
    const std::size_t n = working_set(p) / sizeof(float) / 1024 * 1024;
    const auto add = [&](const char* how, double elements, double bytes, auto setup) {
        measure("machine/f32/" + name(p) + '/' + how + "/limit", elements, bytes, "float", setup);
    };
    add("read", static_cast<double>(n), 4,
        [n] { return [n, x = numbers<float>(-1, 1, 1, n).data()] { stream<float, 1, 0>({x}, nullptr, {}, n); }; });
    add("copy", static_cast<double>(n / 2), 8, [n = n / 2] {
        return [n, x = numbers<float>(-1, 1, 1, n).data(), y = room<float>(0, n).data()] {
            stream<float, 1, 1>({x}, nullptr, {y}, n);
        };
    });
    if (p != place::DRAM) return;
    add("copy_past_caches", static_cast<double>(n / 2), 8, [n = n / 2] {
        return [n, x = numbers<float>(-1, 1, 1, n).data(), y = room<float>(0, n).data()] {
            using L = rlhf::detail::lanes<float, rlhf::native>;
            constexpr auto width = static_cast<std::size_t>(L::width);
            for (std::size_t i = 0; i < n; i += width) L::template store<true>(y + i, L::load(x + i));
        };
    });
}

/// Fused multiply-adds in registers: sixteen chains, so that none waits.
template <class T>
void arithmetic() {
    using V = xsimd::batch<T>;
    constexpr std::size_t chains = 16, rounds = 1024;
    measure(std::string("machine/") + type_name<T>() + "/registers/fma/limit",
            static_cast<double>(2 * chains * rounds * V::size), 0, "operation", [] {
                std::array<V, chains> x;
                x.fill(V(T(1)));
                return [x]() mutable {
                    V factor(T(0.999)), term(T(0.001));
                    benchmark::DoNotOptimize(factor);
                    benchmark::DoNotOptimize(term);
                    std::array<V, chains> y = x;
                    for (std::size_t i = 0; i < rounds; ++i)
                        for (std::size_t k = 0; k < chains; ++k) y[k] = xsimd::fma(y[k], factor, term);
                    x = y;
                    benchmark::DoNotOptimize(x);
                };
            });
}

const bool registered = [] {
    for (const place p : {place::L2, place::L3, place::DRAM}) bandwidth(p);
    arithmetic<float>();
    arithmetic<double>();
    return true;
}();

} // namespace machine_bench
