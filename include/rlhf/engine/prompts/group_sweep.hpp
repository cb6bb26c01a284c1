// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/lanes/lanes.hpp>
#include <rlhf/engine/lanes/transpose.hpp>
#include <rlhf/engine/prompts/bound_groups.hpp>
#include <rlhf/engine/sums/grid_sum.hpp>
#include <rlhf/engine/sums/sum_pieces.hpp>
#include <rlhf/formula/group_advantage.hpp>

namespace RLHF_NAMESPACE::detail {

/// The arrays of a sweep over groups, one element per sequence.
template <class T>
struct group_streams {
    stream<const T> rewards, baselines = {}; ///< baselines and the next members may be absent
    index_view lengths = {};
    std::int64_t lengths_stride = 0;
    stream<T> advantages = {};
    stream<std::uint8_t> keep = {};
};

/// What a sweep over groups counts.
struct group_totals {
    std::int64_t groups = 0, constant = 0, unscorable = 0;
    group_totals& operator+=(const group_totals& o) {
        groups += o.groups, constant += o.constant, unscorable += o.unscorable;
        return *this;
    }
    void normalize() {}
};

/// The sweep over groups of rewards: first the sums, then the rule, which makes a map from them, then the map of each
/// reward. Groups of the same size up to most_in_tile are side by side in lanes, others are done one by one, with the
/// same operations.
template <class T, class Arch>
class group_sweep {
    using D = lanes<double, Arch>;
    using V = typename D::type;
    using rule = formula::group_rule<double>;
    static constexpr std::int64_t width = D::width, lanes_of_tile = 8, most_in_tile = 128;
    using usual_size = std::integral_constant<std::int64_t, 8>; ///< has its own loop

public:
    group_sweep(const bound_groups& groups, const group_streams<T>& arrays, const rule& r, bool leave_out)
        : groups_(groups), arrays_(arrays), rule_(r), sequences_(groups.sequences()), leave_out_(leave_out) {
        side_by_side_ = groups.size() > 0 && groups.size() <= most_in_tile && arrays.rewards.row_stride == 1 &&
                        (!arrays.advantages || arrays.advantages.row_stride == 1) && !arrays.baselines &&
                        arrays.lengths.absent() && r.baseline != group_baseline::second_best &&
                        r.scale != group_scale::others_std;
    }

    [[nodiscard]] group_totals operator()(const executor& run) const {
        return sum_pieces<group_totals>(run, groups_.pieces(), [&](std::int64_t piece, group_totals& t) {
            std::int64_t at = groups_.begin(piece * groups_.piece);
            const std::int64_t end = groups_.begin((piece + 1) * groups_.piece);
            if (side_by_side_)
                at = groups_.size() == usual_size::value ? tiles(usual_size(), at, end, t)
                                                         : tiles(groups_.size(), at, end, t);
            while (at < end) at = one(at, groups_.end(at), t);
        });
    }

private:
    template <class N>
    [[nodiscard]] formula::group_rule<N> rule_of() const {
        return {rule_.baseline,   rule_.scale, rule_.lone,          N(rule_.ddof),
                N(rule_.epsilon), rule_.floor, N(rule_.batch_mean), N(rule_.batch_deviation)};
    }

    /// The numbers that groups of n rewards have in common.
    template <class N>
    [[nodiscard]] formula::group_sums<N> sums_of_size(std::int64_t n) const {
        const N count(static_cast<double>(n));
        const N zero(0.0);
        return {count, N(1) / count, N(1) / (count - N(rule_.ddof)), zero, zero};
    }

    /// The sums of a group of this size. each(f) calls f with every reward that counts.
    template <bool Fine, class N, class Each>
    static RLHF_FORMULA formula::group_sums<N> sums(const formula::group_sums<N>& size, const N& lowest,
                                                    const N& highest, const Each& each) {
        formula::group_sums<N> s{.count = size.count,
                                 .share = size.share,
                                 .free_share = size.free_share,
                                 .lowest = lowest,
                                 .range = highest - lowest};
        grid_sum<N, Fine> above(s.count * s.range), squares(s.count * (s.range * s.range));
        each([&](const auto&... x) RLHF_INLINE { above.add((x - lowest)...); });
        const N mean = s.mean = above.value() * s.share;
        const auto square = [&](const N& x) RLHF_INLINE {
            const N d = (x - lowest) - mean;
            return d * d;
        };
        each([&](const auto&... x) RLHF_INLINE { squares.add(square(x)...); });
        s.squares = squares.value();
        return s;
    }

    // ---- one group -----------------------------------------------------------------------------------------------

