// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/lanes.hpp>

#include <bit>

namespace rlhf::inline RLHF_ABI::detail {

/// exp(d / temperature) for d ≤ 0, as a softmax needs it: 1 at 0; 0 from about −88 temperature on, of −∞ too; NaN of NaN.
template <class C, class Arch>
class softmax_exp {
    using L = lanes<C, Arch>;
    using V = typename L::type;

public:
    explicit softmax_exp(double temperature) : lowest_(C(-1e4 * temperature)), factor_(1 / temperature) {
        if constexpr (by_series) {
            constexpr double log_2 = 0.693147180559945309417232121458;
            // The temperature is in the constants: it costs nothing.
            per_step_ = C(1 / (log_2 * temperature));
            minus_step_ = -short_number(log_2 * temperature);
            minus_step_rest_ = C(-log_2 * temperature - double(minus_step_));
            double power = 1;
            for (C& c : series_) c = C(double(c) * (power *= factor_));
        }
    }

    /// d is first kept above −10⁴ temperature: there eˣ is 0, and −∞ needs no other care.
    RLHF_FORMULA V above_lowest(const V& d) const { return L::larger(V(lowest_), d); }

    /// Of a d that is above_lowest.
    RLHF_FORMULA V operator()(const V& d) const {
        using lane::exp;
        if constexpr (by_series) {
            // d = n log 2 · temperature + r, with |r / temperature| ≤ log(2) / 2 and n · minus_step_ without rounding
            const auto fma = [](const V& a, const V& b, const V& c) RLHF_INLINE { return L::fma(a, b, c); };
            const auto c = [&](std::size_t k) RLHF_INLINE { return V(series_[k]); };
            const V n = L::round(d * V(per_step_));
            const V r = fma(n, V(minus_step_rest_), fma(n, V(minus_step_), d));
            const V p = fma(fma(fma(fma(fma(c(5), r, c(4)), r, c(3)), r, c(2)), r, c(1)), r, c(0));
            return L::scale2(fma(p, r, V(C(1))), n);
        } else if constexpr (L::width == 1) {
            return static_cast<V>(exp(static_cast<double>(d) * factor_));
        } else {
            return exp(d * V(factor_));
        }
    }

private:
    static constexpr bool by_series = std::same_as<C, float> && (L::width > 1); ///< else by the lane's own exp

    /// The number with 12 bits of its mantissa.
    static C short_number(double x) {
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(float(x)) & 0xfffff000U);
    }

    C lowest_;
    double factor_;
    C per_step_ = 0, minus_step_ = 0, minus_step_rest_ = 0;
    /// eʳ = 1 + r (c₁ + c₂ r + … + c₆ r⁵), relative error 3 · 10⁻⁹ for |r| ≤ log(2) / 2 (minimax, c₁ = 1); by powers of
    /// the temperature.
    std::array<C, 6> series_ = {C(1),
                                C(0.499999934439),
                                C(0.166665205736),
                                C(0.0416683887296),
                                C(0.00836872393598),
                                C(0.00138145840312)};
};

} // namespace rlhf::inline RLHF_ABI::detail
