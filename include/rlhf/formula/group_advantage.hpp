// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/whiten.hpp>

namespace rlhf {

/// What is subtracted from a reward. A group is the rewards of one prompt's responses.
enum class group_baseline {
    none,                 ///< 0
    group_mean,           ///< the mean of the group: GRPO
    others_mean,          ///< the mean of the other rewards of the group: RLOO
    length_weighted_mean, ///< Σ length · r / Σ length over the group: OPO
    batch_mean,           ///< the mean of all rewards
    given,                ///< a number per sequence that the caller gives: ReMax, a running mean
    second_best,          ///< the second best reward of the group; only the best gets an advantage: pass@k
};

/// What the reward minus its baseline is divided by.
enum class group_scale {
    none,       ///< 1
    group_std,  ///< the standard deviation of the group: GRPO
    batch_std,  ///< the standard deviation of all rewards
    group_mean, ///< the absolute mean of the group: MaxRL
    others_std, ///< the standard deviation of the group's other rewards, or 1 if these are equal: NeMo-RL
};

/// The advantage in a group of one, if its baseline or scale is taken from the group.
enum class lone_reward {
    zero,    ///< 0
    kept,    ///< the reward as it is
    refused, ///< the call throws if a group has one sequence; 0 if only one reward of a larger group counts
};

} // namespace rlhf

namespace RLHF_NAMESPACE::formula {

/// Sums over the rewards of a group, less its lowest reward. So equal rewards give exactly 0, and a mean far above the
/// deviation costs no digits.
template <class V>
struct group_sums {
    V count;                           ///< n, the number of rewards
    V share, free_share;               ///< 1 / n; 1 / (n − ddof)
    V lowest, range;                   ///< the lowest reward; the highest minus the lowest
    V mean = V(0);                     ///< the mean of r − lowest
    V squares = V(0);                  ///< Σ (r − mean)²
    V lengths = V(0), weighted = V(0); ///< Σ length and Σ length (r − lowest), for length_weighted_mean
    V second = V(0);                   ///< the second highest reward, for second_best
};

/// How the rewards of a group become advantages:
///
///     A = (r − baseline) / scale          as group_baseline and group_scale say, with
///     std = √(Σ (r − mean)² / (n − ddof)), with ε as std_floor says, which also holds for |mean| as the scale
///
/// The scale is 1 where there is no standard deviation (n ≤ ddof). If the scale is the group's own standard deviation
/// or mean, and this is 0, the advantage is 0 for every ε. lone_reward says what a group of one gets. With second_best,
/// advantages below 0 become 0.
template <class V>
struct group_rule {
    group_baseline baseline;
    group_scale scale;
    lone_reward lone;
    V ddof, epsilon;
    std_floor floor;
    V batch_mean, batch_deviation; ///< for the options that name the batch

    /// True if a reward is compared with its group.
    [[nodiscard]] RLHF_FORMULA bool of_group() const {
        return scale == group_scale::group_std || scale == group_scale::group_mean ||
               scale == group_scale::others_std || baseline == group_baseline::group_mean ||
               baseline == group_baseline::others_mean || baseline == group_baseline::length_weighted_mean ||
               baseline == group_baseline::second_best;
    }

    /// The map with which the advantage of r is affine(r, map). A reward with a baseline of its own has that as the
    /// map's center. With group_scale::others_std, its advantage is divided by others_deviation.
    [[nodiscard]] RLHF_FORMULA affine_map<V> operator()(const group_sums<V>& s) const {
        using lane::select;
        const V one(1), zero(0), divisor = deviation(s);
        V center = zero, rest = zero, factor = select(divisor == zero, zero, one / divisor);
        if (baseline == group_baseline::batch_mean) center = batch_mean;
        if (baseline == group_baseline::second_best) center = s.second;
        if (baseline == group_baseline::group_mean) center = s.lowest, rest = s.mean;
        if (baseline == group_baseline::length_weighted_mean)
            center = s.lowest, rest = select(s.lengths > zero, s.weighted / s.lengths, s.mean);
        if (baseline == group_baseline::others_mean)
            center = s.lowest, rest = s.mean, factor = factor * (s.count / (s.count - one));
        if (!of_group()) return {center, rest, factor, zero};
        const auto several = s.count > one; // for one reward, rest is 0
        const bool kept = lone == lone_reward::kept;
        return {select(several, center, zero), rest, select(several, factor, kept ? one : zero), zero};
    }

    /// The divisor of a reward, from the sums over the other rewards of its group.
    [[nodiscard]] RLHF_FORMULA V others_deviation(const group_sums<V>& others) const {
        const V d = floored_deviation(others.squares * others.free_share, epsilon, floor);
        return lane::select(others.range > V(0) && others.count > ddof, d, V(1));
    }

private:
    [[nodiscard]] RLHF_FORMULA V deviation(const group_sums<V>& s) const {
        using lane::select;
        if (scale == group_scale::none || scale == group_scale::others_std) return V(1);
        if (scale == group_scale::batch_std) return batch_deviation;
        const V m = s.lowest + s.mean, free = s.count - ddof;
        if (scale == group_scale::group_mean) return select(m == V(0), V(0), floored_deviation(m * m, epsilon, floor));
        const V d = floored_deviation(s.squares * s.free_share, epsilon, floor);
        return select(s.range == V(0), V(0), select(free > V(0), d, V(1)));
    }
};

} // namespace RLHF_NAMESPACE::formula
