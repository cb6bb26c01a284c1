// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/transpose.hpp>
#include <rlhf/engine/prompts/prompt_tile.hpp>

#include <cstring>

namespace RLHF_NAMESPACE::detail {

/// Fills tiles, and writes their slopes.
template <class T, class Arch>
class pair_tiles {
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using tile = prompt_tile<T, Arch>;
    using group = typename tile::group;
    static constexpr std::size_t width = tile::width, most_in_tile = tile::most_in_tile;

public:
    /// by_all_pairs: the loss of a prompt is divided by C(K, 2), else by the number of its pairs that are not tied.
    pair_tiles(const call& c, const stream<const T>& rewards, const bound_ranks& ranks, const target<T>& d_rewards,
               bool by_all_pairs)
        : call_(c), rewards_(rewards), ranks_(ranks), d_rewards_(d_rewards), by_all_pairs_(by_all_pairs) {}

    [[nodiscard]] double divisor(const bound_ranks::order& o) const {
        return static_cast<double>(by_all_pairs_ ? o.size * (o.size - 1) / 2 : o.pairs);
    }

    /// True if all prompts have one size, and all of their responses count and are listed best first. Then add_rows()
    /// adds them, otherwise add().
    [[nodiscard]] bool rows() const { return rows_; }

    /// Gives prompt s, in which `size` ≥ 2 responses count, the next lane if two of them differ in rank.
    void add(tile& t, std::int64_t s, std::int64_t size) const {
        if (!t.has_lane()) start(t.open(static_cast<std::size_t>(size)), t);
        group& g = t.groups[t.used - 1];
        const std::size_t lane = g.used;
        ranks_.list(s, t.place(g, lane));
        if (ranks_.given() && !rank(t, g, s, size)) return none(s);
        g.prompt[lane] = s, g.responses[lane] = size, g.responses_in_lanes[lane] = static_cast<T>(size);
        if (!ranks_.given()) divide(g, lane, size * (size - 1) / 2);
        ++g.used;
        g.whole = g.used == width && static_cast<std::size_t>(size) == g.size && !ranks_.given();
    }

    /// The numbers that prompts of one size have in common.
    struct alike {
        std::int64_t size, pairs;
        double divisor; ///< divides a prompt's loss
        T factor;       ///< multiplies its slopes
    };
    [[nodiscard]] alike of_size(std::int64_t size) const {
        const std::int64_t pairs = size * (size - 1) / 2;
        const auto by = static_cast<double>(pairs);
        return {size, pairs, by, static_cast<T>(d_rewards_.scale / by)};
    }
    /// Gives the lanes of a new group to the n ≤ width prompts from s on.
    void add_rows(tile& t, std::int64_t s, std::int64_t n, const alike& a) const {
        const bool all = n == lanes_of_group, made = all && t.used < t.made;
        group& g = t.open(static_cast<std::size_t>(a.size));
        g.prompt[0] = s, g.used = static_cast<std::size_t>(n), g.pairs = n * a.pairs, g.whole = all;
        if (!made) {
            start(g, t);
            std::fill_n(g.responses.data(), n, a.size);
            std::fill_n(g.responses_in_lanes.data(), n, static_cast<T>(a.size));
            g.divisor.fill(a.divisor), g.factor.fill(a.factor);
            balances(t, g);
            t.made = t.used;
        }
        move(rewards(s), {rewards_.row_stride, rewards_.step}, &t.reward[g.at(0)], {1, lanes_of_group}, n, a.size);
    }

    /// Fills in rewards and rank balances of the prompts that add() added.
    void fill(tile& t) const {
        if (rows_) return;
        for (std::size_t i = 0; i < t.used; ++i) {
            group& g = t.groups[i];
            if (ranks_.given()) {
                by_rank(t, g);
                continue;
            }
            for (std::size_t lane = 0; lane < g.used; ++lane) {
                const T* row = rewards(g.prompt[lane]);
                const std::int32_t* place = t.place(g, lane);
                for (std::size_t k = 0; k < static_cast<std::size_t>(g.responses[lane]); ++k)
                    t.reward[g.at(k) + lane] = row[place[k] * rewards_.step];
            }
            balances(t, g);
        }
    }

