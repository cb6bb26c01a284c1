// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::detail {

/// A sum of doubles from 0 on whose bits do not depend on the order of its terms, lane by lane. A bound of the sum is
/// known before. Terms are rounded to multiples of a unit that is so large that all sums up to the bound are exact: 52
/// binary digits for the bound. Fine: what that leaves is added too, in units that are 2²⁰ times smaller, for up to 2³²
/// terms (DESIGN.md, D33).
///
/// The bound, where it is not 0, lies between 2⁻¹⁰⁰⁰ and 2¹⁰⁰⁰.
template <class V, bool Fine>
class grid_sum {
public:
    explicit RLHF_FORMULA grid_sum(const V& bound) {
        using lane::larger;
        magic_ = scale2(V(1.5), split2(larger(bound, V(0x1p-1000))).n + V(2)); // bound < √2 · 2ⁿ, so x + magic_ …
        high_ = low_ = V(0);                                                   // … has the exponent of magic_
    }
    RLHF_FORMULA void add(const V& x) {
        const V whole = (x + magic_) - magic_;
        high_ = high_ + whole;
        if constexpr (Fine) {
            const V fine = magic_ * V(0x1p-20);
            low_ = low_ + (((x - whole) + fine) - fine);
        }
    }
    [[nodiscard]] RLHF_FORMULA V value() const {
        if constexpr (Fine)
            return high_ + low_;
        else
            return high_;
    }

private:
    V magic_, high_, low_;
};

} // namespace RLHF_NAMESPACE::detail
