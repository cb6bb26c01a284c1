// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/exact_sum.hpp>
#include <rlhf/detail/lanes.hpp>

#include <cstddef>
#include <limits>
#include <tuple>

namespace rlhf::inline RLHF_ABI::detail {

template <class X, std::size_t>
using repeated = X;
template <class X, std::size_t... I>
std::tuple<repeated<X, I>...> pack_of(std::index_sequence<I...>);
/// N things of one type. A tuple: an array of lanes' masks, two bytes each, is left in memory by g++ 12.
template <class X, std::size_t N>
using pack = decltype(pack_of<X>(std::make_index_sequence<N>()));

/// What a kernel says about the tokens in its lanes. Masked tokens are dropped by the sweep.
template <class V, std::size_t Writes, std::size_t Sums = 0, std::size_t Squares = 0, std::size_t Counts = 0,
          std::size_t Maxima = 0, std::size_t Moments = 0>
struct terms {
    pack<V, Writes> writes = {};          ///< one value an output array
    pack<V, Sums> sums = {};              ///< Σx; the first times the row's weight
    pack<V, Squares> squares = {};        ///< Σx²
    pack<mask_of<V>, Counts> counts = {}; ///< how often true
    pack<V, Maxima> maxima = {};          ///< NaN is skipped
    pack<V, Moments> moments = {};        ///< n, Σx, Σx², in double
};

/// What a sweep found. Joins by +=, exactly and so in any order.
template <std::size_t Sums, std::size_t Squares, std::size_t Counts, std::size_t Maxima, std::size_t Moments>
struct totals {
    std::int64_t tokens = 0, sequences = 0; ///< that count; sequences with such a token
    std::array<exact_sum, Sums> sums = {};
    std::array<exact_sum, Squares> squares = {};
    std::array<std::int64_t, Counts> counts = {};
    std::array<double, Maxima> maxima = lowest();
    std::array<power_sums, Moments> moments = {};

    totals& operator+=(const totals& o) {
        tokens += o.tokens, sequences += o.sequences;
        for (std::size_t i = 0; i < Sums; ++i) sums[i] += o.sums[i];
        for (std::size_t i = 0; i < Squares; ++i) squares[i] += o.squares[i];
        for (std::size_t i = 0; i < Counts; ++i) counts[i] += o.counts[i];
        for (std::size_t i = 0; i < Maxima; ++i) maxima[i] = o.maxima[i] > maxima[i] ? o.maxima[i] : maxima[i];
        for (std::size_t i = 0; i < Moments; ++i) moments[i] += o.moments[i];
        return *this;
    }
    void normalize() {
        for (auto& s : sums) s.normalize();
        for (auto& s : squares) s.normalize();
        for (auto& m : moments) m.sum.normalize(), m.squares.normalize();
    }

private:
    static constexpr std::array<double, Maxima> lowest() {
        std::array<double, Maxima> a{};
        for (auto& x : a) x = -std::numeric_limits<double>::infinity();
        return a;
    }
};

/// Sums of a segment are kept in this many lanes whatever the register, so that the order of additions is the same on
/// every instruction set.
template <class T>
inline constexpr int sum_lanes = 64 / static_cast<int>(sizeof(T));
/// Tokens of a segment, counted from the first of its row that counts.
inline constexpr std::int64_t segment_tokens = 512;

/// The accumulators of one segment.
template <class T, class Arch, class Terms>
class segment_sums;

template <class T, class Arch, std::size_t Writes, std::size_t Sums, std::size_t Squares, std::size_t Counts,
          std::size_t Maxima, std::size_t Moments>
class segment_sums<T, Arch, terms<typename lanes<T, Arch>::type, Writes, Sums, Squares, Counts, Maxima, Moments>> {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    static constexpr auto all_lanes = static_cast<std::size_t>(sum_lanes<T>);
    static constexpr auto registers = static_cast<std::size_t>(sum_lanes<T> / L::width);
    static constexpr auto wide = static_cast<std::size_t>(sum_lanes<T> / D::width); ///< registers of doubles
    static constexpr auto wide_each = wide / registers;

public:
    using totals_type = totals<Sums, Squares, Counts, Maxima, Moments>;

    /// Adds the terms of register r where keep is true.
    template <class Terms>
    RLHF_FORMULA void add(std::size_t r, const typename L::mask& keep, const Terms& t) {
        using lane::select;
        each<Sums>([&](auto i) RLHF_INLINE { sums_[i][r] = L::add_where(keep, sums_[i][r], std::get<i>(t.sums)); });
        each<Squares>([&](auto i) RLHF_INLINE {
            squares_[i][r] = L::add_square_where(keep, squares_[i][r], std::get<i>(t.squares));
        });
        each<Counts>([&](auto i) RLHF_INLINE { counts_[i] += L::count(keep && std::get<i>(t.counts)); });
        each<Maxima>([&](auto i)
                         RLHF_INLINE { maxima_[i][r] = L::larger_where(keep, std::get<i>(t.maxima), maxima_[i][r]); });
        each<Moments>([&](auto i) RLHF_INLINE { add_moments(i, r, select(keep, std::get<i>(t.moments), V(T(0)))); });
    }

