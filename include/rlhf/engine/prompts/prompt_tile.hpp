// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/prompt_sweep.hpp>

namespace RLHF_NAMESPACE::detail {

/// Prompts of up to most_in_tile responses, side by side: response k of the prompt in lane l is at k · width + l, the
/// best first (DESIGN.md, D22).
template <class T, class Arch>
struct prompt_tile {
    static constexpr auto width = static_cast<std::size_t>(lanes<T, Arch>::width);
    static constexpr std::size_t most_in_tile = 32, size_limit = most_in_tile * width;
    static constexpr T no_response = T(-2 * most_responses); ///< as a rank balance: below all others

    std::size_t size = 0, used = 0; ///< responses of the longest prompt, which comes first; lanes in use
    bool same_size = false;         ///< do all prompts have as many responses?
    std::array<std::int64_t, width> prompt, responses, pairs;            ///< pairs that are not tied
    std::array<std::array<std::int32_t, most_in_tile + 1>, width> place; ///< where a response lies in its prompt
    alignas(64) std::array<T, size_limit> reward = {}, rank_balance = {}, slope; ///< by lanes
    alignas(64) std::array<T, width> responses_in_lanes = {};
    alignas(64) std::array<double, width> divisor; ///< of a prompt's loss

    prompt_tile() {
        divisor.fill(1);
        for (auto& row : place)
            for (std::size_t k = 0; k < most_in_tile; ++k) row[k] = static_cast<std::int32_t>(k);
    }
};

/// Fills tiles, and writes their slopes.
template <class T, class Arch>
class pair_tiles {
    using L = lanes<T, Arch>;
    using V = typename L::type;
    using tile = prompt_tile<T, Arch>;
    static constexpr std::size_t width = tile::width, most_in_tile = tile::most_in_tile;

public:
    /// by_all_pairs: the loss of a prompt is divided by C(K, 2), else by the number of its pairs that are not tied.
    pair_tiles(const call& c, const stream<const T>& rewards, const bound_ranks& ranks, const target<T>& d_rewards,
               bool by_all_pairs)
        : call_(c), rewards_(rewards), ranks_(ranks), d_rewards_(d_rewards), by_all_pairs_(by_all_pairs) {}

    [[nodiscard]] double divisor(const bound_ranks::order& o) const {
        return static_cast<double>(by_all_pairs_ ? o.size * (o.size - 1) / 2 : o.pairs);
    }

    /// Gives prompt s, in which `size` responses count, the next lane if two of them differ in rank.
    void add(tile& t, std::int64_t s, std::int64_t size) const {
        const std::size_t lane = t.used;
        if (lane == 0) start(t, static_cast<std::size_t>(size));
        auto& place = t.place[lane];
        if (!plain_) ranks_.list(s, place.data());
        if (ranks_.given() ? !rank(t, s, size) : size < 2) return none(s);
        const std::int64_t pairs = size * (size - 1) / 2;
        t.prompt[lane] = s, t.responses[lane] = size, t.pairs[lane] = pairs;
        t.divisor[lane] = static_cast<double>(pairs);
        t.responses_in_lanes[lane] = static_cast<T>(size);
        t.same_size &= static_cast<std::size_t>(size) == t.size;
        ++t.used;
    }

    /// Fills in rewards and rank balances of the prompts that were added.
    void fill(tile& t) const {
        if (ranks_.given()) return by_rank(t);
        using lane::select;
        std::array<const T*, width> row; // unused lanes repeat the last prompt
        for (std::size_t lane = 0; lane < width; ++lane) row[lane] = rewards(t.prompt[(std::min)(lane, t.used - 1)]);
        const V size = L::load(t.responses_in_lanes.data());
        for (std::size_t k = 0; k < t.size; ++k) {
            if (plain_ && t.same_size)
                for (std::size_t lane = 0; lane < width; ++lane)
                    t.reward[k * width + lane] = row[lane][static_cast<std::int64_t>(k) * rewards_.step];
            else
                for (std::size_t lane = 0; lane < t.used; ++lane)
                    if (static_cast<std::int64_t>(k) < t.responses[lane])
                        t.reward[k * width + lane] = row[lane][t.place[lane][k] * rewards_.step];
            const V better(static_cast<T>(k));
            L::store(&t.rank_balance[k * width],
                     select(better < size, better + better + V(T(1)) - size, V(tile::no_response)));
        }
    }

