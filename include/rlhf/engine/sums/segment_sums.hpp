// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/lanes.hpp>
#include <rlhf/engine/sums/totals.hpp>

namespace RLHF_NAMESPACE::detail {

using lane::terms;

/// The statistics of a sweep that computes only the moments of one array.
template <class Kind>
struct moments_statistics {
    typename Kind::moments values = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.values...); }
};

/// The tokens of a segment. The first segment begins at the first counted token of the sequence.
inline constexpr std::int64_t segment_tokens = 512;

/// The kinds of lane::statistic as accumulators: the part of a segment's sums in one register. where() makes a term
/// neutral in lanes that do not count, and add() adds all lanes.
template <class T, class Arch>
struct accumulator {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    using mask = typename L::mask;
    static constexpr auto registers = static_cast<std::size_t>(sum_lanes<T> / L::width);
    static constexpr auto wide_each =
        static_cast<std::size_t>(L::width / D::width); ///< registers of doubles per register
    using doubles = std::array<typename D::type, wide_each>;
    using lanes_of_segment = std::array<double, static_cast<std::size_t>(sum_lanes<T>)>;
    /// True if the machine has 32 registers, not 16.
    static constexpr bool many_registers = requires { L::own::many_registers; };
    /// The number of registers that have names: four on machines like NEON. On other machines names would only cost
    /// compile time.
    static constexpr std::size_t by_name = many_registers ? 4 : 2;

    struct sum {
        V x = V(T(0));
        RLHF_FORMULA void add(const V& v) { x = x + v; }
        RLHF_FORMULA static V where(const mask& keep, const V& v) {
            using lane::select;
            return select(keep, v, V(T(0)));
        }
        [[nodiscard]] static typename D::type folded(const auto&... of) { return tree({&of.x...}); }
        [[nodiscard]] static double joined(const auto&... of) { return D::sum_by_halves(folded(of...)); }
    };
    struct weighted_sum : sum {};
    struct square_sum : sum {
        RLHF_FORMULA void add(const V& v) { this->x = fma(v, v, this->x); }
    };
    struct count {
        typename L::counter n = {};
        RLHF_FORMULA void add(const mask& is) { L::count_on(n, is); }
        RLHF_FORMULA static mask where(const mask& keep, const mask& is) { return keep && is; }
        [[nodiscard]] static std::int64_t joined(const auto&... of) { return (L::counted_up(of.n) + ...); }
    };
    struct maximum {
        V x = V(-std::numeric_limits<T>::infinity());
        RLHF_FORMULA void add(const V& v) { x = larger(v, x); }
        RLHF_FORMULA static V where(const mask& keep, const V& v) {
            using lane::select;
            return select(keep, v, V(-std::numeric_limits<T>::infinity()));
        }
        [[nodiscard]] static largest joined(const maximum& first, const auto&... others) {
            V all = first.x;
            ((all = larger(others.x, all)), ...);
            return {static_cast<double>(L::largest(all))};
        }
    };
    struct spread {
        sum x;
        square_sum squares;
        RLHF_FORMULA void add(const V& v) { x.add(v), squares.add(v); }
        RLHF_FORMULA static V where(const mask& keep, const V& v) { return sum::where(keep, v); }
        /// True if the squares lose no digits in T.
        [[nodiscard]] static bool in_range(double q) {
            return !(q <= 0x1p-80 || q >= 0x1p120); // true for NaN, which stays
        }
    };
    struct moments {
        doubles x = filled(typename D::type(0.0)), squares = x;
        RLHF_FORMULA void add(const V& v) {
            const auto values = L::widen(v);
            for (std::size_t k = 0; k < wide_each; ++k) {
                x[k] = x[k] + values[k];
                squares[k] = fma(values[k], values[k], squares[k]);
            }
        }
        RLHF_FORMULA static V where(const mask& keep, const V& v) { return sum::where(keep, v); }
    };

    static lanes_of_segment unloaded(const auto&... of) {
        lanes_of_segment x;
        double* to = x.data();
        const auto one = [&](const doubles& from) {
            for (const auto& v : from) D::store(to, v), to += D::width;
        };
        (one(of), ...);
        return x;
    }

private:
    /// An array of accumulators that all hold x. A loop would keep them in memory.
    static doubles filled(const typename D::type& x) {
        return [&]<std::size_t... K>(std::index_sequence<K...>) { return doubles{((void)K, x)...}; }
        (std::make_index_sequence<wide_each>());
    }
    /// A register whose lanes, summed by halves, are the sum of all lanes: lane k gets lane k + half added, with half
    /// from half the lanes on down.
    RLHF_FORMULA static typename D::type tree(const std::array<const V*, registers>& v) {
        std::array<typename D::type, registers * wide_each> x;
        for (std::size_t r = 0; r < registers; ++r) {
            const auto values = L::widen_stored(*v[r]);
            for (std::size_t k = 0; k < wide_each; ++k) x[r * wide_each + k] = values[k];
        }
        for (std::size_t half = x.size() / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] = x[k] + x[k + half];
        return x[0];
    }
};

/// The sums of one segment.
template <class T, class Arch, class Terms>
class segment_sums;

template <class T, class Arch, class V, std::size_t Writes, template <class> class Statistics>
class segment_sums<T, Arch, terms<V, Writes, Statistics>> {
    using kinds = accumulator<T, Arch>;
    using mask = typename kinds::mask;
    static constexpr std::size_t registers = kinds::registers;

public:
    using totals_type = totals<Statistics>;
    using running_type = running_totals<Statistics>;
    static constexpr bool has_spread = how_many<spread_sums, Statistics>() > 0;

