// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/lanes.hpp>

#include <bit>
#include <cmath>

namespace RLHF_NAMESPACE::detail {

/// The origin of a row's exponentials: e = exp((z − from) / temperature) / 2ⁿ. With from = 0 and whole n, the
/// exponential of a logit has the same mantissa in every row, segment and shard (DESIGN.md, D18).
template <class C>
struct softmax_origin {
    C from = 0;                         ///< 0, or the largest entry: for doubles, and where z − from has no rounding
    C exponent = 0;                     ///< n; 0 for usual logits, whose e is a float
    C largest = 0;                      ///< z − from of the largest entry
    C lowest = 0;                       ///< z − from at which e is 0: 10⁴ temperature below the largest
    bool moved = false, scaled = false; ///< from ≠ 0, n ≠ 0: loops test a bool, not a number
    bool normal = false;                ///< true: e is a normal number for all entries in question
};

/// The exponentials of a softmax. A float is 0 for z from about 87 temperature below the largest on, a double from 746;
/// both are 0 for −∞ and NaN for NaN.
template <class C, class Arch>
class softmax_exp {
    using L = lanes<C, Arch>;
    using V = typename L::type;

    static constexpr bool by_series = std::same_as<C, float>; ///< false: by lane::exp

public:
    /// True if an exponential takes fewer instructions when all results are known to be normal numbers.
    static constexpr bool asks_for_least = by_series && !L::has_scale2_or_zero;

    explicit softmax_exp(double temperature)
        : temperature_(temperature), factor_(1 / temperature), per_step_(C(1 / (log_2 * temperature))) {
        if constexpr (by_series) {
            // The constants contain the temperature, so that it costs nothing.
            minus_step_ = -short_number(log_2 * temperature);
            minus_step_rest_ = C(double(-log_2 * real(temperature) - double(minus_step_)));
            double power = 1;
            for (std::size_t k = 0; k < series_.size(); ++k, power *= factor_)
                series_[k] = C(k < 2 ? power : double(C(terms::at(static_cast<int>(k) - 2))) * power);
        }
    }

    /// The origin of a row with this largest logit, which is −∞ for a row without one.
    [[nodiscard]] softmax_origin<C> origin(C largest) const {
        const C z = largest > -std::numeric_limits<C>::infinity() ? largest : C(0);
        const double x = double(z) / temperature_;
        const bool as_it_is = std::same_as<C, float> && std::fabs(x) <= 2048,
                   moderate = x >= 0 && x <= 32; // e² and 1 / e are in the range of float
        softmax_origin<C> o;
        if (!as_it_is) o.from = z;
        if (as_it_is && !moderate) o.exponent = std::nearbyint(z * per_step_);
        o.moved = o.from != C(0), o.scaled = o.exponent != C(0);
        o.largest = z - o.from, o.lowest = C(double(double(o.largest) - 1e4 * real(temperature_)));
        return o;
    }
    /// The argument from which on e is a normal number. e is 2ⁿ⁻ᴺ times √½ to √2, so n − N must be at least −124.
    [[nodiscard]] double lowest_normal(const softmax_origin<C>& o) const {
        return (double(o.exponent) - 124.4) * (log_2 * temperature_);
    }
    /// True if e is a normal number for all entries from `least` on.
    [[nodiscard]] bool normal_from(C least, const softmax_origin<C>& o) const {
        return asks_for_least && double(least - o.from) >= lowest_normal(o);
    }
    /// By how many powers of two the first origin is above the other.
    [[nodiscard]] double above(const softmax_origin<C>& o, const softmax_origin<C>& other) const {
        return (double(o.from) - double(other.from)) / (log_2 * temperature_) + double(o.exponent - other.exponent);
    }
    /// e of the largest entry, in double.
    [[nodiscard]] double of_largest(const softmax_origin<C>& o) const {
        return lane::exp(double(real(double(o.largest)) / temperature_ - real(double(o.exponent)) * log_2));
    }

