// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/prompt_sweep.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// Prompts of up to most_in_tile responses, side by side. A group has one prompt per lane of a register, and row k of
/// the group is a register with response k of each prompt, the best first (DESIGN.md, D22). Groups with few rows share
/// a tile, so that a tile always has enough pairs to compare in two steps (D55).
template <class T, class Arch>
struct prompt_tile {
    static constexpr auto width = static_cast<std::size_t>(lanes<T, Arch>::width);
    static constexpr std::size_t most_in_tile = 32, most_groups = most_in_tile / 2, size_limit = most_in_tile * width;
    static constexpr T no_response = T(-2 * most_responses); ///< a rank balance below all others

    struct group {
        std::size_t first, size, used; ///< first row; responses of the longest prompt, which comes first; lanes in use
        bool whole;                    ///< true if all lanes have a prompt of `size` responses, listed best first
        std::int64_t pairs;            ///< pairs of all its prompts that are not tied
        std::array<std::int64_t, width> prompt, responses;
        alignas(64) std::array<double, width> divisor; ///< divisors of the prompts' losses
        alignas(64) std::array<T, width> factor,
            responses_in_lanes; ///< factors of the prompts' slopes; 0 in unused lanes

        [[nodiscard]] std::size_t at(std::size_t k) const { return (first + k) * width; } ///< the index of row k
    };

    std::size_t rows = 0, used = 0; ///< groups in use
    std::size_t made = 0;           ///< groups that keep sizes and rank balances of whole groups of one size
    std::array<group, most_groups> groups;
    std::array<std::size_t, most_in_tile> end; ///< one past the last row of a row's group
    alignas(64) std::array<T, size_limit> reward, rank_balance, slope;
    alignas(64) std::array<T, size_limit> loss;                          ///< losses of the pairs with worse responses
    alignas(64) std::array<double, most_groups * width> losses, margins; ///< per prompt
    std::array<std::int32_t, size_limit + most_in_tile> places;

    /// The indices of a prompt's responses in the prompt. There is room for most_in_tile more after them, until the
    /// next prompt is added.
    std::int32_t* place(const group& g, std::size_t lane) { return &places[g.at(0) + lane * g.size]; }
    [[nodiscard]] const std::int32_t* place(const group& g, std::size_t lane) const {
        return &places[g.at(0) + lane * g.size];
    }

    [[nodiscard]] bool has_lane() const { return used > 0 && groups[used - 1].used < width; }
    /// True if there is room for one more prompt of so many responses. The prompts before it must have at least as
    /// many.
    [[nodiscard]] bool fits(std::size_t size) const { return has_lane() || rows + size <= most_in_tile; }
    [[nodiscard]] bool whole() const {
        return std::all_of(&groups[0], &groups[0] + used, [](const group& g) { return g.whole; });
    }
    /// Begins a group for prompts of up to `size` ≥ 2 responses.
    group& open(std::size_t size) {
        group& g = groups[used++];
        g.first = rows, g.size = size, g.used = 0, g.whole = false, g.pairs = 0;
        for (std::size_t k = 0; k < size; ++k) end[rows + k] = rows + size;
        rows += size;
        return g;
    }
};

} // namespace RLHF_NAMESPACE::detail
