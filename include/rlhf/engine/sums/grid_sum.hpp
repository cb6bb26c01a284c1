// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::detail {

/// A sum of non-negative doubles, lane by lane, whose bits do not depend on the order of its terms. A bound of the sum
/// is known beforehand. Terms are rounded to multiples of a unit for which all sums up to the bound are exact: 52
/// binary digits for the bound. Fine: the rounding errors are added too, in units that are 2²⁰ times smaller, for up to
/// 2³² terms (DESIGN.md, D33).
///
/// The bound is 0, or between 2⁻¹⁰⁰⁰ and 2¹⁰⁰⁰.
template <class V, bool Fine>
class grid_sum {
public:
    explicit RLHF_FORMULA grid_sum(const V& bound) {
        magic_ = scale2(V(1.5), split2(bound).n + V(2)); // bound < √2 · 2ⁿ: x + magic_ has the exponent of magic_
        for (int i = 0; i < chains; ++i) high_[i] = low_[i] = V(0);
    }
    /// Adds up to four terms, each to its own sum, because additions to one sum would wait for each other.
    template <class... X>
    RLHF_FORMULA void add(const X&... x) {
        static_assert(sizeof...(X) <= chains);
        int chain = 0;
        (add_to(chain++, x), ...);
    }
    [[nodiscard]] RLHF_FORMULA V value() const {
        const V high = (high_[0] + high_[1]) + (high_[2] + high_[3]);
        if constexpr (Fine)
            return high + ((low_[0] + low_[1]) + (low_[2] + low_[3]));
        else
            return high;
    }

private:
    static constexpr int chains = 4;

    RLHF_FORMULA void add_to(int chain, const V& x) {
        const V whole = (x + magic_) - magic_;
        high_[chain] = high_[chain] + whole;
        if constexpr (Fine) {
            const V fine = magic_ * V(0x1p-20);
            low_[chain] = low_[chain] + (((x - whole) + fine) - fine);
        }
    }

    V magic_, high_[chains], low_[chains];
};

} // namespace RLHF_NAMESPACE::detail
