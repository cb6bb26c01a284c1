// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check_arrays.hpp>

#include <algorithm>
#include <span>

namespace RLHF_NAMESPACE {

/// Sorts both sides of pairs, each by its own sums: what AOT compares are the quantiles of two distributions, not the
/// members of a pair.
///
///     chosen[k]   becomes the place of the k-th smallest of sums[chosen[·]],      rejected[k] likewise
///
/// preference_pairs with the sorted places is then the loss of AOT: its dpo (β, and ε by label_smoothing) compares the
/// k-th smallest sum of one side with the k-th of the other, and hands each slope to the answer that had this rank. The
/// order is a constant to gradients. Places are sorted once for a whole step; the pairs may be cut into parts after it.
///
///     unpaired    sums of log ratios, [B]: preferred answers on one side and any others on the other (TRL's
///                 aot_unpaired); there are as many of either
///     paired      sums are 2P margins of P pairs: first the policy's, log π of the chosen answer less log π of the
///                 rejected one, then the reference's. chosen = 0 … P − 1, rejected = P … 2P − 1 (TRL's aot). The
///                 first P slopes are of the policy's margins: +d for a pair's chosen answer, −d for the other.
///
/// Equal sums keep the order of their places; so the result does not depend on the order in which places came. NaN is
/// last, as in torch.sort. Places are int32 or int64 and are sorted where they are, so that nothing is allocated; it
/// takes O(n log n) steps on this thread.
///
/// Throws std::invalid_argument before anything is written: sides of two lengths, a place that is not one of the sums.
///
/// Source: Melnyk et al. 2024, arXiv:2406.05882; TRL 1.16, dpo_trainer.py.
template <class T = float, std::signed_integral Int>
void sort_pairs(const view<const T>& sums, std::span<Int> chosen, std::span<Int> rejected) {
    static_assert(sizeof(Int) == 4 || sizeof(Int) == 8, "rlhf: places are int32 or int64");
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
