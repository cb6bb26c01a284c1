// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/whiten.hpp>

namespace rlhf {

struct gdpo_advantages_options {
    group_advantages_options group = {}; ///< for each reward on its own
    whiten_options whiten = {};          ///< for the sums, over sequences; rlhf::no_whitening: the caller whitens
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct gdpo_advantages_arrays {
    view<const T> rewards = detail::required<T>();     ///< [R, N] a row per reward, a column per sequence
    view<const T> weights = {};                        ///< [R] one factor per reward; absent: 1
    view<T> workspace = detail::required_output<T>();  ///< [N] for the advantages of one reward
    view<T> advantages = detail::required_output<T>(); ///< [N] out
};

/// The parts of a step join by +=, exactly and in any order.
struct gdpo_advantages_result {
    moments advantages;    ///< moments of the sums, before whitening
    double unscorable = 0; ///< sequences without a finite reward

    gdpo_advantages_result& operator+=(const gdpo_advantages_result& o) {
        advantages += o.advantages, unscorable += o.unscorable;
        return *this;
    }
};

namespace detail {

template <class T>
std::int64_t check_arguments(const groups& g, const gdpo_advantages_arrays<T>& a, const gdpo_advantages_options& o) {
    const std::int64_t rewards = a.rewards.rows() < 0 ? 1 : a.rewards.rows(), sequences = a.rewards.cols();
    const batch b = one_each(sequences);
    call c("gdpo_advantages", b);
    check_options(c.function(), o.group, false, false);
    check_options(c.function(), o.whiten);
    const bound_groups bound(c, g);
    c.arrays().add(a.rewards, "rewards", {rewards, sequences}, access::read);
    if (!a.weights.absent()) c.arrays().add(a.weights, "weights", {1, rewards}, access::read);
    const bool workspace(c.per_sequence(a.workspace, "workspace", access::write));
    const bool advantages(c.per_sequence(a.advantages, "advantages", access::write));
    if (sequences > 0 && !workspace) fail(c.function(), "workspace is missing");
    if (sequences > 0 && !advantages) fail(c.function(), "advantages is missing");
    c.done();
    return rewards;
}

} // namespace detail

/// Advantages from several rewards per sequence. Each reward is compared in its group before they are added, so that a
/// reward with large numbers does not drown the others.
///
///     Aₖ = group_advantages of reward k          as options.group says
///     A  = Σ weightₖ Aₖ, then whitened over the sequences, as options.whiten says
///
/// rewards are [R, N], with groups as in group_advantages. What trainers compute:
///
///     TRL       both ε 10⁻⁴, both floors after_root; unscorable::left_out
///     NeMo-RL   baseline = others_mean; whiten.epsilon = 0
///     verl      no_whitening here; then, because it whitens over tokens,
///               whiten(sequences, advantages, moments_of(batch, per_sequence(advantages)))
///
/// options.group.unscorable says what happens to a reward that is NaN or infinite. With left_out it adds nothing to its
/// sequence; a sequence without a finite reward gets 0 and does not count in the moments. With spread it makes the
/// whole batch NaN.
///
/// Sums are rounded to T after each reward, in the order of the rewards. Without whitening, and if options.group does
/// not name the batch, no bit depends on other groups, on the order of sequences, or on how a step is cut into calls.
///
/// Throws what group_advantages and whiten throw, and std::invalid_argument for an output that is missing or overlaps
/// another array, before anything is written.
///
/// Source: Liu et al. 2026, arXiv:2601.05242, section 3 (GDPO).
template <class T = float, class Arch = native>
gdpo_advantages_result gdpo_advantages(const groups& g, const gdpo_advantages_arrays<T>& a,
                                       const gdpo_advantages_options& o = {}, const executor& run = {}) {
    const std::int64_t rewards = detail::check_arguments(g, a, o), sequences = a.rewards.cols();
    const auto each = detail::one_per_sequence(a.advantages, "gdpo_advantages", "advantages"),
               own = detail::one_per_sequence(a.workspace, "gdpo_advantages", "workspace");
    const auto reward = [&](std::int64_t k) {
        const std::int64_t stride = a.rewards.rows() > 1 ? a.rewards.stride() : 0;
        return view<const T>::with(a.rewards.data() + k * stride, view<const T>::flat, sequences, 0);
    };
    const bool left_out = o.group.unscorable == unscorable::left_out;
    for (std::int64_t k = 0; k < rewards; ++k) {
        group_advantages<T, Arch>(g, {.rewards = reward(k), .advantages = own}, o.group, run);
        const lane::number<T> weight = a.weights.absent() ? T(1) : a.weights.data()[k];
        for (std::int64_t s = 0; s < sequences; ++s) {
            const lane::number<T> sum = k == 0 ? T(0) : each.data()[s * each.stride()];
            each.data()[s * each.stride()] = T(sum + weight * lane::number<T>(own.data()[s * own.stride()]));
        }
    }
    gdpo_advantages_result r;
    const auto scorable = [&](std::int64_t s) {
        bool any = false;
        for (std::int64_t k = 0; k < rewards && !any; ++k) any = std::isfinite(reward(k).data()[s]);
        return any;
    };
    for (std::int64_t s = 0; s < sequences; ++s)
        if (!scorable(s)) each.data()[s * each.stride()] = std::numeric_limits<T>::quiet_NaN(), r.unscorable += 1;
    r.advantages = reward_moments<T>(each, o.group.unscorable, run);
    if (o.whiten.center || o.whiten.scale) {
        const bool dense = each.stride() == 1; // one row is swept faster than many of one element
        const batch b{.sequences = dense ? 1 : sequences,
                      .steps = dense ? sequences : 1,
                      .mask = all,
                      .denominator = counted_here};
        whiten<T, Arch>(b, view<T>::with(each.data(), b.sequences, b.steps, dense ? sequences : each.stride()),
                        r.advantages, o.whiten, run);
    }
    for (std::int64_t s = 0; s < sequences && left_out && r.unscorable > 0; ++s)
        if (T& x = each.data()[s * each.stride()]; !scorable(s)) x = T(0);
    return r;
}

} // namespace RLHF_NAMESPACE