    void write(const tile& t) const {
        if (!d_rewards_) return;
        const auto& [to, scale, adds] = d_rewards_;
        for (std::size_t i = 0; i < t.used; ++i) {
            const group& g = t.groups[i];
            if (rows_ && !adds)
                move(&t.slope[g.at(0)], {1, lanes_of_group}, to.row(g.prompt[0], 0), {to.row_stride, to.step},
                     static_cast<std::int64_t>(g.used), static_cast<std::int64_t>(g.size));
            else
                for (std::size_t lane = 0; lane < g.used; ++lane)
                    write_slopes(call_, d_rewards_,
                                 rows_ ? g.prompt[0] + static_cast<std::int64_t>(lane) : g.prompt[lane],
                                 rows_ ? in_order.data() : t.place(g, lane), g.responses[lane],
                                 [&](std::int64_t k) { return t.slope[g.at(static_cast<std::size_t>(k)) + lane]; });
        }
    }

    /// Writes the slopes of a prompt without a pair.
    void none(std::int64_t s) const {
        write_slopes(call_, d_rewards_, s, nullptr, 0, [](std::int64_t) { return T(0); });
    }

private:
    [[nodiscard]] const T* rewards(std::int64_t s) const { return rewards_.row(s, call_.begin(s)); }

    static constexpr auto lanes_of_group = static_cast<std::int64_t>(width);
    static constexpr auto in_order = [] {
        std::array<std::int32_t, most_in_tile> place{};
        for (std::size_t k = 0; k < most_in_tile; ++k) place[k] = static_cast<std::int32_t>(k);
        return place;
    }();

    /// The strides from lane to lane, and from response to response. Response k of a lane's prompt is at lane · lane
    /// stride + k · response stride.
    struct steps {
        std::int64_t lane, response;
    };
    /// Moves rewards or slopes of the prompts in n lanes.
    static void move(const T* from, steps read, T* to, steps written, std::int64_t n, std::int64_t size) {
        std::int64_t k = 0;
        if (width % 8 == 0 && n == lanes_of_group && (read.response == 1 || written.response == 1))
            for (; k + 8 <= size; k += 8)
                for (std::int64_t lane = 0; lane < lanes_of_group; lane += 8) {
                    const T* eight = from + lane * read.lane + k * read.response;
                    T* there = to + lane * written.lane + k * written.response;
                    if (read.response == 1)
                        transpose_eight<Arch>(eight, read.lane, there, written.response);
                    else
                        transpose_eight<Arch>(eight, read.response, there, written.lane);
                }
        for (; k < size; ++k)
            if (n == lanes_of_group)
                for (std::int64_t lane = 0; lane < lanes_of_group; ++lane)
                    to[lane * written.lane + k * written.response] = from[lane * read.lane + k * read.response];
            else
                for (std::int64_t lane = 0; lane < n; ++lane)
                    to[lane * written.lane + k * written.response] = from[lane * read.lane + k * read.response];
    }

    static void start(group& g, tile& t) {
        g.divisor.fill(1), g.factor.fill(0), g.responses_in_lanes.fill(0);
        for (std::size_t k = 0; k < g.size; ++k)
            L::store(&t.reward[g.at(k)], V(T(0))), L::store(&t.rank_balance[g.at(k)], V(T(0)));
    }
    /// Counts the pairs of a prompt that are not tied.
    void divide(group& g, std::size_t lane, std::int64_t pairs) const {
        const double by = divisor({g.responses[lane], pairs});
        g.pairs += pairs, g.divisor[lane] = by, g.factor[lane] = static_cast<T>(d_rewards_.scale / by);
    }
    /// The rank balances of responses that are listed best first.
    static void balances(tile& t, const group& g) {
        using lane::select;
        const V size = L::load(g.responses_in_lanes.data());
        for (std::size_t k = 0; k < g.size; ++k) {
            const V better(static_cast<T>(k));
            L::store(&t.rank_balance[g.at(k)],
                     select(better < size, better + better + V(T(1)) - size, V(tile::no_response)));
        }
    }

    static constexpr auto exact =
        std::uint64_t(1) << (std::numeric_limits<T>::digits - 1); ///< T holds it, and all integers below it, exactly