    std::int64_t tokens = 0; ///< counted tokens

    /// True if the sums stay in registers while a loop adds to them: beside a formula, 16 registers have no room for
    /// more than half as many sums.
    static constexpr bool in_registers = kinds::many_registers || registers * sizeof(Statistics<kinds>) <= 256;

    /// The statistics in one register.
    class part {
    public:
        RLHF_FORMULA part() {} // without it g++ would clear the array of parts first, by `rep stos`
        RLHF_FORMULA void add(const Statistics<lane::statistic<V>>& s) {
            found_.each([&](auto& all, const auto& x) RLHF_INLINE { all.add(x); }, found_, s);
        }
        /// Makes terms neutral in lanes where keep is false.
        RLHF_FORMULA void keep_where(const mask& keep, Statistics<lane::statistic<V>>& s) const {
            found_.each([&](const auto& all, auto& x) RLHF_INLINE { x = all.where(keep, x); }, found_, s);
        }

    private:
        friend segment_sums;
        Statistics<kinds> found_;
    };

    /// Calls f(k, part) for the part in each register k. A few of them are named, because a loop would keep them in
    /// memory.
    template <class F>
    RLHF_FORMULA void each_part(F&& f) {
        if constexpr (registers > kinds::by_name)
            for (std::size_t k = 0; k < registers; ++k) f(k, parts_[k]);
        else
            [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE { (f(K, parts_[K]), ...); }
        (std::make_index_sequence<registers>());
    }

    /// Ends the segment: its lanes are added in double, in one fixed tree, and the result is added exactly. Returns
    /// false if it left out squares, which add_squares() adds.
    RLHF_HOT bool join(running_type& all, double sequence_weight) const {
        auto& sums = all.next();
        std::array<typename kinds::D::type, running_type::sums> folded;
        std::array<std::array<const typename kinds::count*, running_type::counts>, registers> counts;
        std::size_t i = 0, m = 0, n = 0;
        each(
            [&]<class Total, class Kind>(Total& total, const Kind& first, const auto&... others) {
                if constexpr (std::is_same_v<Total, exact_sum>)
                    folded[i++] = Kind::folded(first, others...);
                else if constexpr (std::is_same_v<Total, power_sums>)
                    all.add_moments(m++, total, tokens, kinds::unloaded(first.x, others.x...),
                                    kinds::unloaded(first.squares, others.squares...));
                else if constexpr (std::is_same_v<Total, spread_sums>)
                    folded[i++] = kinds::sum::folded(first.x, others.x...),
                    folded[i++] = kinds::sum::folded(first.squares, others.squares...);
                else if constexpr (std::is_same_v<Total, largest>)
                    total += Kind::joined(first, others...);
                else {
                    std::size_t r = 0;
                    counts[r++][n] = &first, ((counts[r++][n] = &others), ...), ++n;
                }
            },
            all.all);
        kinds::D::sums_by_halves(folded, sums);
        for (const auto& in_register : counts)
            kinds::L::template add_counts<running_type::counts>([&](std::size_t k) { return in_register[k]->n; },
                                                                all.counted);
        const bool in_range = finish(sums, sequence_weight);
        all.add_next();
        return in_range;
    }

    /// Adds the segment to the sums of its sequence. Segments are added in order.
    void add_to(Statistics<sequence_total>& sequence) const {
        each([]<class Kind>(auto& sum, const Kind& first,
                            const auto&... others) { sum += Kind::joined(first, others...); },
             sequence);
    }

    /// Adds the squares of the single token in these sums, if join() of its segment `whole` left squares out.
    void add_squares(running_type& all, const segment_sums& whole) const {
        const auto left_out = whole.left_out();
        std::size_t i = 0;
        each(
            [&]<class Total>(Total& total, const auto&... of) {
                if constexpr (std::is_same_v<Total, spread_sums>)
                    if (left_out[i++]) total.add_square(kinds::sum::joined(of.x...));
            },
            all.sums_of_all());
    }

private:
    /// Calls f for each statistic with its totals, if they are given, and its accumulators in all registers.
    void each(auto&& f, auto&... all) const {
        [&]<std::size_t... K>(std::index_sequence<K...>) { Statistics<kinds>::each(f, all..., parts_[K].found_...); }
        (std::make_index_sequence<registers>());
    }
    /// Applies the weight to the sums of a segment, and clears squares that are left out. Returns false if any are.
    bool finish(auto& sums, double weight) const {
        std::size_t i = 0;
        bool in_range = true;
        each([&]<class Kind>(const Kind&, const auto&...) {
            if constexpr (requires { Kind::in_range(0.0); }) {
                double& squares = sums[i + 1];
                if (!Kind::in_range(squares)) squares = 0, in_range = false;
                i += 2;
            } else if constexpr (std::is_base_of_v<typename kinds::sum, Kind>) {
                if (std::is_same_v<Kind, typename kinds::weighted_sum> && weight != 1) sums[i] *= weight;
                ++i;
            }
        });
        return in_range;
    }
    /// The spreads whose squares join() leaves out.
    [[nodiscard]] auto left_out() const {
        std::array<bool, how_many<spread_sums, Statistics>()> found;
        std::size_t i = 0;
        each([&]<class Kind>(const Kind& first, const auto&... others) {
            if constexpr (requires { Kind::in_range(0.0); })
                found[i++] = !Kind::in_range(kinds::sum::joined(first.squares, others.squares...));
        });
        return found;
    }

    std::array<part, registers> parts_;
};

} // namespace RLHF_NAMESPACE::detail
