// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/logits_call.hpp>
#include <rlhf/detail/softmax_rows.hpp>
#include <rlhf/executor.hpp>

#include <atomic>

namespace rlhf::inline RLHF_ABI::detail {

/// One step of one sequence, which begins at token `begin` of a packed batch.
struct row_place {
    std::int64_t sequence, begin, step;
    bool counted;

    template <class T>
    [[nodiscard]] T& of(const stream<T>& array) const {
        return array.row(sequence, begin)[step * array.step];
    }
    template <class E>
    [[nodiscard]] E* of(const bound_logits<E>& logits) const {
        return logits.row(sequence, begin, step);
    }
    [[nodiscard]] std::int64_t of(const bound_targets& ids) const { return ids(sequence, begin, step); }
};

/// Calls row(row_place, totals) once for every step of every sequence, in pieces of rows; joins what they found.
template <class Totals, class Row>
Totals sweep_rows(const call& c, std::int64_t vocab, const executor& run, Row&& row) {
    constexpr std::int64_t entries = 1 << 16; // a piece
    const std::int64_t longest = std::max<std::int64_t>(c.longest(), 1),
                       steps = std::max<std::int64_t>(entries / vocab, 1);
    const std::int64_t chunks = (longest + steps - 1) / steps, sequences = std::max<std::int64_t>(steps / longest, 1);
    const std::int64_t groups = (c.size() + sequences - 1) / sequences;
    Totals joined;
    std::atomic_flag joining = ATOMIC_FLAG_INIT;
    run(static_cast<std::size_t>(groups * chunks), [&](std::size_t piece) {
        const std::int64_t group = static_cast<std::int64_t>(piece) / chunks,
                           chunk = static_cast<std::int64_t>(piece) % chunks;
        Totals part;
        for (std::int64_t s = group * sequences; s < std::min(c.size(), (group + 1) * sequences); ++s) {
            const row_mask mask = c.mask(s);
            const std::int64_t begin = c.begin(s), end = std::min(c.length(s), (chunk + 1) * steps);
            for (std::int64_t t = chunk * steps; t < end; ++t)
                row(row_place{s, begin, t, t < mask.length && mask[t]}, part);
        }
        part.normalize();
        while (joining.test_and_set(std::memory_order_acquire)) {}
        joined += part;
        joining.clear(std::memory_order_release);
    });
    return joined;
}

} // namespace rlhf::inline RLHF_ABI::detail