    /// Ends the segment: lanes join in double, in one fixed tree, then exactly.
    void join(totals_type& all, double row_weight, std::int64_t counted) const {
        for (std::size_t i = 0; i < Sums; ++i) all.sums[i].add(tree(sums_[i]) * (i == 0 ? row_weight : 1.0));
        for (std::size_t i = 0; i < Squares; ++i) all.squares[i].add(tree(squares_[i]));
        for (std::size_t i = 0; i < Counts; ++i) all.counts[i] += counts_[i];
        for (std::size_t i = 0; i < Maxima; ++i) {
            const auto largest = static_cast<double>(largest_of(maxima_[i]));
            all.maxima[i] = largest > all.maxima[i] ? largest : all.maxima[i];
        }
        for (std::size_t i = 0; i < Moments; ++i) {
            all.moments[i].count += counted;
            exactly(moments_[2 * i], all.moments[i].sum);
            exactly(moments_[2 * i + 1], all.moments[i].squares);
        }
    }

private:
    /// N times x. Not by a loop, which would keep accumulators in memory.
    template <std::size_t N, class X>
    static std::array<X, N> filled(const X& x) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return std::array<X, N>{((void)I, x)...}; }
        (std::make_index_sequence<N>());
    }
    template <std::size_t N, class F>
    static RLHF_FORMULA void each(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            (f(std::integral_constant<std::size_t, I>()), ...);
        }
        (std::make_index_sequence<N>());
    }

    RLHF_FORMULA void add_moments(std::size_t i, std::size_t r, const V& x) {
        const auto values = L::widen(x);
        for (std::size_t k = 0; k < wide_each; ++k) {
            auto& sum = moments_[2 * i][r * wide_each + k];
            auto& squares = moments_[2 * i + 1][r * wide_each + k];
            sum = sum + values[k];
            squares = squares + values[k] * values[k];
        }
    }

    static double tree(const std::array<V, registers>& v) {
        std::array<double, all_lanes> x;
        for (std::size_t r = 0; r < registers; ++r) {
            const auto values = L::widen(v[r]);
            for (std::size_t k = 0; k < wide_each; ++k)
                D::store(x.data() + (r * wide_each + k) * static_cast<std::size_t>(D::width), values[k]);
        }
        for (std::size_t half = all_lanes / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] += x[k + half];
        return x[0];
    }
    static T largest_of(const std::array<V, registers>& v) {
        std::array<T, all_lanes> x;
        for (std::size_t r = 0; r < registers; ++r) L::store(x.data() + r * static_cast<std::size_t>(L::width), v[r]);
        for (std::size_t half = all_lanes / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] = x[k + half] > x[k] ? x[k + half] : x[k];
        return x[0];
    }
    /// The lanes in pairs (sum, rounding errors), so that nothing of them is lost.
    static void exactly(const std::array<typename D::type, wide>& v, exact_sum& to) {
        std::array<double, all_lanes> high, low = {};
        for (std::size_t r = 0; r < wide; ++r) D::store(high.data() + r * static_cast<std::size_t>(D::width), v[r]);
        for (std::size_t half = all_lanes / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) {
                two_sum sum{high[k], low[k] + low[k + half]};
                sum.add(high[k + half]);
                high[k] = sum.high, low[k] = sum.low;
            }
        to.add(high[0]);
        if (low[0] == low[0]) to.add(low[0]); // not after an infinity
    }

    using lanes_of_sum = std::array<V, registers>;
    using lanes_of_moment = std::array<typename D::type, wide>;
    static lanes_of_sum all(T x) { return filled<registers>(V(x)); }

    std::array<lanes_of_sum, Sums> sums_ = filled<Sums>(all(0));
    std::array<lanes_of_sum, Squares> squares_ = filled<Squares>(all(0));
    std::array<std::int64_t, Counts> counts_ = {};
    std::array<lanes_of_sum, Maxima> maxima_ = filled<Maxima>(all(-std::numeric_limits<T>::infinity()));
    std::array<lanes_of_moment, 2 * Moments> moments_ = filled<2 * Moments>(filled<wide>(typename D::type(0.0)));
};

} // namespace rlhf::inline RLHF_ABI::detail
