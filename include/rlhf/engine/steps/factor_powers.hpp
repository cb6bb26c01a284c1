// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>

namespace RLHF_NAMESPACE::detail {

/// The powers of a recurrence's factor f that a scan of groups needs, made once per factor.
template <class T, std::size_t Width, std::size_t Group, bool Forward>
class factor_powers {
public:
    /// By index and not in loops, because a processor would wait for a register that is loaded after its parts were
    /// stored.
    explicit factor_powers(T factor) {
        [&]<std::size_t... N, std::size_t... K>(std::index_sequence<N...>, std::index_sequence<K...>) {
            const std::array powers{positive(power<N>(static_cast<double>(factor)))...};
            power_ = powers;
            lanes_ = {(K >= Width ? T(1) : powers[Forward ? K % Group + 1 : Group - K % Group])...};
        }
        (std::make_index_sequence<Group + 1>(), std::make_index_sequence<Width + Group>());
    }

    /// fⁿ for n up to the size of a group.
    [[nodiscard]] T operator[](std::size_t n) const { return power_[n]; }
    /// The factors with which a sum flows into the lanes of a group. With n < Group steps in a group and downwards,
    /// they begin Group − n later.
    [[nodiscard]] const T* by_lane() const { return lanes_.data(); }

    /// A power of f that stays above 0, so that infinite data stays infinite.
    static T positive(double power) { return (std::max)(static_cast<T>(power), (std::numeric_limits<T>::min)()); }

private:
    /// f to the N-th power, by products that wait for at most three others.
    template <std::size_t N>
    static double power(double f) {
        if constexpr (N < 2)
            return N == 0 ? 1 : f;
        else
            return power<N / 2>(f) * power<N - N / 2>(f);
    }

    std::array<T, Group + 1> power_;
    alignas(64) std::array<T, Width + Group> lanes_;
};

} // namespace RLHF_NAMESPACE::detail