    [[nodiscard]] double reward(std::int64_t position) const {
        return static_cast<double>(*arrays_.rewards.row(groups_[position], 0));
    }

    /// Does the group at these positions. Returns its end.
    std::int64_t one(std::int64_t begin, std::int64_t end, group_totals& t) const {
        std::int64_t n = 0;
        double lowest = std::numeric_limits<double>::infinity(), highest = -lowest, second = highest;
        for (std::int64_t p = begin; p < end; ++p) {
            const double x = reward(p);
            if (!std::isfinite(x)) continue;
            second = (std::max)(second, (std::min)(highest, x));
            lowest = (std::min)(lowest, x), highest = (std::max)(highest, x), ++n;
        }
        const bool lost = n < end - begin && !leave_out_, constant = n > 1 && !(lowest < highest) && !lost;
        t.groups += 1, t.constant += constant ? 1 : 0, t.unscorable += end - begin - n;
        const bool own_center = arrays_.baselines && (n > 1 || !rule_.of_group());
        const bool best_only = rule_.baseline == group_baseline::second_best && n > 1;
        const bool by_others = rule_.scale == group_scale::others_std && n > 1;
        formula::affine_map<real> map{};
        if (n > 0 && !lost) {
            auto sums = sums_of(begin, end, n, lowest, highest);
            if (n > 1) sums.second = second;
            map = rule_of<real>()(sums);
        }
        for (std::int64_t p = begin; p < end; ++p) {
            const std::int64_t s = groups_[p];
            const double x = reward(p);
            const bool scorable = std::isfinite(x);
            if (arrays_.keep) *arrays_.keep.row(s, 0) = scorable && !lost && !constant ? 1 : 0;
            if (own_center) map.center = static_cast<double>(*arrays_.baselines.row(s, 0));
            double a = lost       ? std::numeric_limits<double>::quiet_NaN()
                       : scorable ? double(formula::affine(real(x), map))
                                  : 0.0;
            if (best_only && a < 0) a = 0;
            if (by_others && scorable && !lost) a = double(real(a) / deviation_of_others(begin, end, p, n - 1));
            if (arrays_.advantages) *arrays_.advantages.row(s, 0) = static_cast<T>(a);
        }
        return end;
    }

    /// The divisor of the reward at this position, from the n other rewards that count.
    [[nodiscard]] real deviation_of_others(std::int64_t begin, std::int64_t end, std::int64_t position,
                                           std::int64_t n) const {
        const auto each = [&](auto&& f) {
            for (std::int64_t p = begin; p < end; ++p)
                if (const double x = reward(p); p != position && std::isfinite(x)) f(real(x));
        };
        double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
        each([&](const real& x) { lowest = (std::min)(lowest, double(x)), highest = (std::max)(highest, double(x)); });
        return rule_of<real>().others_deviation(sums<true>(sums_of_size<real>(n), real(lowest), real(highest), each));
    }

    [[nodiscard]] formula::group_sums<real> sums_of(std::int64_t begin, std::int64_t end, std::int64_t n, double lowest,
                                                    double highest) const {
        const auto each = [&](auto&& f) {
            for (std::int64_t p = begin; p < end; ++p)
                if (const double x = reward(p); std::isfinite(x)) f(real(x));
        };
        const auto size = sums_of_size<real>(n);
        auto s = n <= coarse_up_to ? sums<false>(size, real(lowest), real(highest), each)
                                   : sums<true>(size, real(lowest), real(highest), each);
        if (!arrays_.lengths.absent()) add_lengths(s, begin, end);
        return s;
    }
    void add_lengths(formula::group_sums<real>& s, std::int64_t begin, std::int64_t end) const {
        std::int64_t all = 0;
        const auto length = [&](std::int64_t p) { return arrays_.lengths[groups_[p] * arrays_.lengths_stride]; };
        for (std::int64_t p = begin; p < end; ++p) all += std::isfinite(reward(p)) ? length(p) : 0;
        s.lengths = static_cast<double>(all);
        grid_sum<real, true> weighted(s.lengths * s.range);
        for (std::int64_t p = begin; p < end; ++p)
            if (const double x = reward(p); std::isfinite(x))
                weighted.add(real(static_cast<double>(length(p))) * (real(x) - s.lowest));
        s.weighted = weighted.value();
    }

    // ---- several groups, one in each lane ------------------------------------------------------------------------

