// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/steps/step_sweep.hpp>
#include <rlhf/formula/gae.hpp>

namespace rlhf {

/// The options that were passed to gae().
struct gae_backward_options {
    double gamma = 1;                   ///< γ in [0, 1]
    double lambda = 0.95;               ///< λ in [0, 1]
    rlhf::gaps gaps = rlhf::gaps::skip; ///< what masked steps mean
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct gae_backward_arrays {
    view<const T> d_advantages = {};          ///< [B, T] ∂L/∂advantages; absent: 0
    view<const T> d_returns = {};             ///< [B, T] ∂L/∂returns; absent: 0
    view<const T> next_values = {};           ///< [B, T] as passed to gae(); only their presence matters
    view<const T> lambdas = {};               ///< [B] as passed to gae()
    view<const std::uint8_t> terminated = {}; ///< [B, T] as passed to gae()
    view<const std::uint8_t> truncated = {};  ///< [B, T] as passed to gae()
    gradient<T> d_rewards = {};               ///< [B, T] ∂L/∂rewards
    gradient<T> d_values = {};                ///< [B, T] ∂L/∂values
    gradient<T> d_next_values = {};           ///< [B, T] ∂L/∂next_values
    gradient<T> d_bootstrap_values = {};      ///< [B] ∂L/∂bootstrap_values
};

namespace detail {

template <class T>
struct gae_backward_kernel {
    static constexpr bool forward = true;
    enum input { d_advantage, d_return };
    static constexpr std::size_t inputs = 2, required = 2, outputs = 3;
    static constexpr bool reads_after(std::size_t /*k*/) { return false; }
    T gamma, factor;
    bool next_values;
    std::array<T, 3> scale; ///< of d_rewards, d_values and d_next_values

    template <class V, bool Flagged>
    RLHF_FORMULA V head(const scan_steps<V, 2, Flagged>& x) const {
        return x.here[d_advantage] + x.here[d_return];
    }
    template <class V, bool Flagged>
    RLHF_FORMULA std::array<V, 3> finish(const scan_steps<V, 2, Flagged>& x, const V& sum, const V& before) const {
        using lane::select;
        const V zero(T(0));
        V to_next = formula::discounted(V(gamma), sum), to_this = formula::discounted(V(gamma), before);
        if constexpr (Flagged) {
            to_next = select(x.terminated, zero, to_next), to_this = select(x.terminated_after, zero, to_this);
            if (next_values) to_this = select(x.unread_after, to_this, zero);
        } else if (next_values) {
            to_this = zero;
        }
        return scaled(formula::gae_backward(x.here[d_return], sum, to_this, to_next));
    }
    template <class V>
    RLHF_FORMULA std::array<V, 3> scaled(const formula::gae_slopes<V>& d) const {
        return {V(scale[0]) * d.reward, V(scale[1]) * d.value, V(scale[2]) * d.next_value};
    }
    /// The gradient that flows beyond the last step, into the bootstrap value.
    [[nodiscard]] T last(T sum, bool terminated) const {
        return next_values || terminated ? T(0) : formula::discounted(gamma, sum);
    }
};

} // namespace detail

/// The backward pass of gae. gae is linear in rewards and values, so its backward pass is the transpose. With g =
/// ∂L/∂advantages + ∂L/∂returns, from the first step to the last:
///
///     uₜ         = gₜ + γλ uₜ₋₁
///     ∂L/∂rₜ     = uₜ
///     ∂L/∂V(sₜ)  = ∂L/∂Rₜ − uₜ + γ uₜ₋₁
///
/// After a terminated or truncated step, uₜ₋₁ is left out of the first line; after a terminated step it is also left
/// out of the third. With next_values, γ uₜ goes to ∂L/∂next_values at step t, and not to the value of the next step.
/// Without next_values, γ uₜ of the last step goes to ∂L/∂bootstrap_values.
///
/// Arrays are [B, T] (or packed [tokens]); options, lambdas and flags are the ones passed to gae. Gradients are +0
/// where masked data was not read, or left as they are with add_to. Masked elements of d_advantages and d_returns are
/// not read.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, γ or a λ outside [0, 1], truncated or
/// d_next_values without next_values, an output that overlaps another array.
///
/// Source: the formulas of gae, transposed.
template <class T = float, class Arch = native>
void gae_backward(const batch& b, const gae_backward_arrays<T>& a, const gae_backward_options& o = {},
                  const executor& run = {}) {
    detail::call c("gae_backward", b);
    detail::check_range(c.function(), "gamma", o.gamma, 0, 1);
    detail::check_range(c.function(), "lambda", o.lambda, 0, 1);
    static constexpr T zero = 0;
    const auto or_zero = [](const auto& s) { return s ? s : detail::stream<const T>{&zero, 0, 0}; };
    const std::array in{or_zero(c.optional(a.d_advantages, "d_advantages")),
                        or_zero(c.optional(a.d_returns, "d_returns"))};
    const bool next_values = static_cast<bool>(c.optional(a.next_values, "next_values"));
    const auto lambdas = detail::bind_lambdas(c, a.lambdas);
    const detail::scan_flags flags{c.optional(a.terminated, "terminated"), c.optional(a.truncated, "truncated"),
                                   o.gaps == gaps::zero};
    const std::array targets{c.out(a.d_rewards, "d_rewards"), c.out(a.d_values, "d_values"),
                             c.out(a.d_next_values, "d_next_values")};
    const auto& bootstrap = a.d_bootstrap_values;
    detail::check_finite<T>(c.function(), "d_bootstrap_values", bootstrap.scale);
    const detail::target<T> last{c.per_sequence(bootstrap.to, "d_bootstrap_values", detail::access::write),
                                 bootstrap.scale, bootstrap.add};
    if (flags.truncated && !next_values && c.tokens() > 0)
        detail::fail(c.function(), "truncated needs next_values: values[t + 1] belongs to the next episode");
    if (targets[2] && !next_values && c.tokens() > 0) detail::fail(c.function(), "d_next_values needs next_values");
    c.done();

    using kernel = detail::gae_backward_kernel<T>;
    const auto scale = [&](std::size_t i) { return static_cast<T>(targets[i].scale); };
    const kernel k{
        static_cast<T>(o.gamma), static_cast<T>(o.gamma * o.lambda), next_values, {scale(0), scale(1), scale(2)}};
    detail::step_sweep<T, Arch, kernel>(
        {c, in, targets, k, o.gaps, flags, {.last = last, .lambdas = lambdas, .gamma = o.gamma}})(run);
}

} // namespace RLHF_NAMESPACE
