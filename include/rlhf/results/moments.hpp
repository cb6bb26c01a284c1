// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sums/exact_sum.hpp>

namespace RLHF_NAMESPACE {

/// Count, mean and variance of numbers. Parts join by +=, exactly and in any order: the state is Σx and Σx² as
/// detail::exact_sum, because means and sums of squares about them cannot be merged without rounding (DESIGN.md, D3).
///
/// The mean has the range of loss_sums. The variance needs squares in that range: it is right for numbers up to 10²³,
/// loses digits below 10⁻²¹, and is 0 for numbers below 10⁻³⁰. Its error is at most 10⁻¹⁴ of the mean square, from the
/// rounding of the sums. The variance of equal floats is exactly 0.
class moments {
public:
    moments() = default;
    explicit moments(const detail::power_sums& sums) : sums_(sums) {}

    [[nodiscard]] double count() const { return static_cast<double>(sums_.count); }
    /// Σx / count; 0 if there are no numbers.
    [[nodiscard]] double mean() const {
        if (sums_.count == 0) return 0;
        const auto [sum, rest] = sums_.sum.value_and_rest();
        const double quotient = sum / count();
        return std::isfinite(sum) ? quotient + (std::fma(-quotient, count(), sum) + rest) / count() : sum;
    }
    /// Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof.
    [[nodiscard]] double variance(int ddof = 1) const {
        if (sums_.count <= ddof || sums_.count == 0) return 0;
        const double n = count(), squares = scaled_squares();
        return (squares < 0 ? 0 : squares) / n / (n - ddof);
    }

    moments& operator+=(const moments& o) {
        sums_ += o.sums_;
        return *this;
    }
    bool operator==(const moments&) const = default;

    /// The state: count, Σx and Σx².
    [[nodiscard]] const detail::power_sums& sums() const { return sums_; }

private:
    /// n Σx² − (Σx)². The two cancel, so they are computed in pairs of doubles.
    [[nodiscard]] double scaled_squares() const {
        const double n = count();
        const auto [sum, sum_rest] = sums_.sum.value_and_rest();
        const auto [squares, squares_rest] = sums_.squares.value_and_rest();
        const double a = lane::rounded(n * squares), b = lane::rounded(sum * sum);
        if (!std::isfinite(a) || !std::isfinite(b)) return std::isinf(a) && !std::isnan(b) ? a : a - b;
        const detail::real a_rest = std::fma(n, squares, -a) + detail::real(n) * squares_rest;
        const detail::real b_rest = std::fma(sum, sum, -b) + 2 * detail::real(sum) * sum_rest;
        detail::two_sum difference{.high = a};
        difference.add(-b);
        return difference.high + (difference.low + double(a_rest - b_rest));
    }

    detail::power_sums sums_;
};

} // namespace RLHF_NAMESPACE
