// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/steps/step_sweep.hpp>

namespace rlhf {

struct discounted_returns_options {
    double gamma = 1;                   ///< γ in [0, 1]
    rlhf::gaps gaps = rlhf::gaps::skip; ///< what masked steps mean
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct discounted_returns_arrays {
    view<const T> rewards = detail::required<T>();  ///< [B, T]
    view<const T> bootstrap_values = {};            ///< [B] V after the last step; absent: 0, the sequence ended
    view<const std::uint8_t> terminated = {};       ///< [B, T] the episode ended at t: nothing follows
    view<T> returns = detail::required_output<T>(); ///< [B, T] out; may be rewards' memory
};

namespace detail {

template <class T>
struct discounted_returns_kernel {
    static constexpr bool forward = false;
    enum input { reward };
    static constexpr std::size_t inputs = 1, required = 1, outputs = 1;
    static constexpr bool reads_after(std::size_t /*k*/) { return false; }
    T factor;

    template <class V, bool Flagged>
    RLHF_FORMULA V head(const scan_steps<V, 1, Flagged>& x) const {
        return x.here[reward];
    }
    template <class V, bool Flagged>
    RLHF_FORMULA std::array<V, 1> finish(const scan_steps<V, 1, Flagged>&, const V& sum, const V&) const {
        return {sum};
    }
};

} // namespace detail

/// The discounted sum of the rewards from each step on.
///
///     Rₜ = rₜ + γ Rₜ₊₁          Rₜ₊₁: the bootstrap value after the last step, 0 after a terminated step
///
/// options.gaps says what masked steps mean: with skip they do not advance time, with zero time passes there with
/// reward 0, with ignore the mask is not looked at. For the place of the bootstrap value, and for flags at masked
/// steps, see gae.
///
/// Arrays are [B, T] (or packed [tokens]). returns may lie exactly on rewards and are +0 where masked. Masked data is
/// not read, except by gaps::ignore. Computed in T.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, γ outside [0, 1], an output that
/// overlaps another array.
///
/// Source: Sutton and Barto, Reinforcement Learning, 2nd edition, eq. 3.9.
template <class T = float, class Arch = native>
void discounted_returns(const batch& b, const discounted_returns_arrays<T>& a, const discounted_returns_options& o = {},
                        const executor& run = {}) {
    detail::call c("discounted_returns", b);
    detail::check_range(c.function(), "gamma", o.gamma, 0, 1);
    const std::array in{c.in(a.rewards, "rewards")};
    const auto bootstrap = c.per_sequence(a.bootstrap_values, "bootstrap_values");
    const detail::scan_flags flags{c.optional(a.terminated, "terminated")};
    const std::array targets{c.out(a.returns, "returns", a.rewards.data())};
    c.done();

    using kernel = detail::discounted_returns_kernel<T>;
    const kernel k{static_cast<T>(o.gamma)};
    detail::step_sweep<T, Arch, kernel>({c, in, targets, k, o.gaps, flags, {.carry = bootstrap}})(run);
}

} // namespace RLHF_NAMESPACE
