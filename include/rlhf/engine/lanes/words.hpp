// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cstddef>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// The words of an instruction set: functions that it does better than xsimd or plain C++, on registers of so many
/// bytes that hold elements of T (DESIGN.md, D24). words_<instruction set>.hpp specialises it; the rest of the library
/// asks for a word by
///
///     if constexpr (requires { words<T, bytes>::word(x); })
///
/// and has a plain version for instruction sets without the word. A word means the same everywhere, so its comment is
/// at the plain version.
template <class T, std::size_t Bytes>
struct words {};

/// The lowest n of 64 bits. As everywhere here, bits stand for lanes or tokens, and the lowest bit for the first of
/// them.
constexpr std::uint64_t low_bits(std::int64_t n) { return n < 64 ? (std::uint64_t(1) << n) - 1 : ~std::uint64_t(0); }

} // namespace RLHF_NAMESPACE::detail
