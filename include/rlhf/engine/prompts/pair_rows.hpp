// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/prompt_tile.hpp>

namespace RLHF_NAMESPACE::detail {

/// Compares responses in registers, in two steps: first the odds of many pairs, then losses and slopes from them. Both
/// are chains of dependent instructions. In one long chain, a processor would work on so few pairs at once that it
/// waits half of the time (DESIGN.md, D55).
template <class T, class Arch>
class pair_rows {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    using counter = typename L::counter;
    using tile = prompt_tile<T, Arch>;

public:
    static constexpr std::size_t width = tile::width, most_in_tile = tile::most_in_tile;
    static constexpr std::size_t wides = std::tuple_size_v<decltype(L::widen(V()))>;
    /// The registers in which a prompt that is alone is summed, so that the number of lanes does not depend on the
    /// instruction set.
    static constexpr std::size_t side_by_side = static_cast<std::size_t>(sum_lanes<T>) / width;

    /// One sum per lane of a register, in double.
    struct wide_sum {
        std::array<typename D::type, wides> part;
        wide_sum() { part.fill(typename D::type(0.0)); }
        RLHF_FORMULA void add(const V& v) {
            const auto more = L::widen(v);
            for (std::size_t k = 0; k < wides; ++k) part[k] = part[k] + more[k];
        }
    };

    /// Compares each response of a tile with the worse responses of its prompt: computes losses and slopes, without
    /// factors. Returns the number of pairs in the right order. Whole: all lanes of all rows count.
    template <bool Whole, class Pair>
    RLHF_NOINLINE static std::int64_t tiled(const Pair pair, tile& t) {
        counter correct = {};
        alignas(64) std::array<T, most_odds> odds_of;
        const auto others = [&](std::size_t k) { return (t.end[k] - k - 1) * width; };
        for (std::size_t k = 0; k < t.rows; ++k) L::store(&t.slope[k * width], V(T(0)));
        for (std::size_t first = 0, last = 0; first < t.rows; first = last) {
            T* to = odds_of.data();
            for (; last < t.rows && to + others(last) <= odds_of.data() + odds_of.size(); ++last)
                to = odds(pair, L::load(&t.reward[last * width]), &t.reward[(last + 1) * width], others(last), to);
            const T* from = odds_of.data();
            for (std::size_t k = first; k < last; from += others(k), ++k) {
                const auto found = follow<1, Whole>(
                    pair, {L::load(&t.reward[k * width]), L::load(&t.rank_balance[k * width])}, &t.reward[0],
                    &t.rank_balance[0], &t.slope[0], (k + 1) * width, t.end[k] * width, from, correct);
                L::store(&t.slope[k * width], L::load(&t.slope[k * width]) + found.slope[0]);
                L::store(&t.loss[k * width], found.loss[0]);
            }
        }
        return L::counted_up(correct);
    }

