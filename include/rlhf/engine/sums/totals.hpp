// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sums/narrow_sums.hpp>
#include <rlhf/lane.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace RLHF_NAMESPACE::detail {

/// A maximum; −∞ if there are no numbers.
struct largest {
    double value = -std::numeric_limits<double>::infinity();
    largest& operator+=(const largest& o) {
        value = o.value > value ? o.value : value;
        return *this;
    }
};

/// The kinds of lane::statistic as exact sums over tokens.
struct total {
    using weighted_sum = exact_sum;
    using sum = exact_sum;
    using square_sum = exact_sum;
    using count = std::int64_t;
    using maximum = largest;
    using moments = power_sums;
    using spread = spread_sums;
};

/// The kinds of lane::statistic as sums over one sequence.
struct sequence_total {
    using weighted_sum = double;
    using sum = double;
    using square_sum = double;
    using count = std::int64_t;
    using maximum = largest;
};

using lane::no_statistics;

/// The names of these kinds. Each takes one byte, so that the size of a struct of statistics is the number of its
/// members.
struct total_names {
    using weighted_sum = std::type_identity<total::weighted_sum>;
    using sum = std::type_identity<total::sum>;
    using square_sum = std::type_identity<total::square_sum>;
    using count = std::type_identity<total::count>;
    using maximum = std::type_identity<total::maximum>;
    using moments = std::type_identity<total::moments>;
    using spread = std::type_identity<total::spread>;
};

inline std::size_t each_leaves_out_a_member() { return 0; } // not constexpr: the compiler stops at a call

/// The number of statistics whose total is of type X.
template <class X, template <class> class Statistics>
constexpr std::size_t how_many() {
    using names = Statistics<total_names>;
    std::size_t all = 0, found = 0;
    names s;
    s.each([&](const auto& x) { all += 1, found += std::is_same_v<decltype(x), const std::type_identity<X>&> ? 1 : 0; },
           s);
    return all == (std::is_empty_v<names> ? 0 : sizeof(names)) ? found : each_leaves_out_a_member();
}

/// The result of a sweep. Parts join by +=, exactly and so in any order.
template <template <class> class Statistics>
struct totals : Statistics<total> {
    std::int64_t tokens = 0, sequences = 0; ///< tokens that count; sequences with such a token

    totals() {} // NOLINT: without it g++ would clear all sums at once, and then each sum again
    totals& operator+=(const totals& o) {
        tokens += o.tokens, sequences += o.sequences;
        this->each([](auto& x, const auto& y) { x += y; }, *this, o);
        return *this;
    }
    void normalize() {
        this->each(
            [](auto& x) {
                if constexpr (requires { x.normalize(); }) x.normalize();
            },
            *this);
    }
};

/// The totals of one piece of work while it runs.
template <template <class> class Statistics>
class running_totals {
public:
    totals<Statistics>& all; ///< without the sums that are still to be flushed

    /// Begins with totals that are 0.
    explicit running_totals(totals<Statistics>& to) : all(to) {}

    /// The totals, for terms that are added to them directly.
    totals<Statistics>& sums_of_all() {
        added_ = true;
        return all;
    }

    static constexpr std::size_t sums = how_many<exact_sum, Statistics>() + 2 * how_many<spread_sums, Statistics>();
    static constexpr std::size_t in_a_row = (sums + 7) / 8 * 8; ///< whole registers
    static constexpr std::size_t moments = how_many<power_sums, Statistics>();
    static constexpr std::size_t counts = how_many<std::int64_t, Statistics>();

    /// The counts that are still to be flushed, in the order of the members; the rest holds anything.
    std::array<std::int64_t, (counts + 3) / 4 * 4> counted = {};

    /// Where the sums of the next segment are written, in the order of the members.
    [[nodiscard]] std::array<double, in_a_row>& next() { return waiting_[waiting_count_]; }
    /// Adds the sums at next(). They are kept until registers can add several segments.
    void add_next() {
        if (++waiting_count_ == at_once) add_waiting();
        if (++pending_ == narrow_.capacity) flush();
    }
    /// Adds the lanes of the i-th moments of a segment. Called before add_next() for that segment.
    template <std::size_t Lanes>
    void add_moments(std::size_t i, power_sums& to, std::int64_t n, const std::array<double, Lanes>& x,
                     const std::array<double, Lanes>& x_squared) {
        to.count += n;
        if (!narrow_moments_.add(2 * i, x)) to.sum.add(x);
        if (!narrow_moments_.add(2 * i + 1, x_squared)) to.squares.add(x_squared);
    }
    /// Called before the totals are read. A single segment, as in a short call, is the whole sum.
    RLHF_NOINLINE void flush() {
        if (pending_ == 1 && !added_)
            each_sum([&](std::size_t i, exact_sum& sum) { sum.add_first(waiting_[0][i]); });
        else
            flush_sums();
        std::size_t i = 0, n = 0;
        all.each(
            [&](auto& x) {
                if constexpr (std::is_same_v<decltype(x), power_sums&>)
                    narrow_moments_.flush(i++, x.sum), narrow_moments_.flush(i++, x.squares);
                else if constexpr (std::is_same_v<decltype(x), std::int64_t&>)
                    x += std::exchange(counted[n++], 0);
            },
            all);
        pending_ = waiting_count_ = 0, added_ = true;
    }

private:
    static constexpr std::size_t at_once = 8, few = 2; ///< up to `few` segments are added one by one

    RLHF_NOINLINE void flush_sums() {
        bool by_lanes = pending_ > waiting_count_;
        if (waiting_count_ > few) add_waiting(), by_lanes = true;
        each_sum([&](std::size_t i, exact_sum& sum) {
            for (std::size_t k = 0; k < waiting_count_; ++k) sum.add(waiting_[k][i]);
            if (by_lanes) narrow_.flush(i, sum);
        });
    }
    RLHF_NOINLINE void add_waiting() {
        for (; waiting_count_ < at_once; ++waiting_count_) waiting_[waiting_count_].fill(0.0);
        narrow_.add_rows(waiting_, [&](auto&& f) { each_sum(f); });
        waiting_count_ = 0;
    }
    template <class F>
    void each_sum(F&& f) {
        std::size_t i = 0;
        all.each(
            [&](auto& x) {
                if constexpr (std::is_same_v<decltype(x), exact_sum&>)
                    f(i++, x);
                else if constexpr (std::is_same_v<decltype(x), spread_sums&>)
                    f(i++, x.sum), f(i++, x.squares);
            },
            all);
    }

    narrow_sums<in_a_row> narrow_;
    narrow_sums<2 * moments> narrow_moments_;
    std::size_t pending_ = 0;
    std::size_t waiting_count_ = 0;
    bool added_ = false; ///< true if anything was added to the sums of `all`
    alignas(64) std::array<std::array<double, in_a_row>, at_once> waiting_; ///< a row per segment
};

} // namespace RLHF_NAMESPACE::detail
