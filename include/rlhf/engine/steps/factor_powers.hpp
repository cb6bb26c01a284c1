// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>

namespace RLHF_NAMESPACE::detail {

/// The powers of a recurrence's factor f in [0, 1] that a scan of groups needs, made once per factor.
template <class T, std::size_t Width, std::size_t Group, bool Forward>
class factor_powers {
public:
    /// By index and not in a loop: a processor waits for a register that is loaded after its parts were stored.
    explicit factor_powers(T factor) {
        const auto f = static_cast<double>(factor);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            lanes_ = {static_cast<T>(power<(K >= Width ? 0 : Forward ? K % Group + 1 : Group - K % Group)>(f))...};
        }
        (std::make_index_sequence<Width + Group>());
        if (power<Group>(f) < smallest)
            for (T& x : lanes_) x = positive(x);
    }

    /// fⁿ for n up to the size of a group.
    [[nodiscard]] T operator[](std::size_t n) const { return lanes_[!Forward ? Width - n : n == 0 ? Width : n - 1]; }
    /// The factors with which a sum flows into the lanes of a group. With n < Group steps in a group and downwards,
    /// they begin Group − n later.
    [[nodiscard]] const T* by_lane() const { return lanes_.data(); }

    /// A power of f that stays above 0, so that infinite data stays infinite.
    static T positive(double power) { return (std::max)(static_cast<T>(power), smallest); }

private:
    static constexpr T smallest = (std::numeric_limits<T>::min)();
    /// f to the N-th power, by products that wait for at most three others.
    template <std::size_t N>
    static double power(double f) {
        if constexpr (N < 2)
            return N == 0 ? 1 : f;
        else
            return power<N / 2>(f) * power<N - N / 2>(f);
    }

    alignas(64) std::array<T, Width + Group> lanes_;
};

} // namespace RLHF_NAMESPACE::detail
