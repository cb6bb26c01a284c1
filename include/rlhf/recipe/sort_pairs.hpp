// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check_arrays.hpp>

#include <algorithm>
#include <span>

namespace RLHF_NAMESPACE {

/// Sorts both sides of pairs, each by its own sums, for AOT. AOT compares the quantiles of two distributions, not the
/// members of a pair.
///
///     chosen[k]   becomes the index of the k-th smallest of sums[chosen[·]],      rejected[k] likewise
///
/// preference_pairs with the sorted indices and the objective dpo is then the loss of AOT. It compares the k-th
/// smallest sum of one side with the k-th smallest of the other, and passes each slope to the answer with this rank.
/// The order is a constant to gradients. Sort once for a whole step; the pairs may then be cut into parts.
///
///     unpaired    (TRL's aot_unpaired) sums are log ratios, [B]: preferred answers are chosen, as many other
///                 answers are rejected
///     paired      (TRL's aot) sums are 2P margins of P pairs: P times log π of the chosen answer minus log π of
///                 the rejected one, then the same for π_ref; chosen = 0 … P − 1, rejected = P … 2P − 1. The first
///                 P slopes are of the policy's margins: +d for a pair's chosen answer, −d for the other answer
///
/// Equal sums are in the order of their indices, so the result does not depend on the order of the input. NaN is last,
/// as in torch.sort. Indices are int32 or int64 and are sorted in place, so nothing is allocated. Sorting takes O(n log
/// n) steps on this thread.
///
/// Throws std::invalid_argument before anything is written: sides of different lengths, an index outside the sums.
///
/// Source: Melnyk et al. 2024, arXiv:2406.05882; TRL 1.16, dpo_trainer.py.
template <class T = float, std::signed_integral Int>
void sort_pairs(const view<const T>& sums, std::span<Int> chosen, std::span<Int> rejected) {
    static_assert(sizeof(Int) == 4 || sizeof(Int) == 8, "rlhf: indices are int32 or int64");
    constexpr const char* f = "sort_pairs";
    const view<const T> each = detail::one_per_sequence(sums, f, "sums");
    const std::int64_t n = each.cols(), stride = each.stride();
    if (chosen.size() != rejected.size())
        detail::fail(f, "rejected has %lld elements, expected %lld", static_cast<std::int64_t>(rejected.size()),
                     static_cast<std::int64_t>(chosen.size()));
    const auto check = [&](const char* name, std::span<const Int> side) {
        for (std::size_t p = 0; p < side.size(); ++p)
            if (side[p] < 0 || side[p] >= n)
                detail::fail(f, "%s of pair %lld is %lld, which is outside the %lld sequences", name,
                             static_cast<std::int64_t>(p), static_cast<std::int64_t>(side[p]), n);
    };
    check("chosen", chosen), check("rejected", rejected);
    const auto before = [&](Int a, Int b) {
        const T x = each.data()[a * stride], y = each.data()[b * stride];
        if (x < y || y < x) return x < y;
        const bool a_is_number = x == x, b_is_number = y == y;
        return a_is_number == b_is_number ? a < b : a_is_number;
    };
    std::sort(chosen.begin(), chosen.end(), before);
    std::sort(rejected.begin(), rejected.end(), before);
}

} // namespace RLHF_NAMESPACE
