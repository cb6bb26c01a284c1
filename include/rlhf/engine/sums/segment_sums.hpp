// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/lanes.hpp>
#include <rlhf/engine/sums/totals.hpp>

namespace RLHF_NAMESPACE::detail {

using lane::terms;

/// The statistics of a sweep that takes only the moments of one array.
template <class Kind>
struct moments_statistics {
    typename Kind::moments values = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.values...); }
};

/// Sums of a segment are kept in this many lanes, whatever the width of a register, so that the order of additions is
/// the same on every instruction set.
template <class T>
inline constexpr int sum_lanes = 64 / static_cast<int>(sizeof(T));
/// Tokens of a segment, counted from the first token of its sequence that counts.
inline constexpr std::int64_t segment_tokens = 512;

/// The kinds of lane::statistic as accumulators of one segment.
template <class T, class Arch>
struct accumulator {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    using mask = typename L::mask;
    static constexpr auto registers = static_cast<std::size_t>(sum_lanes<T> / L::width);
    static constexpr auto wide = static_cast<std::size_t>(sum_lanes<T> / D::width); ///< registers of doubles
    static constexpr auto wide_each = wide / registers;
    using lanes_of_sum = std::array<V, registers>;
    using lanes_of_moment = std::array<typename D::type, wide>;

    struct sum {
        lanes_of_sum x = filled<registers>(V(T(0)));
        RLHF_FORMULA void add(std::size_t r, const mask& keep, const V& v) { x[r] = L::add_where(keep, x[r], v); }
        [[nodiscard]] double joined(double /*weight*/) const { return tree(x); }
    };
    struct weighted_sum : sum {
        [[nodiscard]] double joined(double weight) const { return tree(this->x) * weight; }
    };
    struct square_sum : sum {
        RLHF_FORMULA void add(std::size_t r, const mask& keep, const V& v) {
            this->x[r] = L::add_square_where(keep, this->x[r], v);
        }
    };
    struct count {
        std::int64_t n = 0;
        RLHF_FORMULA void add(std::size_t, const mask& keep, const mask& is) { n += L::count(keep && is); }
        [[nodiscard]] std::int64_t joined() const { return n; }
    };
    struct maximum {
        lanes_of_sum x = filled<registers>(V(-std::numeric_limits<T>::infinity()));
        RLHF_FORMULA void add(std::size_t r, const mask& keep, const V& v) { x[r] = L::larger_where(keep, v, x[r]); }
        [[nodiscard]] largest joined() const {
            V all = x[0];
            for (std::size_t r = 1; r < registers; ++r) all = L::larger(x[r], all);
            return {static_cast<double>(L::largest(all))};
        }
    };
    struct spread {
        sum x;
        square_sum squares;
        RLHF_FORMULA void add(std::size_t r, const mask& keep, const V& v) {
            x.add(r, keep, v), squares.add(r, keep, v);
        }
        /// Do the squares keep their digits in T?
        [[nodiscard]] bool in_range() const {
            const double q = squares.joined(1);
            return !(q <= 0x1p-80 || q >= 0x1p120); // or NaN, which stays
        }
    };
    struct moments {
        lanes_of_moment x = filled<wide>(typename D::type(0.0)), squares = x;
        RLHF_FORMULA void add(std::size_t r, const mask& keep, const V& v) {
            using lane::select;
            const auto values = L::widen(select(keep, v, V(T(0))));
            for (std::size_t k = 0; k < wide_each; ++k) {
                auto &a = x[r * wide_each + k], &b = squares[r * wide_each + k];
                a = a + values[k];
                b = b + values[k] * values[k];
            }
        }
    };

    static auto unloaded(const lanes_of_moment& v) {
        std::array<double, static_cast<std::size_t>(sum_lanes<T>)> x;
        for (std::size_t r = 0; r < wide; ++r) D::store(x.data() + r * static_cast<std::size_t>(D::width), v[r]);
        return x;
    }

private:
    /// An array of N times x. It is not filled by a loop, which would keep accumulators in memory.
    template <std::size_t N, class X>
    static std::array<X, N> filled(const X& x) {
        return [&]<std::size_t... K>(std::index_sequence<K...>) { return std::array<X, N>{((void)K, x)...}; }
        (std::make_index_sequence<N>());
    }
    /// The sum of all lanes: lane k gets lane k + half added, with half from half the lanes down to one.
    RLHF_FORMULA static double tree(const lanes_of_sum& v) {
        lanes_of_moment x;
        for (std::size_t r = 0; r < registers; ++r) {
            const auto values = L::widen(v[r]);
            for (std::size_t k = 0; k < wide_each; ++k) x[r * wide_each + k] = values[k];
        }
        for (std::size_t half = wide / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] = x[k] + x[k + half];
        return D::sum_by_halves(x[0]);
    }
};

/// The accumulators of one segment.
template <class T, class Arch, class Terms>
class segment_sums;

template <class T, class Arch, class V, std::size_t Writes, template <class> class Statistics>
class segment_sums<T, Arch, terms<V, Writes, Statistics>> {
    using kinds = accumulator<T, Arch>;

public:
    using totals_type = totals<Statistics>;
    using running_type = running_totals<Statistics>;

    /// Adds the terms of register r where keep is true.
    RLHF_FORMULA void add(std::size_t r, const typename kinds::mask& keep, const terms<V, Writes, Statistics>& t) {
        found_.each([&](auto& all, const auto& x) RLHF_INLINE { all.add(r, keep, x); }, found_, t.statistics);
    }

    /// Ends the segment: lanes join in double, in one fixed tree, then exactly.
    void join(running_type& all, double sequence_weight, std::int64_t counted) const {
        std::array<double, running_type::sums> sums;
        std::size_t i = 0, m = 0;
        found_.each(
            [&](const auto& found, auto& total) {
                if constexpr (std::is_same_v<decltype(total), exact_sum&>)
                    sums[i++] = found.joined(sequence_weight);
                else if constexpr (std::is_same_v<decltype(total), power_sums&>)
                    all.add_moments(m++, total, counted, kinds::unloaded(found.x), kinds::unloaded(found.squares));
                else if constexpr (std::is_same_v<decltype(total), spread_sums&>)
                    sums[i++] = found.x.joined(1), sums[i++] = found.in_range() ? found.squares.joined(1) : 0;
                else
                    total += found.joined();
            },
            found_, all);
        all.add(sums);
    }

    /// False if join() left out squares, which add_squares() adds.
    [[nodiscard]] bool in_range() const {
        bool all = true;
        found_.each(
            [&](const auto& found) {
                if constexpr (requires { found.in_range(); }) all = all && found.in_range();
            },
            found_);
        return all;
    }
    /// Adds the squares of a single token, which is the only one in these sums, where join() of its segment `whole`
    /// left squares out.
    void add_squares(running_type& all, const segment_sums& whole) const {
        found_.each(
            [&](const auto& found, const auto& of_all, auto& total) {
                if constexpr (requires { of_all.in_range(); })
                    if (!of_all.in_range()) total.add_square(found.x.joined(1));
            },
            found_, whole.found_, all);
    }

private:
    Statistics<kinds> found_;
};

} // namespace RLHF_NAMESPACE::detail
