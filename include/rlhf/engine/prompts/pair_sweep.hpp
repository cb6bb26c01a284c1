// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/pair_rows.hpp>
#include <rlhf/engine/prompts/pair_tiles.hpp>
#include <rlhf/engine/sums/narrow_sums.hpp>

#include <span>

namespace RLHF_NAMESPACE::detail {

/// The sweep over all pairs of every prompt. pair(better, worse) is a formula's comparison_term, for registers or
/// numbers. Totals have the statistics loss, margin, correct and nonfinite; their tokens are pairs, their sequences are
/// prompts.
///
/// Prompts of up to most_in_tile responses are side by side, one prompt per lane, so that one comparison serves as many
/// prompts as there are lanes. A larger prompt is alone, and each of its responses is compared with as many others as
/// there are lanes. In both cases rewards are sorted by rank. A pair counts if its first response has the smaller rank
/// balance, so neither ties nor padding count. Lanes do not see each other, and only the number of responses decides
/// between the two cases, so the bits of a prompt do not depend on other prompts. At most most_in_tile terms are added
/// in T, then their sums in double (DESIGN.md, D22).
template <class T, class Arch, class Totals, class Pair>
class pair_sweep {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    using tile = prompt_tile<T, Arch>;
    using group = typename tile::group;
    using rows = pair_rows<T, Arch>;
    static constexpr std::size_t width = tile::width, most_in_tile = tile::most_in_tile, wides = rows::wides;
    static constexpr auto most = static_cast<std::int64_t>(most_in_tile);

public:
    pair_sweep(const call& c, const stream<const T>& rewards, const bound_ranks& ranks, const target<T>& d_rewards,
               bool by_all_pairs, const Pair& pair)
        : call_(c), rewards_(rewards), ranks_(ranks), d_rewards_(d_rewards), pair_(pair),
          tiles_(c, rewards, ranks, d_rewards, by_all_pairs) {}

    Totals operator()(const executor& run) const {
        const std::int64_t each = call_.longest() <= 4 ? most_prompts : piece_prompts;
        return sum_pieces<Totals>(run, (call_.size() + each - 1) / each, [&](std::int64_t piece, Totals& totals) {
            const std::int64_t first = piece * each;
            piece_totals part{totals};
            prompts(first, (std::min)(call_.size(), first + each), part);
            part.narrow.flush(0, totals.loss), part.narrow.flush(1, totals.margin);
        });
    }

private:
    /// The totals of a piece of work while it runs.
    struct piece_totals {
        Totals& all;
        narrow_sums<2> narrow = {}; ///< losses, margins
    };
    /// The prompts of a piece of work: more prompts if they are small, so that a piece takes some 10 µs.
    static constexpr std::int64_t most_prompts = 1024;
    static_assert(piece_prompts <= most_prompts && most_prompts / 16 <= narrow_sums<2>::capacity);

    /// Sweeps prompts. Prompts of the same size are side by side, and the longest come first.
    void prompts(std::int64_t first, std::int64_t last, piece_totals& sums) const {
        tile t;
        if (const std::int64_t size = call_.length(first); tiles_.rows() && size >= 2 && size <= most) {
            const auto alike = tiles_.of_size(size);
            for (std::int64_t s = first; s < last; s += static_cast<std::int64_t>(width)) {
                if (!t.fits(static_cast<std::size_t>(size))) compare(t, sums);
                tiles_.add_rows(t, s, (std::min)(last - s, static_cast<std::int64_t>(width)), alike);
            }
            return compare(t, sums);
        }
        // Lists of prompts by size; the last list has the prompts of more than most_in_tile responses.
        std::array<std::int16_t, most_in_tile + 2> head;
        std::array<std::int16_t, most_prompts> next;
        head.fill(-1);
        for (std::int64_t s = last; s-- > first;) {
            const auto n = std::min<std::size_t>(static_cast<std::size_t>(ranks_.counted(s)), most_in_tile + 1);
            next[static_cast<std::size_t>(s - first)] = head[n], head[n] = static_cast<std::int16_t>(s - first);
        }
        for (std::size_t n = most_in_tile + 2; n-- > 0;)
            for (std::int16_t k = head[n]; k >= 0; k = next[static_cast<std::size_t>(k)])
                one(t, first + k, static_cast<std::int64_t>(n), sums);
        compare(t, sums);
    }
    void one(tile& t, std::int64_t s, std::int64_t size, piece_totals& sums) const {
        if (size > most) return many(s, sums);
        if (size < 2) return tiles_.none(s);
        if (!t.fits(static_cast<std::size_t>(size))) compare(t, sums);
        tiles_.add(t, s, size);
    }

    RLHF_NOINLINE void compare(tile& t, piece_totals& sums) const {
        if (t.used == 0) return;
        tiles_.fill(t);
        sums.all.correct += pair_.simplest([&]<class P>(const P& pair) {
            constexpr bool usual = !std::is_same_v<P, Pair>; // usual pairs are worth a loop without masks
            return usual && t.whole() ? rows::template tiled<usual>(pair, t) : rows::template tiled<false>(pair, t);
        });
        for (std::size_t i = 0; i < t.used; ++i) {
            const group& g = t.groups[i];
            const V factor = L::load(g.factor.data());
            for (std::size_t k = 0; k < g.size; ++k) L::store(&t.slope[g.at(k)], L::load(&t.slope[g.at(k)]) * factor);
            sum(t, g, &t.losses[i * width], &t.margins[i * width]);
            sums.all.sequences += static_cast<std::int64_t>(g.used), sums.all.tokens += g.pairs;
        }
        tiles_.write(t);
        count(t, sums);
        t.rows = t.used = 0;
    }

