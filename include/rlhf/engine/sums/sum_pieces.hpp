// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// Runs n pieces of work, piece(i, totals), on an executor, and joins their totals in any order (DESIGN.md, D8). A
/// single piece, as in a short call, adds to the result directly.
template <class Totals, class Executor, class Piece>
Totals sum_pieces(const Executor& run, std::int64_t n, Piece&& piece) {
    Totals all;
    if (n == 1) {
        piece(0, all);
        all.normalize();
        return all;
    }
    std::atomic_flag joining = ATOMIC_FLAG_INIT;
    run(static_cast<std::size_t>(n), [&](std::size_t i) {
        Totals part;
        piece(static_cast<std::int64_t>(i), part);
        part.normalize();
        while (joining.test_and_set(std::memory_order_acquire)) {}
        all += part;
        joining.clear(std::memory_order_release);
    });
    return all;
}

} // namespace RLHF_NAMESPACE::detail
