// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/lanes.hpp>

#include <bit>

namespace rlhf::inline RLHF_ABI::detail {

/// Calls f(0), f(1), … f(N − 1), unrolled.
template <std::size_t N, class F>
RLHF_FORMULA void unrolled(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE { (f(I), ...); }
    (std::make_index_sequence<N>());
}

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
            for (std::size_t k = series_.size(); k-- > 0; power *= factor_) series_[k] = C(double(series_[k]) * power);
        }
    }

    /// d is first kept above −10⁴ temperature: there eˣ is 0, and −∞ needs no other care.
    RLHF_FORMULA V above_lowest(const V& d) const { return L::larger(V(lowest_), d); }

    /// Of several d that are above_lowest, side by side: each alone would be a chain of instructions that wait.
    template <std::size_t N>
    RLHF_FORMULA std::array<V, N> operator()(const std::array<V, N>& d) const {
        using lane::exp;
        std::array<V, N> e;
        if constexpr (by_series) {
            // d = n log 2 · temperature + r, with |r / temperature| ≤ log(2) / 2 and n · minus_step_ without rounding
            std::array<V, N> n, r;
            unrolled<N>([&](std::size_t k) RLHF_INLINE { n[k] = L::round(d[k] * V(per_step_)); });
            unrolled<N>([&](std::size_t k) RLHF_INLINE { r[k] = L::fma(n[k], V(minus_step_), d[k]); });
            unrolled<N>([&](std::size_t k) RLHF_INLINE { r[k] = L::fma(n[k], V(minus_step_rest_), r[k]); });
            e.fill(V(series_[0]));
            unrolled<6>([&](std::size_t c) RLHF_INLINE {
                unrolled<N>([&](std::size_t k) RLHF_INLINE { e[k] = L::fma(e[k], r[k], V(series_[c + 1])); });
            });
            unrolled<N>([&](std::size_t k) RLHF_INLINE { e[k] = L::scale2(e[k], n[k]); });
        } else if constexpr (L::width == 1) {
            for (std::size_t k = 0; k < N; ++k) e[k] = static_cast<V>(exp(static_cast<double>(d[k]) * factor_));
        } else {
            for (std::size_t k = 0; k < N; ++k) e[k] = exp(d[k] * V(factor_));
        }
        return e;
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
    /// eʳ = c₀ + c₁ r + … + c₆ r⁶ from c₆ on, relative error 3 · 10⁻⁹ for |r| ≤ log(2) / 2 (minimax with c₀ = c₁ = 1);
    /// by powers of the temperature.
    std::array<C, 7> series_ = {
        C(0.00138145840312), C(0.00836872393598), C(0.0416683887296), C(0.166665205736), C(0.499999934439), C(1), C(1)};
};

} // namespace rlhf::inline RLHF_ABI::detail
