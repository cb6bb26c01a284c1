// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/prompts/prompt_tile.hpp>

namespace RLHF_NAMESPACE::detail {

/// The sweep over all pairs of every prompt. pair(better, worse) is a formula's comparison_term, of lanes or of
/// numbers. Totals have the statistics loss, margin, correct and nonfinite; pairs are their tokens, prompts their
/// sequences.
///
/// Prompts of up to most_in_tile responses stand side by side, one prompt per lane, so that one comparison serves as
/// many prompts. A larger prompt stands alone, and each of its responses is compared with as many others as there are
/// lanes. Either way rewards are sorted by rank. A pair counts where the first has the smaller rank balance,
/// so neither for ties nor for padding. Lanes do not see each other, and the number of responses alone
/// chooses the way, so the bits of a prompt do not depend on other prompts. At most most_in_tile terms are added in T,
/// then their sums in double (DESIGN.md, D22).
template <class T, class Arch, class Totals, class Pair>
class pair_sweep {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    using tile = prompt_tile<T, Arch>;
    static constexpr std::size_t width = tile::width, most_in_tile = tile::most_in_tile;
    static constexpr std::size_t wides = std::tuple_size_v<decltype(L::widen(V()))>;
    /// A prompt that stands alone is summed in this many registers side by side, so in lanes whose number does not
    /// depend on the instruction set.
    static constexpr std::size_t side_by_side = static_cast<std::size_t>(sum_lanes<T>) / width;

public:
    pair_sweep(const call& c, const stream<const T>& rewards, const bound_ranks& ranks, const target<T>& d_rewards,
               bool by_all_pairs, const Pair& pair)
        : call_(c), rewards_(rewards), ranks_(ranks), d_rewards_(d_rewards), pair_(pair),
          tiles_(c, rewards, ranks, d_rewards, by_all_pairs) {}

    Totals operator()(const executor& run) const {
        const std::int64_t pieces = (call_.size() + piece_prompts - 1) / piece_prompts;
        return sum_pieces<Totals>(run, pieces, [&](std::int64_t piece, Totals& totals) {
            const std::int64_t first = piece * piece_prompts;
            running_totals part{totals};
            prompts(first, (std::min)(call_.size(), first + piece_prompts), part);
            part.narrow.flush(0, totals.loss), part.narrow.flush(1, totals.margin);
        });
    }

private:
    /// The totals of a piece of work, while it goes on.
    struct running_totals {
        Totals& all;
        narrow_sums<2> narrow = {}; ///< losses, margins
    };
    static_assert(piece_prompts <= narrow_sums<2>::capacity * 16);

    /// Sums of the lanes of a register, in double.
    struct wide_sum {
        std::array<typename D::type, wides> part;
        wide_sum() { part.fill(typename D::type(0.0)); }
        RLHF_FORMULA void add(const V& v) {
            const auto more = L::widen(v);
            for (std::size_t k = 0; k < wides; ++k) part[k] = part[k] + more[k];
        }
        [[nodiscard]] std::array<double, width> lanes() const {
            std::array<double, width> x;
            for (std::size_t k = 0; k < wides; ++k) D::store(&x[k * (width / wides)], part[k]);
            return x;
        }
    };
    /// The sum of all lanes of registers side by side.
    static double all(const std::array<wide_sum, side_by_side>& sums) {
        std::array<double, side_by_side * width> x;
        for (std::size_t r = 0; r < side_by_side; ++r) std::ranges::copy(sums[r].lanes(), &x[r * width]);
        for (std::size_t half = x.size() / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] += x[k + half];
        return x[0];
    }
    template <std::size_t Registers>
    struct terms {
        std::array<V, Registers> slope, loss;
        terms() { slope.fill(V(T(0))), loss.fill(V(T(0))); }
    };