    /// Does the groups of one size at these positions, eight at a time. Returns the position at which fewer are left,
    /// or at which a read of eight rewards could go past the last one.
    template <class Size>
    std::int64_t tiles(Size K, std::int64_t at, std::int64_t end, group_totals& t) const {
        const auto size = sums_of_size<V>(K);
        const auto map_of = rule_of<V>();
        alignas(64) std::array<double, std::size_t(most_in_tile * lanes_of_tile)> x;
        alignas(64) std::array<double, std::size_t(lanes_of_tile)> range;
        std::array<formula::affine_map<V>, std::size_t(lanes_of_tile / width)> maps;
        for (; at + lanes_of_tile * K <= end && at + lanes_of_tile * K + 8 <= sequences_; at += lanes_of_tile * K) {
            if constexpr (std::is_same_v<Size, usual_size>) fetch(at, lanes_of_tile * K);
            for (std::int64_t k = 0; k < K; k += 8)
                rows_to_columns<Arch>(arrays_.rewards.data + at + k, K, x.data() + k * lanes_of_tile);
            std::int64_t nonfinite = 0, constant = 0;
            for (std::size_t r = 0; r < maps.size(); ++r) {
                const auto s = column_sums(x.data() + r * width, K, size);
                nonfinite += D::count(lane::nonfinite(s.mean)), constant += D::count(s.range == V(0));
                D::store(range.data() + r * width, s.range);
                maps[r] = map_of(s);
            }
            if (nonfinite > 0) {
                for (std::int64_t g = 0; g < lanes_of_tile; ++g) one(at + g * K, at + (g + 1) * K, t);
                continue;
            }
            for (std::int64_t k = 0; k < K; ++k)
                for (std::size_t r = 0; r < maps.size(); ++r) {
                    double* const to = x.data() + k * lanes_of_tile + r * width;
                    D::store(to, formula::affine(D::load(to), maps[r]));
                }
            for (std::int64_t k = 0; k < K && arrays_.advantages; k += 8)
                columns_to_rows<Arch>(x.data() + k * lanes_of_tile, arrays_.advantages.data + at + k, K,
                                      (std::min)(std::int64_t(K) - k, std::int64_t(8)));
            t.groups += lanes_of_tile, t.constant += K > 1 ? constant : 0;
            if (arrays_.keep) mark_kept(at, range);
        }
        return at;
    }
    /// Fetches memory ahead of the next n rewards. A tile takes so long that the hardware fetches too little.
    void fetch(std::int64_t at, std::int64_t n) const {
        constexpr std::int64_t line = 64 / static_cast<std::int64_t>(sizeof(T)), ahead = 64 * line;
        for (std::int64_t i = at + ahead; i < at + ahead + n; i += line) {
            prefetch(arrays_.rewards.data + i);
            if (arrays_.advantages) prefetch_to_write(arrays_.advantages.data + i);
        }
    }
    /// The sums of a register of groups. If a reward is not finite, the mean is not finite either.
    template <class Size>
    static RLHF_FORMULA formula::group_sums<V> column_sums(const double* column, Size K,
                                                           const formula::group_sums<V>& size) {
        const auto member = [&](std::int64_t k) RLHF_INLINE { return D::load(column + k * lanes_of_tile); };
        const auto each = [&](auto&& f) RLHF_INLINE {
            std::int64_t k = 0;
            for (; k + 4 <= K; k += 4) f(member(k), member(k + 1), member(k + 2), member(k + 3));
            for (; k < K; ++k) f(member(k));
        };
        V lowest = member(0), highest = lowest;
        each([&](const V& first, const auto&... r) RLHF_INLINE {
            V low = first, high = first;
            ((low = smaller(r, low), high = larger(r, high)), ...);
            lowest = smaller(low, lowest), highest = larger(high, highest);
        });
        return sums<(coarse_up_to < most_in_tile)>(size, lowest, highest, each);
    }
    void mark_kept(std::int64_t at, const std::array<double, std::size_t(lanes_of_tile)>& range) const {
        const std::int64_t K = groups_.size();
        for (std::int64_t i = 0; i < lanes_of_tile * K; ++i) {
            const bool constant = K > 1 && range[static_cast<std::size_t>(i / K)] == 0;
            *arrays_.keep.row(at + i, 0) = constant ? 0 : 1;
        }
    }

    /// Groups of up to so many rewards are added up without the fine part: the squares of 128 floats then have a
    /// relative error below 2⁻³⁶.
    static constexpr std::int64_t coarse_up_to = sizeof(T) == 4 ? most_in_tile : 0;

    const bound_groups& groups_;
    const group_streams<T>& arrays_;
    rule rule_;
    std::int64_t sequences_;
    bool leave_out_, side_by_side_;
};

} // namespace RLHF_NAMESPACE::detail
