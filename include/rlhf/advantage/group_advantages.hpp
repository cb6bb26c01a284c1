// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/group_sweep.hpp>
#include <rlhf/engine/sums/narrow_sums.hpp>
#include <rlhf/results/moments.hpp>

namespace rlhf {

/// What happens to a reward that is NaN or infinite, for example because no judge could score the response.
enum class unscorable {
    spread,   ///< it makes its whole group NaN, or the whole batch if the options name the batch
    left_out, ///< the reward does not count, and its advantage is 0
};

struct group_advantages_options {
    group_baseline baseline = group_baseline::group_mean;   ///< what is subtracted from a reward
    group_scale scale = group_scale::group_std;             ///< what the difference is divided by
    int ddof = 1;                                           ///< ≥ 0; a variance is Σ (r − mean)² / (n − ddof)
    double epsilon = 1e-6;                                  ///< ε ≥ 0
    rlhf::std_floor floor = rlhf::std_floor::after_root;    ///< how ε keeps std from 0, as in whiten_options
    lone_reward lone = lone_reward::zero;                   ///< the advantage of a sequence alone in its group
    rlhf::unscorable unscorable = rlhf::unscorable::spread; ///< what NaN and infinite rewards do
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct group_advantages_arrays {
    view<const T> rewards = detail::required<T>(); ///< [N] one reward per sequence
    index_view lengths = {};                       ///< [N] tokens per sequence, for length_weighted_mean
    view<const T> baselines = {};                  ///< [N] for group_baseline::given
    view<T> advantages = {};                       ///< [N] out; may be the memory of rewards, except with others_std
    view<std::uint8_t> keep = {};                  ///< [N] out; 0: constant group, or NaN or infinite reward
};

/// Counts; the parts of a step join by +=.
struct group_advantages_result {
    double groups = 0;
    double constant_groups = 0; ///< groups of two or more counted rewards, all of them equal
    double unscorable = 0;      ///< rewards that are NaN or infinite