    /// Puts the ranks of the listed responses where by_rank() reads them, and worse ranks after them. Returns true if
    /// two responses differ in rank.
    bool rank(tile& t, group& g, std::int64_t s, std::int64_t size) const {
        std::int32_t* place = t.place(g, g.used);
        T* to = &t.rank_balance[g.at(0) + g.used];
        const auto ranks = ranks_.of(s);
        const std::int64_t first = ranks[place[0]];
        std::uint64_t differ = 0, all = 0;
        for (std::size_t k = 0; k < static_cast<std::size_t>(size); ++k) {
            const std::int64_t own = ranks[place[k]];
            differ |= static_cast<std::uint64_t>(own ^ first), all |= static_cast<std::uint64_t>(own) + exact;
            to[k * width] = static_cast<T>(own);
        }
        if (differ != 0 && all >= 2 * exact) { // not exact in T: rank balances have the same order
            std::array<std::int32_t, most_in_tile> rank_balance;
            ranks_.sort(s, place, rank_balance.data());
            for (std::size_t k = 0; k < static_cast<std::size_t>(size); ++k)
                to[k * width] = static_cast<T>(rank_balance[k]);
        }
        for (auto k = static_cast<std::size_t>(size); k < g.size; ++k) to[k * width] = static_cast<T>(exact);
        return differ != 0;
    }

    /// Sorts the listed responses. Each rank is compared with all others, because a processor could not predict
    /// branches on the order of ranks.
    void by_rank(tile& t, group& g) const {
        alignas(64) std::array<T, tile::size_limit> sorted_at, rank_balance;
        alignas(64) std::array<T, width> pairs;
        T* ranks = &t.rank_balance[g.at(0)];
        const V one(T(1));
        V apart(T(0));
        for (std::size_t k = 0; k < g.size; ++k) {
            const V own = L::load(ranks + k * width);
            V better(T(0)), worse(T(0)); // counts among the responses listed before
            for (std::size_t at = 0; at < k * width; at += width) {
                const V other = L::load(ranks + at);
                const auto above = other < own, below = own < other;
                better = L::add_where(above, better, one), worse = L::add_where(below, worse, one);
                L::store(&sorted_at[at], L::add_where(below, L::load(&sorted_at[at]), one));
                L::store(&rank_balance[at],
                         L::add_where(below, L::add_where(above, L::load(&rank_balance[at]), -one), one));
            }
            L::store(&sorted_at[k * width], V(static_cast<T>(k)) - worse);
            L::store(&rank_balance[k * width], better - worse);
            apart = apart + better + worse;
        }
        L::store(pairs.data(), apart);
        for (std::size_t k = 0; k < g.size; ++k) L::store(ranks + k * width, V(tile::no_response));
        for (std::size_t lane = 0; lane < g.used; ++lane)
            permute(t, g, lane, &sorted_at[lane], &rank_balance[lane], pairs[lane]);
    }

    void permute(tile& t, group& g, std::size_t lane, const T* sorted_at, const T* rank_balance, T pairs) const {
        const auto size = static_cast<std::size_t>(g.responses[lane]);
        std::int32_t* place = t.place(g, lane);
        std::array<std::int32_t, most_in_tile> listed;
        std::memcpy(listed.data(), place,
                    sizeof listed); // copies all of it, which is faster than copying the counted ones
        const T* row = rewards(g.prompt[lane]);
        const T behind = static_cast<T>(g.size - size); // worse ranks without a response
        for (std::size_t k = 0; k < size; ++k) {
            const auto to = static_cast<std::size_t>(sorted_at[k * width]);
            place[to] = listed[k];
            t.reward[g.at(to) + lane] = row[listed[k] * rewards_.step];
            t.rank_balance[g.at(to) + lane] = rank_balance[k * width] + behind;
        }
        divide(g, lane, static_cast<std::int64_t>(pairs - behind * static_cast<T>(size)));
    }

    const call& call_;
    const stream<const T>& rewards_;
    const bound_ranks& ranks_;
    const target<T>& d_rewards_;
    bool by_all_pairs_, rows_ = ranks_.plain() && !call_.batch().packed();
};

} // namespace RLHF_NAMESPACE::detail
