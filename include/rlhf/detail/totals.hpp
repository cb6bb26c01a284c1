// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/exact_sum.hpp>
#include <rlhf/detail/lanes.hpp>

#include <cstddef>
#include <limits>

namespace rlhf::inline RLHF_ABI::detail {

/// What a kernel says about the tokens in its lanes. Masked tokens are dropped by the sweep.
template <class V, std::size_t Writes, std::size_t Sums = 0, std::size_t Counts = 0, std::size_t Maxima = 0,
          std::size_t Moments = 0>
struct terms {
    std::array<V, Writes> writes = {};          ///< one value an output array
    std::array<V, Sums> sums = {};              ///< added up; the first times the row's weight
    std::array<mask_of<V>, Counts> counts = {}; ///< how often true
    std::array<V, Maxima> maxima = {};          ///< NaN is skipped
    std::array<V, Moments> moments = {};        ///< n, Σx, Σx², in double
};

/// What a sweep found. Joins by +=, exactly and so in any order.
template <std::size_t Sums, std::size_t Counts, std::size_t Maxima, std::size_t Moments>
struct totals {
    std::int64_t tokens = 0, sequences = 0; ///< that count; sequences with such a token
    std::array<exact_sum, Sums> sums = {};
    std::array<std::int64_t, Counts> counts = {};
    std::array<double, Maxima> maxima = lowest();
    std::array<power_sums, Moments> moments = {};

    totals& operator+=(const totals& o) {
        tokens += o.tokens, sequences += o.sequences;
        for (std::size_t i = 0; i < Sums; ++i) sums[i] += o.sums[i];
        for (std::size_t i = 0; i < Counts; ++i) counts[i] += o.counts[i];
        for (std::size_t i = 0; i < Maxima; ++i) maxima[i] = o.maxima[i] > maxima[i] ? o.maxima[i] : maxima[i];
        for (std::size_t i = 0; i < Moments; ++i) moments[i] += o.moments[i];
        return *this;
    }
    void normalize() {
        for (auto& s : sums) s.normalize();
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

template <class T, class Arch, std::size_t Writes, std::size_t Sums, std::size_t Counts, std::size_t Maxima,
          std::size_t Moments>
class segment_sums<T, Arch, terms<typename lanes<T, Arch>::type, Writes, Sums, Counts, Maxima, Moments>> {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    static constexpr auto registers = static_cast<std::size_t>(sum_lanes<T> / L::width);
    static constexpr auto wide = static_cast<std::size_t>(sum_lanes<T> / D::width); ///< registers of doubles
    static constexpr auto wide_each = wide / registers;

public:
    using totals_type = totals<Sums, Counts, Maxima, Moments>;

    segment_sums() {
        for (auto& m : maxima_) m.fill(V(-std::numeric_limits<T>::infinity()));
        for (auto& s : sums_) s.fill(V(T(0)));
        for (auto& m : moments_) m.fill(typename D::type(0.0));
    }

    /// Adds the terms of register r where keep is true.
    template <class Terms>
    RLHF_FORMULA void add(std::size_t r, const typename L::mask& keep, const Terms& t) {
        using lane::select;
        [[maybe_unused]] const V zero(T(0));
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            ((sums_[I][r] = L::add_where(keep, sums_[I][r], t.sums[I])), ...);
        }
        (std::make_index_sequence<Sums>());
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            ((counts_[I] += L::count(keep && t.counts[I])), ...);
        }
        (std::make_index_sequence<Counts>());
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            ((maxima_[I][r] = select(keep && t.maxima[I] > maxima_[I][r], t.maxima[I], maxima_[I][r])), ...);
        }
        (std::make_index_sequence<Maxima>());
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE {
            (add_moments(I, r, select(keep, t.moments[I], zero)), ...);
        }
        (std::make_index_sequence<Moments>());
    }

    /// Ends the segment: lanes join in double, in one fixed tree, then exactly.
    void join(totals_type& all, double row_weight, std::int64_t counted) const {
        for (std::size_t i = 0; i < Sums; ++i) all.sums[i].add(tree(sums_[i]) * (i == 0 ? row_weight : 1.0));
        for (std::size_t i = 0; i < Counts; ++i) all.counts[i] += counts_[i];
        for (std::size_t i = 0; i < Maxima; ++i) {
            std::array<T, static_cast<std::size_t>(sum_lanes<T>)> x;
            unload(maxima_[i], x);
            for (const T v : x) all.maxima[i] = double(v) > all.maxima[i] ? double(v) : all.maxima[i];
        }
        for (std::size_t i = 0; i < Moments; ++i) {
            all.moments[i].count += counted;
            exactly(moments_[2 * i], all.moments[i].sum);
            exactly(moments_[2 * i + 1], all.moments[i].squares);
        }
    }

private:
    RLHF_FORMULA void add_moments(std::size_t i, std::size_t r, const V& x) {
        alignas(64) T narrow[static_cast<std::size_t>(L::width)];
        alignas(64) double values[static_cast<std::size_t>(L::width)];
        L::store(narrow, x);
        for (int k = 0; k < L::width; ++k) values[k] = static_cast<double>(narrow[k]);
        for (std::size_t k = 0; k < wide_each; ++k) {
            const auto v = D::load(values + k * static_cast<std::size_t>(D::width));
            auto& sum = moments_[2 * i][r * wide_each + k];
            auto& squares = moments_[2 * i + 1][r * wide_each + k];
            sum = sum + v;
            squares = squares + v * v;
        }
    }

    static void unload(const std::array<V, registers>& v, std::array<T, static_cast<std::size_t>(sum_lanes<T>)>& to) {
        for (std::size_t r = 0; r < registers; ++r) L::store(to.data() + r * static_cast<std::size_t>(L::width), v[r]);
    }
    static double tree(const std::array<V, registers>& v) {
        std::array<T, static_cast<std::size_t>(sum_lanes<T>)> x;
        unload(v, x);
        double d[8];
        for (std::size_t k = 0; k < 8; ++k) d[k] = static_cast<double>(x[k]);
        if constexpr (sum_lanes<T> == 16)
            for (std::size_t k = 0; k < 8; ++k) d[k] += static_cast<double>(x[k + 8]);
        return ((d[0] + d[4]) + (d[2] + d[6])) + ((d[1] + d[5]) + (d[3] + d[7]));
    }
    static void exactly(const std::array<typename D::type, wide>& v, exact_sum& to) {
        two_sum s;
        for (std::size_t r = 0; r < wide; ++r) {
            double x[static_cast<std::size_t>(D::width)];
            D::store(x, v[r]);
            for (const double value : x) s.add(value);
        }
        to.add(s.high);
        if (s.low == s.low) to.add(s.low); // not after an infinity
    }

    std::array<std::array<V, registers>, Sums> sums_;
    std::array<std::int64_t, Counts> counts_ = {};
    std::array<std::array<V, registers>, Maxima> maxima_;
    std::array<std::array<typename D::type, wide>, 2 * Moments> moments_;
};

} // namespace rlhf::inline RLHF_ABI::detail