    /// Sums up the losses and the margins of the prompts of a group; 0 in unused lanes.
    RLHF_NOINLINE static void sum(const tile& t, const group& g, double* losses, double* margins) {
        using lane::select;
        const V zero(T(0)), none(tile::no_response);
        const auto best = L::widen(L::load(&t.reward[g.at(0)]));
        typename rows::wide_sum loss, margin;
        for (std::size_t k = 1; k < g.size; ++k) { // the best response has no margin, the worst has no loss
            const V reward = L::load(&t.reward[g.at(k)]), rank_balance = L::load(&t.rank_balance[g.at(k)]);
            loss.add(L::load(&t.loss[g.at(k - 1)]));
            const auto counts = rank_balance > none;
            const auto from = L::widen(g.whole ? reward : select(counts, reward, zero)),
                       times = L::widen(g.whole ? rank_balance : select(counts, rank_balance, zero));
            for (std::size_t w = 0; w < wides; ++w) margin.part[w] = fma(times[w], best[w] - from[w], margin.part[w]);
        }
        constexpr std::size_t step = width / wides;
        for (std::size_t w = 0; w < wides; ++w) {
            D::store(losses + w * step, loss.part[w] / D::load(&g.divisor[w * step]));
            D::store(margins + w * step, margin.part[w]);
        }
    }

    void count(const tile& t, piece_totals& sums) const {
        const std::span losses(t.losses.data(), t.used * width), margins(t.margins.data(), t.used * width);
        if (narrow_sums<2>::usual(losses) && narrow_sums<2>::usual(margins))
            return sums.narrow.add_usual(0, losses), sums.narrow.add_usual(1, margins);
        for (std::size_t i = 0; i < t.used; ++i)
            for (std::size_t lane = 0, at = t.groups[i].at(0); lane < t.groups[i].used; ++lane)
                count(static_cast<std::size_t>(t.groups[i].responses[lane]), &t.reward[at + lane],
                      &t.rank_balance[at + lane], width, losses[i * width + lane], margins[i * width + lane], sums);
    }

    RLHF_NOINLINE void many(std::int64_t s, piece_totals& sums) const {
        typename rows::many m;
        std::array<std::int32_t, static_cast<std::size_t>(most_responses)> place, rank_balance;
        const auto order = ranks_.sort(s, place.data(), rank_balance.data());
        if (order.pairs == 0) return tiles_.none(s);
        m.size = static_cast<std::size_t>(order.size);
        m.rank_balance.fill(tile::no_response);
        const T* row = rewards_.row(s, call_.begin(s));
        real margin = 0.0;
        for (std::size_t k = 0; k < m.size; ++k) {
            m.reward[k] = row[place[k] * rewards_.step], m.rank_balance[k] = static_cast<T>(rank_balance[k]);
            margin = fma(real(rank_balance[k]), real(m.reward[0]) - real(m.reward[k]), margin);
        }
        pair_.simplest([&](const auto& pair) { rows::alone(pair, m); });
        const double by = tiles_.divisor(order), scale = d_rewards_.scale / by;
        write_slopes(call_, d_rewards_, s, place.data(), order.size,
                     [&](std::int64_t k) { return static_cast<T>(scale * m.slope[static_cast<std::size_t>(k)]); });
        sums.all.correct += m.correct, sums.all.sequences += 1, sums.all.tokens += order.pairs;
        count(m.size, m.reward.data(), m.rank_balance.data(), 1, m.loss / by, double(margin), sums);
    }

    void count(std::size_t size, const T* reward, const T* rank_balance, std::size_t step, double loss, double margin,
               piece_totals& sums) const {
        sums.all.loss.add(loss);
        const bool finite = std::abs(loss) + std::abs(margin) < unlimited;
        sums.all.margin.add(finite ? margin : look_closer(size * step, reward, rank_balance, step, sums.all.nonfinite));
    }

    /// Goes pair by pair if something is not finite, and counts the losses that are not finite. Returns the sum of the
    /// margins.
    RLHF_COLD double look_closer(std::size_t end, const T* reward, const T* rank_balance, std::size_t step,
                                 std::int64_t& nonfinite) const {
        double margin = 0;
        for (std::size_t i = 0; i < end; i += step)
            for (std::size_t j = i + step; j < end; j += step) {
                if (!(rank_balance[i] < rank_balance[j])) continue;
                const lane::number<T> better(reward[i]), worse(reward[j]);
                const auto loss = pair_(better, worse, pair_.odds(better, worse)).loss;
                nonfinite += lane::nonfinite(loss) ? 1 : 0;
                margin += static_cast<double>(reward[i]) - static_cast<double>(reward[j]);
            }
        return margin;
    }

    const call& call_;
    const stream<const T>& rewards_;
    const bound_ranks& ranks_;
    const target<T>& d_rewards_;
    const Pair& pair_;
    pair_tiles<T, Arch> tiles_;
};

/// Runs a comparison over all pairs of every prompt of a call. Totals join by +=. A prompt's loss is divided by C(K,
/// 2), or by the number of its pairs that are not tied.
template <class T, class Arch, class Totals, class Pair>
Totals sweep_pairs(const call& c, const stream<const T>& rewards, const bound_ranks& ranks, const target<T>& d_rewards,
                   bool by_all_pairs, const executor& run, const Pair& pair) {
    return pair_sweep<T, Arch, Totals, Pair>(c, rewards, ranks, d_rewards, by_all_pairs, pair)(run);
}

} // namespace RLHF_NAMESPACE::detail