    void write(const tile& t) const {
        if (!d_rewards_ || !(plain_ && t.same_size) || t.used < width || d_rewards_.add) {
            for (std::size_t lane = 0; lane < t.used; ++lane)
                write_slopes(call_, d_rewards_, t.prompt[lane], t.place[lane].data(), t.responses[lane],
                             [&](std::int64_t k) { return t.slope[static_cast<std::size_t>(k) * width + lane]; });
            return;
        }
        std::array<T*, width> row;
        for (std::size_t lane = 0; lane < width; ++lane)
            row[lane] = d_rewards_.to.row(t.prompt[lane], call_.begin(t.prompt[lane]));
        for (std::size_t k = 0; k < t.size; ++k)
            for (std::size_t lane = 0; lane < width; ++lane)
                row[lane][static_cast<std::int64_t>(k) * d_rewards_.to.step] = t.slope[k * width + lane];
    }

    /// Writes the slopes of a prompt without a pair.
    void none(std::int64_t s) const {
        write_slopes(call_, d_rewards_, s, nullptr, 0, [](std::int64_t) { return T(0); });
    }

private:
    [[nodiscard]] const T* rewards(std::int64_t s) const { return rewards_.row(s, call_.begin(s)); }

    void start(tile& t, std::size_t size) const {
        t.size = size, t.same_size = true;
        L::store(t.responses_in_lanes.data(), V(T(0)));
    }

    static constexpr auto exact =
        std::uint64_t(1) << (std::numeric_limits<T>::digits - 1); ///< T holds it, and all integers below it, exactly

    /// Puts the ranks of the listed responses where by_rank() reads them, and worse ranks behind them. Returns whether
    /// two responses differ in rank.
    bool rank(tile& t, std::int64_t s, std::int64_t size) const {
        auto& place = t.place[t.used];
        T* to = &t.rank_balance[t.used];
        const auto ranks = ranks_.of(s);
        const std::int64_t first = size > 0 ? ranks[place[0]] : 0;
        std::uint64_t differ = 0, all = 0;
        for (std::size_t k = 0; k < static_cast<std::size_t>(size); ++k) {
            const std::int64_t own = ranks[place[k]];
            differ |= static_cast<std::uint64_t>(own ^ first), all |= static_cast<std::uint64_t>(own) + exact;
            to[k * width] = static_cast<T>(own);
        }
        if (differ != 0 && all >= 2 * exact) { // not exact in T: rank balances have the same order
            std::array<std::int32_t, most_in_tile> rank_balance;
            ranks_.sort(s, place.data(), rank_balance.data());
            for (std::size_t k = 0; k < static_cast<std::size_t>(size); ++k)
                to[k * width] = static_cast<T>(rank_balance[k]);
        }
        for (auto k = static_cast<std::size_t>(size); k < t.size; ++k) to[k * width] = static_cast<T>(exact);
        return differ != 0;
    }

    /// Sorts the listed responses. A processor could not predict the order of ranks, so each rank is compared with all.
    void by_rank(tile& t) const {
        alignas(64) std::array<T, tile::size_limit> sorted_at, rank_balance;
        alignas(64) std::array<T, width> pairs;
        const V one(T(1));
        V apart(T(0));
        for (std::size_t k = 0; k < t.size; ++k) {
            const V own = L::load(&t.rank_balance[k * width]);
            V better(T(0)), worse(T(0)); // of the responses listed before
            for (std::size_t at = 0; at < k * width; at += width) {
                const V other = L::load(&t.rank_balance[at]);
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
        for (std::size_t k = 0; k < t.size; ++k) L::store(&t.rank_balance[k * width], V(tile::no_response));
        for (std::size_t lane = 0; lane < t.used; ++lane)
            permute(t, lane, &sorted_at[lane], &rank_balance[lane], pairs[lane]);
    }

    void permute(tile& t, std::size_t lane, const T* sorted_at, const T* rank_balance, T pairs) const {
        const auto listed = t.place[lane];
        const T* row = rewards(t.prompt[lane]);
        const auto size = static_cast<std::size_t>(t.responses[lane]);
        const T behind = static_cast<T>(t.size - size); // worse ranks that stand for no response
        for (std::size_t k = 0; k < size; ++k) {
            const auto to = static_cast<std::size_t>(sorted_at[k * width]);
            t.place[lane][to] = listed[k];
            t.reward[to * width + lane] = row[listed[k] * rewards_.step];
            t.rank_balance[to * width + lane] = rank_balance[k * width] + behind;
        }
        t.pairs[lane] = static_cast<std::int64_t>(pairs - behind * static_cast<T>(size));
        t.divisor[lane] = divisor({t.responses[lane], t.pairs[lane]});
    }

    const call& call_;
    const stream<const T>& rewards_;
    const bound_ranks& ranks_;
    const target<T>& d_rewards_;
    bool by_all_pairs_, plain_ = ranks_.plain();
};

} // namespace RLHF_NAMESPACE::detail
