// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/group_sweep.hpp>
#include <rlhf/results/moments.hpp>

namespace rlhf {

/// What becomes of a reward that is NaN or infinite, for example because nobody could judge the response.
enum class unscorable {
    spread,   ///< all of its group becomes NaN, and all of the batch where the batch's moments are used
    left_out, ///< it does not count, and its advantage is 0
};

struct group_advantages_options {
    group_baseline baseline = group_baseline::group_mean;
    group_scale scale = group_scale::group_std;
    int ddof = 1; ///< of either standard deviation: Σ (r − mean)² / (n − ddof)
    double epsilon = 1e-6;
    rlhf::std_floor floor = rlhf::std_floor::after_root; ///< as in whiten_options
    lone_reward lone = lone_reward::zero;
    rlhf::unscorable unscorable = rlhf::unscorable::spread;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct group_advantages_arrays {
    view<const T> rewards = detail::required<T>(); ///< [N] one per sequence
    index_view lengths = {};                       ///< [N] tokens, for length_weighted_mean
    view<const T> baselines = {};                  ///< [N] for group_baseline::given
    view<T> advantages = {};                       ///< [N] out; may be the memory of rewards
    view<std::uint8_t> keep = {};                  ///< [N] out; 0: its group is constant, or it is unscorable
};

/// Counts; the parts of a step join by +=.
struct group_advantages_result {
    double groups = 0;
    double constant_groups = 0; ///< of two or more rewards that count and are equal
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

/// Σr and Σr² of a piece; what is not finite does not count if it is left out.
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

/// The whole call; without moments, the moments of this call are used where options name the batch.
template <class T, class Arch>
group_advantages_result advantages_of(const groups& g, const group_advantages_arrays<T>& a, const moments* given,
                                      const group_advantages_options& o, const executor& run) {
    const batch b = one_each(elements(a.rewards));
    call c("group_advantages", b);
    check_options(c.function(), o, !a.baselines.absent(), !a.lengths.absent());
    bound_groups groups(c, g);
    group_streams<T> arrays{.rewards = c.per_sequence(a.rewards, "rewards"),
                            .baselines = c.per_sequence(a.baselines, "baselines"),
                            .lengths = a.lengths};
    if (!a.lengths.absent()) arrays.lengths_stride = c.tokens_of(a.lengths, "lengths").row_stride;
    arrays.advantages = c.per_sequence(a.advantages, "advantages", access::write, a.rewards.data());
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

/// Count, mean and variance of rewards [N], for group_advantages with the moments of a whole step. What is not finite
/// makes the mean NaN or infinite, or is left out.
template <class T = float>
[[nodiscard]] moments reward_moments(const std::type_identity_t<view<const T>>& rewards,
                                     unscorable how = unscorable::spread, const executor& run = {}) {
    const batch b = detail::one_each(detail::elements(rewards));
    detail::call c("reward_moments", b);
    const auto r = c.per_sequence(rewards, "rewards");
    c.done();
    return detail::reward_moments(c, r, how, run);
}

/// The advantages of sequences without a critic: each reward against the others of its prompt.
///
///     A = (r − baseline) / scale          options.baseline and options.scale name both
///     std = √(Σ (r − mean)² / (n − ddof)), with ε as options.floor says; 1 where n ≤ ddof
///
/// rewards are [N], one per sequence, in any unit; the sequences of a prompt are one group, as `groups` says, and lie
/// in one call. By rlhf::per_sequence(advantages) a policy loss reads them for every token. What trainers compute:
///
///     GRPO          the default; TRL's ε is 10⁻⁴, verl's is 10⁻⁶            Dr. GRPO     scale = none
///     RLOO          others_mean, none                                       NeMo's GRPO  others_mean, others_std
///     OPO           length_weighted_mean, none                              MaxRL        group_mean, group_mean
///     ReMax         given (the reward of the greedy answer), none           TRL "batch"  group_mean, batch_std
///     running mean  given (the caller's own mean of past rewards), none     FlashREINFORCE  batch_mean, none
///     pass@k        second_best, none, or group_std as verl has it by default
///     RAE           given (prime-rl: an agent's own running mean before this reward), none
///     GiGPO         the default, twice: A = A of the episode in its prompt's group + ω A of a step's discounted return
///                   (discounted_returns) among the steps from one state; a row per step (ROLL, arXiv:2505.10978)
///
/// REINFORCE++ whitens over tokens, for which moments_of(batch, per_sequence(advantages)) has the moments:
///
///     baseline form (verl)  group_mean, none, kept; then whiten by these moments, here or in the loss's batch
///     with KL per token     group_mean, none; shape_rewards with the advantages as scores; discounted_returns; whiten
///     without groups        shape_rewards, discounted_returns, whiten
///
/// Several rewards, each compared on its own: recipe/gdpo_advantages.
///
/// Edges: A group whose rewards are equal gets exactly 0, whatever ε is, if its own mean is subtracted, or if it is
/// divided by its own deviation. A group of one, whose baseline or scale is its own, is as options.lone says. MaxRL
/// takes the size of the mean, and gives 0 where that is 0. With second_best all but the best get 0, and so do
/// several that share the best reward. With others_std a group of n costs n² steps; where the others are equal, or too
/// few for a deviation, the divisor is 1 without ε. For lengths that are all 0, OPO subtracts the mean.
/// Unscorable rewards (NaN, ±∞) are as options.unscorable says.
///
/// Groups that teach nothing: `keep` is 0 for sequences of constant groups, for unscorable ones, and for all of a group
/// that one of them made NaN. To drop them, clear their mask, mask[s][t] &= keep[s], and count the denominator
/// afterwards (rlhf::count), so that they leave both sides of the mean.
///
/// Moments of the batch are computed in this call, or given: reward_moments of a whole step, merged over its parts.
/// With them, or where options do not name the batch, no bit depends on other groups, on the order of the sequences of
/// a group, or on how the step is cut into calls. Sums are made in double (DESIGN.md, D33), right if the rewards of a
/// group differ by 10⁻¹⁵⁰ to 10¹⁵⁰; sums over the batch have the range of `moments`.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, an N that is not a multiple of the group
/// size, no workspace for ids, options out of range, an array without its option and the reverse, a negative length,
/// outputs that overlap another array; a sequence alone in its group where options.lone refuses it.
///
/// Source: Shao et al. 2024, arXiv:2402.03300, section 4.1.2 (GRPO); Ahmadian et al. 2024, arXiv:2402.14740 (RLOO).
template <class T = float, class Arch = native>
group_advantages_result group_advantages(const groups& g, const group_advantages_arrays<T>& a,
                                         const group_advantages_options& o = {}, const executor& run = {}) {
    return detail::advantages_of<T, Arch>(g, a, nullptr, o, run);
}

/// The same with the moments of a whole step for batch_mean and batch_std.
template <class T = float, class Arch = native>
group_advantages_result group_advantages(const groups& g, const group_advantages_arrays<T>& a, const moments& m,
                                         const group_advantages_options& o = {}, const executor& run = {}) {
    return detail::advantages_of<T, Arch>(g, a, &m, o, run);
}

} // namespace RLHF_NAMESPACE
