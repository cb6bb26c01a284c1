// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace rlhf {

/// ε₋ and ε₊: the ratio ρ of two policies is clipped to [1 − ε₋, 1 + ε₊]. One number sets both, so that neither keeps a
/// forgotten default.
struct ratio_range {
    double low, high;
    constexpr ratio_range(double both) : low(both), high(both) {}
    constexpr ratio_range(double below, double above) : low(below), high(above) {}
    /// For a range without a default. It is instantiated, and so reports the error, only if the range is left out.
    template <class T = double>
    constexpr ratio_range() : low(), high() {
        static_assert(sizeof(T) == 0, "rlhf: this objective needs a range, such as gspo{.range = {3e-4, 4e-4}}");
    }
};

} // namespace rlhf

/// Objectives of a policy loss. With ρ = π / π_old and the advantage Â, the slope of each objective is −M φ(ρ) Â. φ is
/// the objective's function of the ratio. M is 0 where the objective stops a token, else 1. An objective is three
/// things in one header:
///
/// - its options, a struct of numbers in namespace rlhf
/// - its formula, a struct of the options as numbers of T, rounded once from double, with
///
///       template <class V>
///       surrogate<V> operator()(const sampled_token<V>& t) const;
///       bool learns_by_ratio() const; // false: ρ is a constant, and the gradient flows through log π alone
///
/// - objective<options>, which makes the formula from the options
///
/// If the tokens of a sequence decide together, the formula has two more members: a kernel of log π and log π_old,
/// whose results are added up over the sequence first, and a function that sets the numbers which the sequence's tokens
/// share from these sums.
///
///       auto reduction() const; // for example log_ratio_term()
///       void decide(const sums& of_reduction, double tokens, T log_ratio_limit);
///
/// If one long function of the formula waits for the result of another, the formula has two members: one computes the
/// first result, and the other continues from it.
///
///       V first(const sampled_token<V>& t) const;
///       surrogate<V> operator()(const sampled_token<V>& t, V first) const;
///
/// The objective does not see the importance weight, KL and weight, which multiply the loss or are added to it: see
/// formula/policy_token.hpp.
namespace RLHF_NAMESPACE::formula {

/// What an objective sees of a token.
template <class V>
struct sampled_token {
    V log_prob, old_log_prob; ///< log π and log π_old, as given
    V log_ratio;              ///< log π − log π_old, already limited
    V advantage;              ///< Â
};

/// What an objective computes for a token. Statistics that it does not have stay false.
template <class V>
struct surrogate {
    using mask = lane::mask_of<V>;
    V loss, slope;                                              ///< slope: ∂loss/∂ log π
    V ratio;                                                    ///< ρ = exp(log ratio)
    mask clipped_low = mask(false), clipped_high = mask(false); ///< a bound replaces or stops ρ, and Â is not 0
    mask dual_clipped = mask(false);                            ///< a limit replaces the loss
};

/// Makes the formula of an objective from its options. Each objective specialises it with
///
///     template <class T>
///     static Formula<T> whole(const Options& o); // the formula for all options
///     static void bounds(const Options& o, auto&& within); // calls within(name, option, lowest, highest) for each
///
/// and, if a simpler formula serves the usual options, so that they do not pay for the others,
///
///     static bool is_usual(const Options& o);
///     template <class T>
///     static Simpler<T> usual(const Options& o);
template <class Options>
struct objective;

/// slope · log π: the loss with a constant slope. It is 0 where the slope is 0, also for π = 0.
template <class V>
[[nodiscard]] RLHF_FORMULA V by_log_prob(V slope, V log_prob) {
    using lane::select;
    return select(slope == V(0), V(0), slope * log_prob);
}

} // namespace RLHF_NAMESPACE::formula
