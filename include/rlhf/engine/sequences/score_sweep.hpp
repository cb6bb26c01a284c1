// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/view.hpp>
#include <rlhf/engine/call/call.hpp>
#include <rlhf/engine/lanes/lanes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// Arrays with one element per sequence.
template <class T>
struct score_streams {
    stream<const T> scores;
    index_view lengths; ///< absent: the numbers of counted tokens
    std::int64_t lengths_stride = 0;
    stream<const std::uint8_t> finished = {}; ///< absent: all sequences are finished
    stream<T> shaped = {};
};

struct score_counts {
    std::int64_t longer = 0, unfinished = 0;
};

/// Writes shaped = kernel(score, length, finished) for each sequence of a call, in blocks, so that registers of doubles
/// hold several sequences. Counts the sequences that are longer than `limit`. If `limit` is infinite, the kernel gets
/// the length 0, and no length is read.
template <class T, class Arch, class Kernel>
RLHF_NOINLINE score_counts sweep_scores(const call& c, const score_streams<T>& arrays, double limit, const Kernel& of) {
    // Copies: the compiler sees that no store changes them.
    const auto scores = arrays.scores;
    const auto finished = arrays.finished;
    const auto shaped = arrays.shaped;
    const index_view lengths = arrays.lengths;
    const std::int64_t stride = arrays.lengths_stride;
    const Kernel kernel = of;
    using L = lanes<double, Arch>;
    constexpr std::int64_t block = 64;
    const bool has_limit = limit < unlimited, has_lengths = !lengths.absent();
    alignas(64) std::array<double, std::size_t(block)> score{}, length{};
    std::array<std::uint8_t, std::size_t(block)> ended;
    ended.fill(1);
    std::int64_t longer = 0, unfinished = 0;
    for (std::int64_t first = 0; first < c.size(); first += block) {
        const std::int64_t n = (std::min)(block, c.size() - first);
        const auto each = [&](auto&& f) {
            for (std::int64_t i = 0; i < n; ++i) f(first + i, static_cast<std::size_t>(i));
        };
        each([&](std::int64_t s, std::size_t k) { score[k] = static_cast<double>(*scores.row(s, 0)); });
        if (finished)
            each([&](std::int64_t s, std::size_t k) {
                ended[k] = *finished.row(s, 0) != 0 ? 1 : 0, unfinished += 1 - ended[k];
            });
        if (has_limit && has_lengths)
            each([&](std::int64_t s, std::size_t k) { length[k] = static_cast<double>(lengths[s * stride]); });
        else if (has_limit)
            each([&](std::int64_t s, std::size_t k) { length[k] = static_cast<double>(count_counted(c.mask(s))); });
        each([&](std::int64_t, std::size_t k) { longer += length[k] > limit ? 1 : 0; });
        for (std::size_t k = 0; k < static_cast<std::size_t>(n); k += L::width)
            L::store(&score[k], kernel(L::load(&score[k]), L::load(&length[k]), L::counted(&ended[k])));
        each([&](std::int64_t s, std::size_t k) { *shaped.row(s, 0) = static_cast<T>(score[k]); });
    }
    return {longer, unfinished};
}

} // namespace RLHF_NAMESPACE::detail