    /// The arguments of the exponential, from logits.
    template <std::size_t N>
    RLHF_FORMULA static std::array<V, N> from_origin(std::array<V, N> z, const softmax_origin<C>& o) {
        if (o.moved) unrolled<N>([&](std::size_t k) RLHF_INLINE { z[k] = z[k] - V(o.from); });
        return z;
    }
    /// z − largest, but finite where e is 0, so that e can be multiplied by it.
    template <std::size_t N>
    RLHF_FORMULA static std::array<V, N> below_largest(std::array<V, N> x, const softmax_origin<C>& o) {
        if (!asks_for_least || !o.normal)
            unrolled<N>([&](std::size_t k) RLHF_INLINE { x[k] = larger(V(o.lowest), x[k]); });
        unrolled<N>([&](std::size_t k) RLHF_INLINE { x[k] = x[k] - V(o.largest); });
        return x;
    }

    template <std::size_t N>
    RLHF_FORMULA std::array<V, N> operator()(const std::array<V, N>& x, const softmax_origin<C>& o) const {
        std::array<V, N> e;
        constexpr std::size_t n = N < at_once ? N : at_once;
        unrolled<N / n>([&](std::size_t k) RLHF_INLINE { exponentials<n>(x.data() + k * n, o, e.data() + k * n); });
        return e;
    }

private:
    static constexpr double log_2 = 0.693147180559945309417232121458;
    /// The exponentials of N registers side by side. A single register would be a chain of instructions that wait, and
    /// with more registers there would be none left for the constants (DESIGN.md, D14).
    static constexpr std::size_t at_once = 4;

    template <std::size_t N>
    RLHF_FORMULA void exponentials(const V* x, const softmax_origin<C>& o, V* e) const {
        if constexpr (by_series) {
            // x = n log 2 · temperature + r, with |r / temperature| ≤ log(2) / 2; only r is rounded
            const V magic(lane::format<C>::magic); // adding a number to it rounds the number to a whole one
            std::array<V, N> shifted, n, r;
            unrolled<N>([&](std::size_t k) RLHF_INLINE { shifted[k] = fma(x[k], V(per_step_), magic); });
            unrolled<N>([&](std::size_t k) RLHF_INLINE { n[k] = shifted[k] - magic; });
            unrolled<N>([&](std::size_t k) RLHF_INLINE { r[k] = fma(n[k], V(minus_step_), x[k]); });
            unrolled<N>([&](std::size_t k) RLHF_INLINE { r[k] = fma(n[k], V(minus_step_rest_), r[k]); });
            unrolled<N>([&](std::size_t k) RLHF_INLINE { e[k] = V(series_.back()); });
            unrolled<degree>([&](std::size_t c) RLHF_INLINE {
                unrolled<N>([&](std::size_t k) RLHF_INLINE { e[k] = fma(e[k], r[k], V(series_[degree - 1 - c])); });
            });
            if (asks_for_least && o.normal) {
                if (o.scaled) unrolled<N>([&](std::size_t k) RLHF_INLINE { shifted[k] = shifted[k] - V(o.exponent); });
                unrolled<N>([&](std::size_t k) RLHF_INLINE { e[k] = scale2_normal(e[k], shifted[k]); });
            } else {
                if (o.scaled) unrolled<N>([&](std::size_t k) RLHF_INLINE { n[k] = n[k] - V(o.exponent); });
                unrolled<N>([&](std::size_t k) RLHF_INLINE { e[k] = scale2_or_zero(e[k], n[k]); });
            }
        } else {
            for (std::size_t k = 0; k < N; ++k) e[k] = lane::exp(x[k] * V(factor_));
        }
    }
    /// x truncated to 12 bits of its mantissa, so that its product with n ≤ 4096 is exact.
    static C short_number(double x) {
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(float(x)) & 0xfffff000U);
    }

    double temperature_, factor_;
    C per_step_, minus_step_ = 0, minus_step_rest_ = 0;
    /// The series of eʳ = 1 + r + c₂ r² + …, over powers of the temperature.
    using terms = lane::elementary::exp_terms<float>;
    static constexpr std::size_t degree = terms::size + 1;
    std::array<C, degree + 1> series_ = {};
};

} // namespace RLHF_NAMESPACE::detail
