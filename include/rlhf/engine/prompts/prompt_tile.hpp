// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/prompt_sweep.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// Prompts of up to most_in_tile responses, side by side. A group of them is as many as a register has lanes, one
/// prompt per lane, and row k of the group is a register with response k of each, the best first (DESIGN.md, D22).
/// Groups of few rows share a tile, so that it always has enough pairs to compare in two steps (D55).
template <class T, class Arch>
struct prompt_tile {
    static constexpr auto width = static_cast<std::size_t>(lanes<T, Arch>::width);
    static constexpr std::size_t most_in_tile = 32, most_groups = most_in_tile / 2, size_limit = most_in_tile * width;
    static constexpr T no_response = T(-2 * most_responses); ///< as a rank balance: below all others

    struct group {
        std::size_t first, size, used; ///< first row; responses of the longest prompt, which comes first; lanes in use
        bool whole;                    ///< do all lanes have a prompt of `size` responses, listed best first?
        std::int64_t pairs;            ///< of all its prompts, that are not tied
        std::array<std::int64_t, width> prompt, responses;
        alignas(64) std::array<double, width> divisor;               ///< of a prompt's loss
        alignas(64) std::array<T, width> factor, responses_in_lanes; ///< of its slopes; 0 in unused lanes

        [[nodiscard]] std::size_t at(std::size_t k) const { return (first + k) * width; } ///< of row k in an array
    };

    std::size_t rows = 0, used = 0; ///< groups in use
    std::size_t made = 0;           ///< groups whose sizes and rank balances still hold for whole groups of one size
    std::array<group, most_groups> groups;
    std::array<std::size_t, most_in_tile> end; ///< one past the last row of a row's group
    alignas(64) std::array<T, size_limit> reward, rank_balance, slope;
    alignas(64) std::array<T, size_limit> loss;                          ///< of the pairs with worse responses
    alignas(64) std::array<double, most_groups * width> losses, margins; ///< of prompts
    std::array<std::int32_t, size_limit + most_in_tile> places;

    /// Where the responses of a prompt lie in it. There is room for most_in_tile more behind them, until the next
    /// prompt is added.
    std::int32_t* place(const group& g, std::size_t lane) { return &places[g.at(0) + lane * g.size]; }
    [[nodiscard]] const std::int32_t* place(const group& g, std::size_t lane) const {
        return &places[g.at(0) + lane * g.size];
    }

    [[nodiscard]] bool has_lane() const { return used > 0 && groups[used - 1].used < width; }
    /// Is there room for one more prompt of so many responses, where those before it have no fewer?
    [[nodiscard]] bool fits(std::size_t size) const { return has_lane() || rows + size <= most_in_tile; }
    [[nodiscard]] bool whole() const {
        return std::all_of(&groups[0], &groups[0] + used, [](const group& g) { return g.whole; });
    }
    /// A new group for prompts of up to `size` ≥ 2 responses.
    group& open(std::size_t size) {
        group& g = groups[used++];
        g.first = rows, g.size = size, g.used = 0, g.whole = false, g.pairs = 0;
        for (std::size_t k = 0; k < size; ++k) end[rows + k] = rows + size;
        rows += size;
        return g;
    }
};

} // namespace RLHF_NAMESPACE::detail
