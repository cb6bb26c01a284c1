// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// ε₋ and ε₊: the ratio ρ of two policies is cut to [1 − ε₋, 1 + ε₊]. One number sets both, so that neither keeps a
/// forgotten default.
struct ratio_range {
    double low, high;
    constexpr ratio_range(double both) : low(both), high(both) {}
    constexpr ratio_range(double below, double above) : low(below), high(above) {}
    /// For a range without a default. It is instantiated, and so reported, only where the range is left out.
    template <class T = double>
    constexpr ratio_range() : low(), high() {
        static_assert(sizeof(T) == 0, "rlhf: this objective needs a range, such as gspo{.range = {3e-4, 4e-4}}");
    }
};

} // namespace rlhf

/// Objectives of a policy loss. With ρ = π / π_old and the advantage Â, the slope of each is −M φ(ρ) Â: φ is the
/// factor that the objective makes of the ratio, and M is 0 where it stops a token. An objective is three things in one
/// header:
///
/// - its options, a struct of numbers in namespace rlhf
/// - its formula, a struct of the options as numbers of T, rounded once from double, with
///
///       template <class V>
///       surrogate<V> operator()(const sampled_token<V>& t) const;
///       bool learns_by_ratio() const; // else ρ is a constant, and the gradient flows through log π alone
///
/// - objective<options>, which makes the formula of the options
///
/// An objective in which the tokens of a sequence decide together has a formula with two things more: what is added up
/// over the sequence first, a kernel of log π and log π_old, and what sets the numbers that its tokens share.
///
///       auto reduction() const; // for example log_ratio_term()
///       void decide(const sums& of_reduction, double tokens, T log_ratio_limit);
///
/// An objective in which one long function waits for another has two things more: what is computed first, and the
/// formula that goes on from it.
///
///       V first(const sampled_token<V>& t) const;
///       surrogate<V> operator()(const sampled_token<V>& t, V first) const;
///
/// The objective does not see what multiplies the loss or is added to it (importance weight, KL, weight): see
/// formula/policy_token.hpp.
namespace RLHF_NAMESPACE::formula {

/// What an objective sees of a token.
template <class V>
struct sampled_token {
    V log_prob, old_log_prob; ///< log π and log π_old, as they are
    V log_ratio;              ///< log π − log π_old, already limited
    V advantage;              ///< Â
};

/// What an objective makes of a token. It leaves false what it does not have.
template <class V>
struct surrogate {
    using mask = lane::mask_of<V>;
    V loss, slope;                                              ///< slope: ∂loss/∂ log π
    V ratio;                                                    ///< ρ = exp(log ratio)
    mask clipped_low = mask(false), clipped_high = mask(false); ///< a bound replaces or stops ρ, and Â is not 0
    mask dual_clipped = mask(false);                            ///< a limit replaces the loss
};

/// How the options of an objective become its formula. An objective specialises it, with
///
///     template <class T>
///     static Formula<T> whole(const Options& o); // with all that the options can say
///     static void bounds(const Options& o, auto&& within); // calls within(name, option, lowest, highest) for each
///
/// and, if a simpler formula serves the usual options, so that they do not pay for the others,
///
///     static bool is_usual(const Options& o);
///     template <class T>
///     static Simpler<T> usual(const Options& o);
template <class Options>
struct objective;

/// slope · log π, the loss whose slope is a constant; 0 where the slope is 0, also for π = 0.
template <class V>
[[nodiscard]] RLHF_FORMULA V by_log_prob(V slope, V log_prob) {
    using lane::select;
    return select(slope == V(0), V(0), slope * log_prob);
}

} // namespace RLHF_NAMESPACE::formula
