// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sums/exact_sum.hpp>
#include <rlhf/engine/lanes/lanes.hpp>

#include <cstddef>
#include <limits>
#include <tuple>

namespace RLHF_NAMESPACE::detail {

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

/// The totals of one piece of work, while it goes on.
template <class Totals>
class running_totals;

template <std::size_t Sums, std::size_t Squares, std::size_t Counts, std::size_t Maxima, std::size_t Moments>
class running_totals<totals<Sums, Squares, Counts, Maxima, Moments>>
    : public totals<Sums, Squares, Counts, Maxima, Moments> {
public:
    /// A segment's sums, then its sums of squares.
    void add(const std::array<double, Sums + Squares>& x) {
        if (!usual_.add(x))
            for (std::size_t i = 0; i < Sums + Squares; ++i) sum(i).add(x[i]);
        if (++pending_ == usual_.capacity) flush();
    }
    /// Lanes of the i-th moment, before the next add.
    template <std::size_t Lanes>
    void add_moment(std::size_t i, std::int64_t n, const std::array<double, Lanes>& x,
                    const std::array<double, Lanes>& x_squared) {
        auto& m = this->moments[i];
        m.count += n;
        if (!usual_moments_.add(2 * i, x)) m.sum.add(x);
        if (!usual_moments_.add(2 * i + 1, x_squared)) m.squares.add(x_squared);
    }
    /// Before it is read as totals.
    void flush() {
        for (std::size_t i = 0; i < Sums + Squares; ++i) usual_.flush(i, sum(i));
        for (std::size_t i = 0; i < Moments; ++i) {
            usual_moments_.flush(2 * i, this->moments[i].sum);
            usual_moments_.flush(2 * i + 1, this->moments[i].squares);
        }
        pending_ = 0;
    }

private:
    exact_sum& sum(std::size_t i) { return i < Sums ? this->sums[i] : this->squares[i - Sums]; }
    narrow_sums<Sums + Squares> usual_;
    narrow_sums<2 * Moments> usual_moments_;
    int pending_ = 0;
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
    using lanes_of_sum = std::array<V, registers>;
    using lanes_of_moment = std::array<typename D::type, wide>;

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
    void join(running_totals<totals_type>& all, double sequence_weight, std::int64_t counted) const {
        std::array<double, Sums + Squares> joined;
        for (std::size_t i = 0; i < Sums; ++i) joined[i] = tree(sums_[i]) * (i == 0 ? sequence_weight : 1.0);
        for (std::size_t i = 0; i < Squares; ++i) joined[Sums + i] = tree(squares_[i]);
        for (std::size_t i = 0; i < Counts; ++i) all.counts[i] += counts_[i];
        for (std::size_t i = 0; i < Maxima; ++i) {
            const auto largest = static_cast<double>(largest_of(maxima_[i]));
            all.maxima[i] = largest > all.maxima[i] ? largest : all.maxima[i];
        }
        for (std::size_t i = 0; i < Moments; ++i)
            all.add_moment(i, counted, unloaded(moments_[2 * i]), unloaded(moments_[2 * i + 1]));
        all.add(joined);
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

    /// Lane k is joined by lane k + half, from half of them down to one.
    static double tree(const lanes_of_sum& v) {
        lanes_of_moment x;
        for (std::size_t r = 0; r < registers; ++r) {
            const auto values = L::widen(v[r]);
            for (std::size_t k = 0; k < wide_each; ++k) x[r * wide_each + k] = values[k];
        }
        for (std::size_t half = wide / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] = x[k] + x[k + half];
        return D::sum_by_halves(x[0]);
    }
    static T largest_of(const lanes_of_sum& v) {
        V x = v[0];
        for (std::size_t r = 1; r < registers; ++r) x = L::larger(v[r], x);
        return L::largest(x);
    }
    static std::array<double, all_lanes> unloaded(const lanes_of_moment& v) {
        std::array<double, all_lanes> x;
        for (std::size_t r = 0; r < wide; ++r) D::store(x.data() + r * static_cast<std::size_t>(D::width), v[r]);
        return x;
    }

    static lanes_of_sum all(T x) { return filled<registers>(V(x)); }

    std::array<lanes_of_sum, Sums> sums_ = filled<Sums>(all(0));
    std::array<lanes_of_sum, Squares> squares_ = filled<Squares>(all(0));
    std::array<std::int64_t, Counts> counts_ = {};
    std::array<lanes_of_sum, Maxima> maxima_ = filled<Maxima>(all(-std::numeric_limits<T>::infinity()));
    std::array<lanes_of_moment, 2 * Moments> moments_ = filled<2 * Moments>(filled<wide>(typename D::type(0.0)));
};

} // namespace RLHF_NAMESPACE::detail