    group_advantages_result& operator+=(const group_advantages_result& o) {
        groups += o.groups, constant_groups += o.constant_groups, unscorable += o.unscorable;
        return *this;
    }
    bool operator==(const group_advantages_result&) const = default;
};

namespace detail {

inline bool uses_batch(const group_advantages_options& o) {
    return o.baseline == group_baseline::batch_mean || o.scale == group_scale::batch_std;
}

inline void check_options(const char* f, const group_advantages_options& o, bool has_baselines, bool has_lengths) {
    if (o.ddof < 0) fail(f, "ddof is %lld, expected at least 0", o.ddof);
    check_not_negative(f, "epsilon", o.epsilon);
    check_finite(f, "epsilon", o.epsilon);
    if (has_baselines != (o.baseline == group_baseline::given))
        fail(f, "baselines and baseline = given need each other");
    if (has_lengths != (o.baseline == group_baseline::length_weighted_mean))
        fail(f, "lengths and baseline = length_weighted_mean need each other");
}

/// Arrays with one element per sequence are bound as arrays of a batch with one step.
inline batch one_each(std::int64_t sequences) {
    return {.sequences = sequences, .steps = 1, .mask = all, .denominator = counted_here};
}
template <class T>
std::int64_t elements(const view<T>& v) {
    return v.rows() < 0 ? v.cols() : times(v.rows(), v.cols());
}

/// Adds Σr and Σr² of the sequences begin … end − 1. With leave_out, rewards that are not finite do not count.
template <class T>
void add_rewards(power_sums& to, const stream<const T>& rewards, std::int64_t begin, std::int64_t end, bool leave_out) {
    constexpr std::int64_t block = 16;
    narrow_sums<2> narrow;
    for (int used = 0; begin < end; begin += block) {
        std::array<double, std::size_t(block)> x{}, squares{};
        for (std::int64_t i = 0; i < (std::min)(block, end - begin); ++i) {
            const auto r = static_cast<double>(*rewards.row(begin + i, 0));
            if (leave_out && !std::isfinite(r)) continue;
            const auto k = static_cast<std::size_t>(i);
            x[k] = r, squares[k] = r * r, to.count += 1;
        }
        if (!narrow.add(0, x)) to.sum.add(x);
        if (!narrow.add(1, squares)) to.squares.add(squares);
        if (++used == narrow.capacity || begin + block >= end)
            narrow.flush(0, to.sum), narrow.flush(1, to.squares), used = 0;
    }
}

template <class T>
moments reward_moments(const call& c, const stream<const T>& rewards, unscorable how, const executor& run) {
    constexpr std::int64_t piece = bound_groups::piece;
    return moments(sum_pieces<power_sums>(run, (c.size() + piece - 1) / piece, [&](std::int64_t i, power_sums& part) {
        const std::int64_t end = (std::min)(c.size(), (i + 1) * piece);
        add_rewards(part, rewards, i * piece, end, how == unscorable::left_out);
    }));
}

/// The whole call. If no moments are given and the options name the batch, the moments of this call are used.
template <class T, class Arch>
group_advantages_result advantages_of(const groups& g, const group_advantages_arrays<T>& a, const moments* given,
                                      const group_advantages_options& o, const executor& run) {
    const batch b = one_each(elements(a.rewards));
    call c("group_advantages", b);
    const auto there = [&](const auto& v, group_baseline reader) { // without sequences no array has to be given
        return c.size() == 0 ? o.baseline == reader : !v.absent();
    };
    check_options(c.function(), o, there(a.baselines, group_baseline::given),
                  there(a.lengths, group_baseline::length_weighted_mean));
    bound_groups groups(c, g);
    group_streams<T> arrays{.rewards = c.per_sequence(a.rewards, "rewards"),
                            .baselines = c.per_sequence(a.baselines, "baselines"),
                            .lengths = a.lengths};
    if (!a.lengths.absent()) arrays.lengths_stride = c.per_sequence(a.lengths, "lengths");
    const bool reads_again = o.scale == group_scale::others_std; // the other rewards, for each advantage
    arrays.advantages =
        c.per_sequence(a.advantages, "advantages", access::write, reads_again ? nullptr : a.rewards.data());
    arrays.keep = c.per_sequence(a.keep, "keep", access::write);
    c.done();
    for (std::int64_t s = 0; s < c.size() && !a.lengths.absent(); ++s)
        if (a.lengths[s * arrays.lengths_stride] < 0)
            fail(c.function(), "lengths has %lld at sequence %lld, expected at least 0",
                 a.lengths[s * arrays.lengths_stride], s);

    formula::group_rule<double> rule{o.baseline, o.scale, o.lone, static_cast<double>(o.ddof),
                                     o.epsilon,  o.floor, 0,      1};
    if (uses_batch(o)) {
        const moments m = given != nullptr ? *given : reward_moments(c, arrays.rewards, o.unscorable, run);
        rule.batch_mean = m.mean();
        if (!std::isfinite(m.mean()))
            rule.batch_mean = rule.batch_deviation = std::numeric_limits<double>::quiet_NaN();
        else if (m.count() > 1 && m.count() > o.ddof)
            rule.batch_deviation = formula::floored_deviation(m.variance(o.ddof), o.epsilon, o.floor);
    }
    groups.sort();
    if (o.lone == lone_reward::refused && rule.of_group())
        for (std::int64_t p = 0, next; p < c.size(); p = next)
            if ((next = groups.end(p)) == p + 1)
                fail(c.function(), "sequence %lld is alone in its group, expected at least two", groups[p]);
    const auto t = group_sweep<T, Arch>(groups, arrays, rule, o.unscorable == unscorable::left_out)(run);
    return {static_cast<double>(t.groups), static_cast<double>(t.constant), static_cast<double>(t.unscorable)};
}

} // namespace detail

/// Count, mean and variance of rewards [N], for group_advantages with the moments of a whole step. Rewards that are not
/// finite make the mean NaN or infinite, or are left out.
template <class T = float>
[[nodiscard]] moments reward_moments(const std::type_identity_t<view<const T>>& rewards,
                                     unscorable how = unscorable::spread, const executor& run = {}) {
    const batch b = detail::one_each(detail::elements(rewards));
    detail::call c("reward_moments", b);
    const auto r = c.per_sequence(rewards, "rewards");
    c.done();
    return detail::reward_moments(c, r, how, run);
}

/// Advantages without a critic: the reward of each sequence is compared with the rewards of the same prompt.
///
///     A = (r − baseline) / scale          options.baseline and options.scale choose them
///     std = √(Σ (r − mean)² / (n − ddof)), with ε as options.floor says; 1 where n ≤ ddof
///
/// rewards are [N], one per sequence, in any unit. `groups` says which sequences belong to one prompt; all of them are
/// in one call. A policy loss reads the advantages for every token as rlhf::per_sequence(advantages). What trainers
/// compute, as baseline and scale:
///
///     GRPO          the default; TRL's ε is 10⁻⁴, verl's is 10⁻⁶            Dr. GRPO     scale = none
///     RLOO          others_mean, none                                       NeMo's GRPO  others_mean, others_std
///     OPO           length_weighted_mean, none                              MaxRL        group_mean, group_mean
///     ReMax         given (the reward of the greedy answer), none           TRL "batch"  group_mean, batch_std
///     running mean  given (the caller's own mean of past rewards), none     FlashREINFORCE  batch_mean, none
///     pass@k        second_best, none, or group_std as verl has it by default
///     RAE           given (prime-rl: an agent's own running mean before this reward), none
///     GiGPO         the default, twice, with a row per step: A of the episode's reward among the episodes of its
///                   prompt, plus ω times A of the step's discounted return among the steps from the same state
///                   (ROLL, arXiv:2505.10978)
///
/// REINFORCE++ also whitens over tokens. moments_of(batch, per_sequence(advantages)) has the moments for that:
///
///     baseline form (verl)  group_mean, none, lone_reward::kept; then whiten with these moments
///     with KL per token     group_mean, none; shape_rewards with the advantages as scores; discounted_returns; whiten
///     without groups        shape_rewards, discounted_returns, whiten
///
/// For several rewards per sequence, each compared on its own, see gdpo_advantages.
///
/// Edges: If all rewards of a group are equal, and its own mean is subtracted or its own deviation divides, the
/// advantages are exactly 0 for every ε. options.lone says what a group of one gets, if its baseline or scale is the
/// group's, also where other rewards make the batch NaN. MaxRL divides by the absolute mean, and gives 0 where the mean
/// is 0. A batch_std of 0 gives 0, too. With second_best all but the best reward get 0; if several share the best
/// reward, they get 0 as well. With others_std a group of n costs n² steps, which read its rewards again, so advantages
/// need memory of their own; where the others are equal, or too few for a deviation, the divisor is 1 without ε. If all
/// lengths are 0, OPO subtracts the mean. options.unscorable says what happens to NaN and ±∞.
///
/// Groups without a gradient: `keep` is 0 for sequences of constant groups, for rewards that are NaN or infinite, and
/// for all of a group that such a reward made NaN. To drop these sequences from sum and denominator, clear their mask,
/// mask[s][t] &= keep[s], and count the denominator afterwards (rlhf::count).
///
/// batch_mean and batch_std come from this call, or from the moments that are given: reward_moments of a whole step,
/// merged over its parts. With given moments, or if the options do not name the batch, no bit depends on other groups,
/// on the order of a group's sequences, or on the cut of the step into calls. Sums are made in double (DESIGN.md, D33).
/// They are right if the rewards of a group differ by 10⁻¹⁵⁰ to 10¹⁵⁰; sums over the batch have the range of `moments`.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, an N that is not a multiple of the group
/// size, no workspace for ids, options out of range, baselines or lengths without the option that reads them, that
/// option without its array, a negative length, outputs that overlap another array, a sequence alone in its group with
/// lone_reward::refused.
///
/// Source: Shao et al. 2024, arXiv:2402.03300, section 4.1.2 (GRPO); Ahmadian et al. 2024, arXiv:2402.14740 (RLOO).
template <class T = float, class Arch = native>
group_advantages_result group_advantages(const groups& g, const group_advantages_arrays<T>& a,
                                         const group_advantages_options& o = {}, const executor& run = {}) {
    return detail::advantages_of<T, Arch>(g, a, nullptr, o, run);
}

/// The same call with the moments of a whole step for batch_mean and batch_std.
template <class T = float, class Arch = native>
group_advantages_result group_advantages(const groups& g, const group_advantages_arrays<T>& a, const moments& m,
                                         const group_advantages_options& o = {}, const executor& run = {}) {
    return detail::advantages_of<T, Arch>(g, a, &m, o, run);
}

} // namespace RLHF_NAMESPACE