    /// The responses of a prompt that is alone, best first, filled up with responses that do not count.
    struct many {
        std::size_t size = 0;
        alignas(64) std::array<T, static_cast<std::size_t>(most_responses)> reward = {}, rank_balance, slopes;
        std::array<double, static_cast<std::size_t>(most_responses)> slope = {};
        double loss = 0;
        std::int64_t correct = 0;
    };
    template <class Pair>
    RLHF_NOINLINE static void alone(const Pair pair, many& m) {
        constexpr std::size_t lanes = side_by_side * width;
        counter correct = {};
        alignas(64) std::array<T, most_odds> odds_of;
        std::array<wide_sum, side_by_side> loss;
        const std::size_t n = m.size, end = (n + lanes - 1) / lanes * lanes;
        for (std::size_t first = 0; first < n; first += most_in_tile)
            for (std::size_t begin = first / lanes * lanes; begin < end; begin += most_in_tile * lanes) {
                const std::size_t until = (std::min)(end, begin + most_in_tile * lanes);
                std::fill(&m.slopes[begin], &m.slopes[begin] + (until - begin), T(0));
                for (std::size_t k = first; k < (std::min)(n, first + most_in_tile); ++k) {
                    const std::size_t from = (std::max)(begin, k / lanes * lanes);
                    const V reward(m.reward[k]);
                    odds(pair, reward, &m.reward[from], until - from, odds_of.data());
                    const auto found = follow<side_by_side, false>(pair, {reward, V(m.rank_balance[k])}, &m.reward[0],
                                                                   &m.rank_balance[0], &m.slopes[0], from, until,
                                                                   &odds_of[0], correct);
                    std::array<wide_sum, side_by_side> own;
                    for (std::size_t r = 0; r < side_by_side; ++r)
                        loss[r].add(found.loss[r]), own[r].add(found.slope[r]);
                    m.slope[k] += all(own);
                }
                for (std::size_t k = begin; k < (std::min)(n, until); ++k)
                    m.slope[k] += static_cast<double>(m.slopes[k]);
            }
        m.loss = all(loss), m.correct = L::counted_up(correct);
    }

private:
    /// The number of odds that are computed at once, for a row of a tile or a prompt that is alone: enough for the
    /// second step.
    static constexpr std::size_t most_odds =
        (std::max)(most_in_tile * static_cast<std::size_t>(sum_lanes<T>), 64 * width);

    /// The first step, for a response in each lane and n other responses. Returns the place for the next odds.
    template <class Pair>
    RLHF_FORMULA static T* odds(const Pair& pair, const V& reward, const T* others, std::size_t n, T* to) {
        for (std::size_t at = 0; at < n; at += width) L::store(to + at, pair.odds(reward, L::load(others + at)));
        return to + n;
    }

    struct response {
        V reward, rank_balance;
    };
    template <std::size_t Registers>
    struct terms {
        std::array<V, Registers> slope, loss;
        terms() { slope.fill(V(T(0))), loss.fill(V(T(0))); }
    };
    /// The second step, for the other responses at [begin, end), so many registers side by side.
    template <std::size_t Registers, bool Whole, class Pair>
    RLHF_FORMULA static terms<Registers> follow(const Pair& pair, const response& own, const T* rewards,
                                                const T* rank_balances, T* slopes, std::size_t begin, std::size_t end,
                                                const T* odds, counter& correct) {
        terms<Registers> all;
        for (std::size_t at = begin; at < end; at += Registers * width)
            by_turns<Registers>([&](std::size_t r) RLHF_INLINE {
                const std::size_t here = at + r * width;
                const V other = L::load(rewards + here), slope = L::load(slopes + here);
                const auto c = pair(own.reward, other, L::load(odds + (here - begin)));
                if constexpr (Whole) {
                    all.loss[r] = all.loss[r] + c.loss;
                    all.slope[r] = all.slope[r] + c.d_chosen;
                    L::store(slopes + here, slope + c.d_rejected);
                    L::count_on(correct, own.reward > other);
                } else {
                    const auto keep = own.rank_balance < L::load(rank_balances + here);
                    all.loss[r] = L::add_where(keep, all.loss[r], c.loss);
                    all.slope[r] = L::add_where(keep, all.slope[r], c.d_chosen);
                    L::store(slopes + here, L::add_where(keep, slope, c.d_rejected));
                    L::count_on(correct, keep && own.reward > other);
                }
            });
        return all;
    }

    /// The sum of all lanes of registers side by side.
    static double all(const std::array<wide_sum, side_by_side>& sums) {
        std::array<double, side_by_side * width> x;
        for (std::size_t r = 0; r < side_by_side; ++r)
            for (std::size_t k = 0; k < wides; ++k) D::store(&x[r * width + k * (width / wides)], sums[r].part[k]);
        return by_halves(x, [](double a, double b) { return a + b; });
    }
};

} // namespace RLHF_NAMESPACE::detail
