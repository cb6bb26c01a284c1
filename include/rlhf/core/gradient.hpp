// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/view.hpp>

namespace RLHF_NAMESPACE {

/// What write_to and add_to return. The field that it is given to decides the element type.
template <class A>
struct gradient_target {
    A buffer;
    double scale;
    bool add;
};

namespace detail {
template <class X>
inline constexpr bool is_target = false;
template <class A>
inline constexpr bool is_target<gradient_target<A>> = true;
template <class A>
using held = std::conditional_t<is_view<std::remove_cvref_t<A>>, std::remove_cvref_t<A>, std::remove_reference_t<A>&>;
} // namespace detail

/// Where a gradient goes: a buffer, a factor, and whether the buffer is overwritten or added to. A buffer alone is
/// overwritten; write_to and add_to say more.
template <class T>
struct gradient {
    view<T> to = {};  ///< absent: the gradient is not computed
    double scale = 1; ///< multiplies the gradient; finite
    bool add = false; ///< true: the gradient is added to the buffer
    constexpr gradient() = default;
    constexpr gradient(view<T> v, double factor, bool accumulate) : to(v), scale(factor), add(accumulate) {}
    template <class A>
    constexpr gradient(const gradient_target<A>& t) : to(t.buffer), scale(t.scale), add(t.add) {}
    template <class A>
        requires(!std::same_as<std::remove_cvref_t<A>, gradient> && !detail::is_target<std::remove_cvref_t<A>>)
    constexpr gradient(A&& a) : to(static_cast<A&&>(a)) {}

    /// The same place, with the gradient times a further factor.
    [[nodiscard]] constexpr gradient times(double factor) const { return {to, scale * factor, add}; }
};

/// buffer = scale · gradient. Masked tokens get +0.
template <class A>
[[nodiscard]] constexpr auto write_to(A&& buffer, double scale = 1) {
    return gradient_target<detail::held<A>>{buffer, scale, false};
}

/// buffer += scale · gradient. Masked tokens are left as they are.
template <class A>
[[nodiscard]] constexpr auto add_to(A&& buffer, double scale = 1) {
    return gradient_target<detail::held<A>>{buffer, scale, true};
}

/// For a trainer that can only minimise (1 / n) Σ wₜ · (−log pₜ): writes the weights wₜ = −n · ∂loss/∂log_probs, whose
/// gradient is the gradient of this loss. n is what that trainer divides by (1 if it sums). Weights may be negative.
/// They cannot express an entropy bonus or a value loss.
template <class A>
[[nodiscard]] constexpr auto nll_weights(A&& buffer, double host_divides_by = 1) {
    return write_to(buffer, -host_divides_by);
}

} // namespace RLHF_NAMESPACE
