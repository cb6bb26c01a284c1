// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

/// Data for tests: the same on every platform and standard library, up to libm's log and cos.
namespace test {

/// SplitMix64 (Steele, Lea, Flood 2014): one state word, every seed good.
class random {
public:
    explicit constexpr random(std::uint64_t seed) : state_(seed) {}

    constexpr std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    /// In [0, n); n > 0.
    constexpr std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
    /// In [low, high).
    constexpr double uniform(double low = 0, double high = 1) {
        return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
    }
    /// Standard normal, by Box and Muller.
    double normal(double mean = 0, double deviation = 1) {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return mean + deviation * radius * std::cos(6.283185307179586 * uniform());
    }

private:
    std::uint64_t state_;
};

template <class T>
[[nodiscard]] std::vector<T> normals(random& r, std::size_t n, double mean = 0, double deviation = 1) {
    std::vector<T> x(n);
    for (T& e : x) e = static_cast<T>(r.normal(mean, deviation));
    return x;
}

/// Log-probabilities of sampled tokens: many near 0, some far below.
template <class T>
[[nodiscard]] std::vector<T> log_probs(random& r, std::size_t n) {
    std::vector<T> x(n);
    for (T& e : x) e = static_cast<T>(std::log(1 - r.uniform(0, 0.9999)) * (r.below(8) == 0 ? 3 : 0.5));
    return x;
}

/// `x` with normal noise: another policy's log-probabilities of the same tokens, another critic's values.
template <class T>
[[nodiscard]] std::vector<T> nearby(random& r, std::vector<T> x, double deviation = 0.2) {
    for (T& e : x) e = static_cast<T>(static_cast<double>(e) + r.normal(0, deviation));
    return x;
}

template <class T>
[[nodiscard]] std::vector<T> advantages(random& r, std::size_t n) {
    return normals<T>(r, n);
}

template <class T>
[[nodiscard]] std::vector<T> logits(random& r, std::size_t rows, std::size_t vocabulary, double deviation = 3) {
    return normals<T>(r, rows * vocabulary, 0, deviation);
}

template <class I = std::int32_t>
[[nodiscard]] std::vector<I> targets(random& r, std::size_t n, std::size_t vocabulary) {
    std::vector<I> x(n);
    for (I& e : x) e = static_cast<I>(r.below(vocabulary));
    return x;
}

/// Flags that are set with the given probability.
[[nodiscard]] inline std::vector<std::uint8_t> flags(random& r, std::size_t n, double probability) {
    std::vector<std::uint8_t> x(n);
    for (auto& e : x) e = r.uniform() < probability;
    return x;
}

enum class mask_kind { all, none, right_padded, left_padded, gaps, random };
inline constexpr std::array mask_kinds{mask_kind::all,         mask_kind::none, mask_kind::right_padded,
                                       mask_kind::left_padded, mask_kind::gaps, mask_kind::random};

/// One byte per token, [sequences, steps]. The first sequence of a padded mask is empty, the second has one token.
[[nodiscard]] inline std::vector<std::uint8_t> mask(random& r, mask_kind kind, std::size_t sequences,
                                                    std::size_t steps) {
    std::vector<std::uint8_t> m(sequences * steps, kind == mask_kind::all);
    for (std::size_t s = 0; s < sequences && kind != mask_kind::all && kind != mask_kind::none; ++s) {
        const std::size_t drawn = 1 + r.below(steps), length = s == 0 ? 0 : s == 1 ? 1 : drawn;
        bool inside = true;
        for (std::size_t t = 0; t < steps; ++t) {
            if (r.below(5) == 0) inside = !inside;
            const bool counts = kind == mask_kind::right_padded  ? t < length
                                : kind == mask_kind::left_padded ? t + length >= steps
                                : kind == mask_kind::gaps        ? inside
                                                                 : r.below(2) == 1;
            m[s * steps + t] = counts;
        }
    }
    return m;
}

/// Lengths up to `longest`; the first three are `longest`, 0 and 1.
[[nodiscard]] inline std::vector<std::size_t> ragged_lengths(random& r, std::size_t sequences, std::size_t longest) {
    std::vector<std::size_t> x(sequences);
    for (std::size_t s = 0; s < sequences; ++s) {
        const std::size_t drawn = r.below(longest + 1);
        x[s] = s == 0 ? longest : s == 1 ? 0 : s == 2 ? 1 : drawn;
    }
    return x;
}

/// Packed offsets of the lengths: one more than there are sequences, the first is 0.
template <class I = std::int32_t>
[[nodiscard]] std::vector<I> packed_offsets(const std::vector<std::size_t>& lengths) {
    std::vector<I> x(1, 0);
    for (const std::size_t n : lengths) x.push_back(static_cast<I>(x.back() + static_cast<I>(n)));
    return x;
}

/// Arguments at which formulas break.
template <class T>
inline constexpr std::array<T, 15> special_values{
    T(0),
    -T(0),
    T(1),
    T(-1),
    std::numeric_limits<T>::denorm_min(),
    -std::numeric_limits<T>::denorm_min(),
    std::numeric_limits<T>::min(),
    std::numeric_limits<T>::epsilon(),
    -std::numeric_limits<T>::epsilon(),
    T(700),
    T(-700),
    std::numeric_limits<T>::max(),
    std::numeric_limits<T>::infinity(),
    -std::numeric_limits<T>::infinity(),
    std::numeric_limits<T>::quiet_NaN(),
};

/// Overwrites what the mask hides with special values, which nothing may ever read.
template <class T>
void poison(random& r, std::vector<T>& x, const std::vector<std::uint8_t>& hidden_where_zero) {
    for (std::size_t i = 0; i < x.size(); ++i)
        if (hidden_where_zero[i] == 0) x[i] = special_values<T>[r.below(special_values<T>.size())];
}

} // namespace test
