// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cstddef>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// What an instruction set does better than xsimd or plain C++: functions on registers of so many bytes that hold
/// elements of T (DESIGN.md, D24). words_<instruction set>.hpp specialises it; the rest of the library asks for a word
/// by
///
///     if constexpr (requires { words<T, bytes>::word(x); })
///
/// and has a plain version for instruction sets without it. A word means the same everywhere, so it is explained at the
/// plain version.
template <class T, std::size_t Bytes>
struct words {};

/// The lowest n of 64 bits. As everywhere here, bits stand for lanes or tokens, the lowest for the first.
constexpr std::uint64_t low_bits(std::int64_t n) { return n < 64 ? (std::uint64_t(1) << n) - 1 : ~std::uint64_t(0); }

} // namespace RLHF_NAMESPACE::detail
