// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <xsimd/xsimd.hpp>

namespace bench {

/// What memory allows: reads every input and the mask once and writes every output once, in full registers and with
/// next to no arithmetic. An output may be an input.
template <class T, std::size_t In, std::size_t Out>
void stream(std::array<const T*, In> in, const std::uint8_t* mask, std::array<T*, Out> out, std::size_t n) {
    using numbers = xsimd::batch<T>;
    using bytes = xsimd::batch<std::uint8_t>;
    constexpr std::size_t width = numbers::size, step = bytes::size;
    bytes counted(std::uint8_t(0));
    std::array<numbers, step / width> seen;
    seen.fill(numbers(T(0)));
    for (std::size_t i = 0; i + step <= n; i += step) {
        if (mask != nullptr) counted = counted | bytes::load_unaligned(mask + i);
        for (std::size_t k = 0; k < step / width; ++k) {
            numbers sum(T(0));
            for (std::size_t s = 0; s < In; ++s) sum = sum + numbers::load_unaligned(in[s] + i + k * width);
            for (std::size_t s = 0; s < Out; ++s) sum.store_unaligned(out[s] + i + k * width);
            if (Out == 0) seen[k] = seen[k] + sum;
        }
    }
    benchmark::DoNotOptimize(counted);
    benchmark::DoNotOptimize(seen);
}

} // namespace bench
