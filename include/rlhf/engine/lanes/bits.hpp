// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/words_avx2.hpp>
#include <rlhf/engine/lanes/words_avx512.hpp>
#include <rlhf/engine/lanes/words_neon.hpp>
#include <rlhf/engine/lanes/words_sse2.hpp>

#include <bit>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// The bits at the positions that are set in `where`, moved side by side.
template <class Bits>
Bits compress_bits(Bits bits, Bits where) {
    using own = words<Bits, sizeof(Bits)>;
    if constexpr (requires { own::compress(bits, where); }) {
        return own::compress(bits, where);
    } else {
        Bits found = 0;
        for (int n = 0; where != 0; ++n, where &= where - 1)
            found |= static_cast<Bits>((bits >> std::countr_zero(where) & 1) << n);
        return found;
    }
}

/// One bit for each of N bytes: 1 if the byte is not zero. No other byte is read.
template <int N>
std::uint64_t counted_bits(const std::uint8_t* bytes) {
    using own = words<std::uint8_t, static_cast<std::size_t>(N)>;
    if constexpr (requires { own::counted(bytes); }) {
        return own::counted(bytes);
    } else {
        std::uint64_t bits = 0;
        for (int i = 0; i < N; ++i) bits |= static_cast<std::uint64_t>(bytes[i] != 0 ? 1 : 0) << i;
        return bits;
    }
}

/// One bit for each of n ≤ 64 bytes: 1 if the byte is not zero.
template <class Byte>
std::uint64_t counted_bits(const Byte* bytes, std::int64_t n) {
    using own = words<Byte, 64>;
    if constexpr (requires { own::counted(bytes, low_bits(n)); }) {
        return own::counted(bytes, low_bits(n));
    } else {
        std::uint64_t bits = 0;
        std::int64_t i = 0;
        for (; i + 16 <= n; i += 16) bits |= counted_bits<16>(bytes + i) << i;
        for (; i < n; ++i) bits |= counted_bits<1>(bytes + i) << i;
        return bits;
    }
}

} // namespace RLHF_NAMESPACE::detail