    /// Sweeps prompts. Prompts of one size go side by side, the longest first.
    void prompts(std::int64_t first, std::int64_t last, running_totals& sums) const {
        tile t;
        if (ranks_.plain() && !call_.batch().packed()) { // all are of one size
            for (std::int64_t s = first; s < last; ++s) one(t, s, call_.length(s), sums);
            return compare(t, sums);
        }
        std::array<std::int16_t, most_in_tile + 2>
            head; // of lists of prompts by size; the last list: more than most_in_tile
        std::array<std::int16_t, piece_prompts> next;
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
    void one(tile& t, std::int64_t s, std::int64_t size, running_totals& sums) const {
        if (size > static_cast<std::int64_t>(most_in_tile)) return many(s, sums);
        tiles_.add(t, s, size);
        if (t.used == width) compare(t, sums);
    }

    /// Compares one response of each lane with those at [begin, end), so many registers at a time.
    template <std::size_t Registers>
    RLHF_FORMULA static terms<Registers> follow(const Pair& pair, const V& reward, const V& rank_balance,
                                                const T* rewards, const T* rank_balances, T* slopes, std::size_t begin,
                                                std::size_t end, std::int64_t& correct) {
        terms<Registers> all;
        for (std::size_t at = begin; at < end; at += Registers * width)
            by_turns<Registers>([&](std::size_t r) RLHF_INLINE {
                const std::size_t here = at + r * width;
                const V other = L::load(rewards + here);
                const auto keep = rank_balance < L::load(rank_balances + here);
                const auto c = pair(reward, other);
                all.loss[r] = L::add_where(keep, all.loss[r], c.loss);
                all.slope[r] = L::add_where(keep, all.slope[r], c.d_chosen);
                L::store(slopes + here, L::add_where(keep, L::load(slopes + here), c.d_rejected));
                correct += L::count(keep && reward > other);
            });
        return all;
    }

    RLHF_NOINLINE void compare(tile& t, running_totals& sums) const {
        using lane::select;
        if (t.used == 0) return;
        const Pair pair = pair_;
        const V zero(T(0)), none(tile::no_response);
        tiles_.fill(t);
        alignas(64) std::array<T, width> factor;
        for (std::size_t lane = 0; lane < width; ++lane)
            factor[lane] = static_cast<T>(d_rewards_.scale / t.divisor[lane]);
        for (std::size_t k = 0; k < t.size; ++k) L::store(&t.slope[k * width], zero);
        const auto best = L::widen(L::load(t.reward.data()));
        wide_sum loss, margin;
        std::int64_t correct = 0;
        for (std::size_t k = 0; k < t.size; ++k) {
            const V reward = L::load(&t.reward[k * width]), rank_balance = L::load(&t.rank_balance[k * width]);
            const auto found = follow<1>(pair, reward, rank_balance, t.reward.data(), t.rank_balance.data(),
                                         t.slope.data(), (k + 1) * width, t.size * width, correct);
            L::store(&t.slope[k * width], (L::load(&t.slope[k * width]) + found.slope[0]) * L::load(factor.data()));
            loss.add(found.loss[0]);
            const auto counts = rank_balance > none;
            const auto from = L::widen(select(counts, reward, zero)),
                       times = L::widen(select(counts, rank_balance, zero));
            for (std::size_t w = 0; w < wides; ++w) margin.part[w] = fma(times[w], best[w] - from[w], margin.part[w]);
        }
        tiles_.write(t);
        sums.all.correct += correct, sums.all.sequences += static_cast<std::int64_t>(t.used);
        for (std::size_t lane = 0; lane < t.used; ++lane) sums.all.tokens += t.pairs[lane];
        count(t, loss.lanes(), margin.lanes(), sums);
        t.used = 0;
    }

    void count(const tile& t, std::array<double, width> losses, const std::array<double, width>& margins,
               running_totals& sums) const {
        bool finite = true; // lanes without a prompt hold 0; if not, the slow way follows
        for (std::size_t lane = 0; lane < width; ++lane) {
            losses[lane] /= t.divisor[lane];
            finite &= std::abs(losses[lane]) + std::abs(margins[lane]) < unlimited;
        }
        if (finite) {
            if (!sums.narrow.add(0, losses)) sums.all.loss.add(losses);
            if (!sums.narrow.add(1, margins)) sums.all.margin.add(margins);
            return;
        }
        for (std::size_t lane = 0; lane < t.used; ++lane)
            count(static_cast<std::size_t>(t.responses[lane]), &t.reward[lane], &t.rank_balance[lane], width,
                  losses[lane], margins[lane], sums);
    }

    RLHF_NOINLINE void many(std::int64_t s, running_totals& sums) const {
        constexpr auto most = static_cast<std::size_t>(most_responses);
        const Pair pair = pair_;
        alignas(64) std::array<T, most> reward = {}, rank_balances, slopes;
        std::array<std::int32_t, most> place, rank_balance;
        std::array<double, most> slope = {};
        const auto order = ranks_.sort(s, place.data(), rank_balance.data());
        if (order.pairs == 0) return tiles_.none(s);
        constexpr std::size_t lanes = side_by_side * width;
        const auto n = static_cast<std::size_t>(order.size), end = (n + lanes - 1) / lanes * lanes;
        rank_balances.fill(tile::no_response);
        const T* row = rewards_.row(s, call_.begin(s));
        real margin = 0.0;
        for (std::size_t k = 0; k < n; ++k) {
            reward[k] = row[place[k] * rewards_.step], rank_balances[k] = static_cast<T>(rank_balance[k]);
            margin = fma(real(rank_balance[k]), real(reward[0]) - real(reward[k]), margin);
        }
        std::array<wide_sum, side_by_side> loss;
        for (std::size_t first = 0; first < n; first += most_in_tile)
            for (std::size_t begin = first / lanes * lanes; begin < end; begin += most_in_tile * lanes) {
                const std::size_t until = (std::min)(end, begin + most_in_tile * lanes);
                std::fill(&slopes[begin], &slopes[begin] + (until - begin), T(0));
                for (std::size_t k = first; k < (std::min)(n, first + most_in_tile); ++k) {
                    const auto found = follow<side_by_side>(
                        pair, V(reward[k]), V(rank_balances[k]), reward.data(), rank_balances.data(), slopes.data(),
                        (std::max)(begin, k / lanes * lanes), until, sums.all.correct);
                    std::array<wide_sum, side_by_side> own;
                    for (std::size_t r = 0; r < side_by_side; ++r)
                        loss[r].add(found.loss[r]), own[r].add(found.slope[r]);
                    slope[k] += all(own);
                }
                for (std::size_t k = begin; k < (std::min)(n, until); ++k) slope[k] += static_cast<double>(slopes[k]);
            }
        const double by = tiles_.divisor(order), scale = d_rewards_.scale / by;
        write_slopes(call_, d_rewards_, s, place.data(), static_cast<std::int64_t>(n),
                     [&](std::int64_t k) { return static_cast<T>(scale * slope[static_cast<std::size_t>(k)]); });
        sums.all.sequences += 1, sums.all.tokens += order.pairs;
        count(n, reward.data(), rank_balances.data(), 1, all(loss) / by, double(margin), sums);
    }

    void count(std::size_t size, const T* reward, const T* rank_balance, std::size_t step, double loss, double margin,
               running_totals& sums) const {
        sums.all.loss.add(loss);
        const bool finite = std::abs(loss) + std::abs(margin) < unlimited;
        sums.all.margin.add(finite ? margin : look_closer(size * step, reward, rank_balance, step, sums.all.nonfinite));
    }

    /// Goes pair by pair where something is not finite: counts the losses that are not. Returns the sum of the margins.
    RLHF_COLD double look_closer(std::size_t end, const T* reward, const T* rank_balance, std::size_t step,
                                 std::int64_t& nonfinite) const {
        double margin = 0;
        for (std::size_t i = 0; i < end; i += step)
            for (std::size_t j = i + step; j < end; j += step) {
                if (!(rank_balance[i] < rank_balance[j])) continue;
                nonfinite += std::abs(pair_(reward[i], reward[j]).loss) < std::numeric_limits<T>::infinity() ? 0 : 1;
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
