// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <bit>
#include <cstdint>
#include <cstring>

namespace RLHF_NAMESPACE::detail {

/// The mask of one sequence, token by token. Without bytes all `length` tokens count.
struct sequence_mask {
    const std::uint8_t* bytes = nullptr;
    std::int64_t step = 1;   ///< from token to token
    std::int64_t length = 0; ///< tokens that can count

    [[nodiscard]] bool operator[](std::int64_t t) const { return bytes == nullptr || bytes[t * step] != 0; }
    /// The mask of the n tokens from t on.
    [[nodiscard]] sequence_mask from(std::int64_t t, std::int64_t n) const {
        return {bytes == nullptr ? nullptr : bytes + t * step, step, n};
    }
};

inline std::uint64_t eight_bytes(const std::uint8_t* p) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    return word;
}

/// The number of zero bytes before the first byte that is not zero, and behind the last one, in the order of memory.
/// The word is not 0.
inline std::int64_t zero_bytes_before(std::uint64_t word) {
    return (std::endian::native == std::endian::little ? std::countr_zero(word) : std::countl_zero(word)) / 8;
}
inline std::int64_t zero_bytes_behind(std::uint64_t word) {
    return (std::endian::native == std::endian::little ? std::countl_zero(word) : std::countr_zero(word)) / 8;
}

/// How many bytes of a word are not zero.
inline std::int64_t count_bytes(std::uint64_t word) {
    constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7fU;
    const std::uint64_t set = ((word & low) + low) | word; // bit 7 of each byte that is not zero
    return static_cast<std::int64_t>(((set >> 7) & 0x0101010101010101U) * 0x0101010101010101U >> 56);
}

/// The first token that counts, or length if none does.
inline std::int64_t first_counted(const sequence_mask& m) {
    if (m.bytes == nullptr) return 0;
    std::int64_t t = 0;
    if (m.step == 1)
        for (; t + 8 <= m.length; t += 8)
            if (const std::uint64_t word = eight_bytes(m.bytes + t); word != 0) return t + zero_bytes_before(word);
    while (t < m.length && !m[t]) ++t;
    return t;
}

/// One past the last token that counts, or 0 if none does.
inline std::int64_t past_last_counted(const sequence_mask& m) {
    if (m.bytes == nullptr) return m.length;
    std::int64_t t = m.length;
    if (m.step == 1)
        for (; t >= 8; t -= 8)
            if (const std::uint64_t word = eight_bytes(m.bytes + t - 8); word != 0) return t - zero_bytes_behind(word);
    while (t > 0 && !m[t - 1]) --t;
    return t;
}

/// The range from the first token that counts to one past the last.
struct counted_range {
    std::int64_t first, last;
};
RLHF_NOINLINE inline counted_range find_counted(const sequence_mask& m) {
    const std::int64_t last = past_last_counted(m);
    return last > 0 ? counted_range{first_counted(m), last} : counted_range{m.length, m.length};
}
inline counted_range counted_tokens(const sequence_mask& m) {
    return m.bytes == nullptr ? counted_range{0, m.length} : find_counted(m);
}

inline std::int64_t count_counted(const sequence_mask& m) {
    if (m.bytes == nullptr) return m.length;
    std::int64_t n = 0, t = 0;
    if (m.step == 1)
        for (; t + 8 <= m.length; t += 8) n += count_bytes(eight_bytes(m.bytes + t));
    for (; t < m.length; ++t) n += m[t] ? 1 : 0;
    return n;
}

} // namespace RLHF_NAMESPACE::detail
