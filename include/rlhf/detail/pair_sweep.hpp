// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/group_sweep.hpp>

namespace rlhf::inline RLHF_ABI::detail {

struct pair_totals {
    std::int64_t prompts = 0, pairs = 0, correct = 0, nonfinite = 0;
    exact_sum loss, margins;
    pair_totals& operator+=(const pair_totals& o) {
        prompts += o.prompts, pairs += o.pairs, correct += o.correct, nonfinite += o.nonfinite;
        loss += o.loss, margins += o.margins;
        return *this;
    }
    void normalize() { loss.normalize(), margins.normalize(); }
};

/// The sweep over all pairs of every prompt. pair(better, worse) is a formula's comparison_term, of lanes or of numbers.
///
/// The responses of few are laid out one prompt a lane, so that a pair is one comparison of as many prompts; those of
/// many are a prompt of their own, compared one with as many others as there are lanes. Either way rewards are sorted by
/// rank, and a pair counts where the lag of the one is less than that of the other: neither tied nor padding. Lanes do
/// not see each other and the number of responses alone decides, so a prompt's bits are its own.
/// At most `few` terms are added in T, then their sums in double.
template <class T, class Arch, class Pair>
class pair_sweep {
    using L = lanes<T, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    static constexpr auto width = static_cast<std::size_t>(L::width);
    static constexpr std::size_t few = 32, wides = sizeof(double) / sizeof(T) < width ? sizeof(double) / sizeof(T) : 1;

public:
    pair_sweep(const call& c, const stream<const T>& rewards, const bound_ranks& ranks, const target<T>& d_rewards,
               bool by_all_pairs, const Pair& pair)
        : call_(c), rewards_(rewards), ranks_(ranks), d_rewards_(d_rewards), by_all_pairs_(by_all_pairs), pair_(pair) {}

    pair_totals operator()(const executor& run) const {
        shared_totals<pair_totals> found;
        run(static_cast<std::size_t>((call_.size() + piece_prompts - 1) / piece_prompts), [&](std::size_t piece) {
            const auto first = static_cast<std::int64_t>(piece) * piece_prompts;
            pair_totals part;
            prompts(first, std::min(call_.size(), first + piece_prompts), part);
            found.add(part);
        });
        return found.all();
    }

private:
    /// Rows of responses from the best on, with what is found of them.
    template <std::size_t Size>
    struct rows {
        alignas(64) std::array<T, Size> reward, lag, slope; ///< lag −∞: no response
    };
    struct wide_sum {
        std::array<typename D::type, wides> part;
        wide_sum() { part.fill(typename D::type(0.0)); }
        RLHF_FORMULA void add(const V& v) {
            const auto more = L::widen(v);
            for (std::size_t k = 0; k < wides; ++k) part[k] = part[k] + more[k];
        }
        RLHF_FORMULA void store(double* to) const {
            for (std::size_t k = 0; k < wides; ++k) D::store(to + k * (width / wides), part[k]);
        }
    };
    struct tile : rows<few * width> {
        std::size_t size = 0, used = 0; ///< responses of the longest prompt; prompts
        std::array<std::int64_t, width> prompt;
        std::array<bound_ranks::order, width> order;
        std::array<std::array<std::int32_t, few>, width> step;
        alignas(64) std::array<T, width> sizes, factor;
        tile() { this->reward.fill(T(0)), sizes.fill(T(0)), factor.fill(T(0)); }
    };
    struct terms {
        V slope = V(T(0)), loss = V(T(0));
    };

    /// Prompts of one size go side by side, the longest first.
    void prompts(std::int64_t first, std::int64_t last, pair_totals& sums) const {
        std::array<std::int16_t, few + 1> head;
        std::array<std::int16_t, piece_prompts> next;
        head.fill(-1);
        for (std::int64_t s = last; s-- > first;) {
            const auto n = static_cast<std::size_t>(ranks_.counted(s)), k = static_cast<std::size_t>(s - first);
            if (n > few)
                many(s, sums);
            else
                next[k] = head[n], head[n] = static_cast<std::int16_t>(k);
        }
        tile t;
        for (std::size_t n = few + 1; n-- > 0;)
            for (std::int16_t k = head[n]; k >= 0; k = next[static_cast<std::size_t>(k)]) {
                add(t, first + k);
                if (t.used == width) compare(t, sums);
            }
        if (t.used > 0) compare(t, sums);
    }

    void add(tile& t, std::int64_t s) const {
        std::array<std::int32_t, few> lag;
        const std::size_t lane = t.used;
        const auto order =
            plain_ ? bound_ranks::in_order(call_.length(s)) : ranks_.sort(s, t.step[lane].data(), lag.data());
        if (order.pairs == 0) return write_slopes(call_, d_rewards_, s, nullptr, 0, [](std::int64_t) { return T(0); });
        const auto n = static_cast<std::size_t>(order.size);
        if (lane == 0) start(t, n);
        const T* row = rewards_.row(s, call_.begin(s));
        if (plain_)
            for (std::size_t k = 0; k < n; ++k)
                t.reward[k * width + lane] = row[static_cast<std::int64_t>(k) * rewards_.step];
        else
            for (std::size_t k = 0; k < n; ++k) {
                t.reward[k * width + lane] = row[t.step[lane][k] * rewards_.step];
                t.lag[k * width + lane] = static_cast<T>(lag[k]);
            }
        t.prompt[lane] = s, t.order[lane] = order, t.used = lane + 1;
        t.sizes[lane] = static_cast<T>(n), t.factor[lane] = static_cast<T>(d_rewards_.scale / divisor(order));
    }

    void start(tile& t, std::size_t n) const {
        t.size = n;
        L::store(t.sizes.data(), V(T(0)));
        for (std::size_t k = 0; k < n; ++k) L::store(&t.lag[k * width], V(-std::numeric_limits<T>::infinity()));
    }

    /// One response of each lane with those that follow it.
    template <std::size_t Size>
    RLHF_FORMULA static terms follow(const Pair& pair, const V& reward, const V& lag, rows<Size>& r, std::size_t begin,
                                     std::size_t end, std::int64_t& correct) {
        terms all;
        for (std::size_t at = begin * width; at < end * width; at += width) {
            const V other = L::load(&r.reward[at]);
            const auto keep = lag < L::load(&r.lag[at]);
            const auto c = pair(reward, other);
            all.loss = L::add_where(keep, all.loss, c.loss);
            all.slope = L::add_where(keep, all.slope, c.d_chosen);
            L::store(&r.slope[at], L::add_where(keep, L::load(&r.slope[at]), c.d_rejected));
            correct += L::count(keep && reward > other);
        }
        return all;
    }

    RLHF_NOINLINE void compare(tile& t, pair_totals& sums) const {
        using lane::select;
        const Pair pair = pair_;
        const V none(-std::numeric_limits<T>::infinity()), zero(T(0));
        const auto best = L::widen(L::load(&t.reward[0]));
        wide_sum loss, margin;
        for (std::size_t k = 0; k < t.size; ++k) {
            L::store(&t.slope[k * width], zero);
            const V sizes = L::load(t.sizes.data());
            if (plain_)
                L::store(&t.lag[k * width],
                         select(V(static_cast<T>(k)) < sizes, V(static_cast<T>(2 * k + 1)) - sizes, none));
        }
        for (std::size_t k = 0; k < t.size; ++k) {
            const V reward = L::load(&t.reward[k * width]), lag = L::load(&t.lag[k * width]);
            const terms found = follow(pair, reward, lag, t, k + 1, t.size, sums.correct);
            L::store(&t.slope[k * width], (L::load(&t.slope[k * width]) + found.slope) * L::load(t.factor.data()));
            loss.add(found.loss);
            const auto counts = lag > none;
            const auto from_best = L::widen(select(counts, reward, zero)), lags = L::widen(select(counts, lag, zero));
            for (std::size_t w = 0; w < wides; ++w)
                margin.part[w] = margin.part[w] - lags[w] * (from_best[w] - best[w]);
        }
        std::array<double, width> losses, margins;
        loss.store(losses.data()), margin.store(margins.data());
        for (std::size_t lane = 0; lane < t.used; ++lane) {
            write_slopes(call_, d_rewards_, t.prompt[lane], plain_ ? nullptr : t.step[lane].data(), t.order[lane].size,
                         [&](std::int64_t k) { return t.slope[static_cast<std::size_t>(k) * width + lane]; });
            count(t.order[lane], &t.reward[lane], &t.lag[lane], width, losses[lane], margins[lane], sums);
        }
        t.used = 0;
    }

    RLHF_NOINLINE void many(std::int64_t s, pair_totals& sums) const {
        constexpr auto most = static_cast<std::size_t>(group_limit);
        const Pair pair = pair_;
        rows<most> r;
        std::array<std::int32_t, most> step, lag;
        std::array<double, most> slope = {};
        const auto order = ranks_.sort(s, step.data(), lag.data());
        const auto n = static_cast<std::size_t>(order.pairs > 0 ? order.size : 0), end = (n + width - 1) / width;
        std::fill(r.reward.begin(), r.reward.begin() + end * width, T(0));
        std::fill(r.lag.begin(), r.lag.begin() + end * width, -std::numeric_limits<T>::infinity());
        const T* row = rewards_.row(s, call_.begin(s));
        double margin = 0;
        for (std::size_t k = 0; k < n; ++k) {
            r.reward[k] = row[step[k] * rewards_.step], r.lag[k] = static_cast<T>(lag[k]);
            margin -= lag[k] * (static_cast<double>(r.reward[k]) - static_cast<double>(r.reward[0]));
        }
        wide_sum loss;
        for (std::size_t first = 0; first < n; first += few)
            for (std::size_t begin = first / width; begin < end; begin += few) {
                const std::size_t until = std::min(end, begin + few);
                std::fill(&r.slope[begin * width], &r.slope[begin * width] + (until - begin) * width, T(0));
                for (std::size_t k = first; k < std::min(n, first + few); ++k) {
                    const terms found =
                        follow(pair, V(r.reward[k]), V(r.lag[k]), r, std::max(begin, k / width), until, sums.correct);
                    loss.add(found.loss);
                    slope[k] += sum(found.slope);
                }
                for (std::size_t k = begin * width; k < std::min(n, until * width); ++k)
                    slope[k] += static_cast<double>(r.slope[k]);
            }
        const double scale = n > 0 ? d_rewards_.scale / divisor(order) : 0;
        write_slopes(call_, d_rewards_, s, step.data(), static_cast<std::int64_t>(n),
                     [&](std::int64_t k) { return static_cast<T>(scale * slope[static_cast<std::size_t>(k)]); });
        if (n > 0) count(order, r.reward.data(), r.lag.data(), 1, sum(loss), margin, sums);
    }

    static double sum(const V& v) {
        wide_sum s;
        s.add(v);
        return sum(s);
    }
    static double sum(const wide_sum& s) {
        std::array<double, width> x;
        s.store(x.data());
        for (std::size_t half = width / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) x[k] += x[k + half];
        return x[0];
    }

    [[nodiscard]] double divisor(const bound_ranks::order& o) const {
        return static_cast<double>(by_all_pairs_ ? o.size * (o.size - 1) / 2 : o.pairs);
    }

    void count(const bound_ranks::order& order, const T* reward, const T* lag, std::size_t step, double loss,
               double margin, pair_totals& sums) const {
        sums.prompts += 1, sums.pairs += order.pairs;
        sums.loss.add(loss / divisor(order));
        if (!(std::abs(loss) + std::abs(margin) < unlimited))
            margin = look_closer(static_cast<std::size_t>(order.size) * step, reward, lag, step, sums.nonfinite);
        sums.margins.add(margin);
    }

    /// Where something is not finite: pair by pair. Returns the sum of the margins.
    RLHF_COLD double look_closer(std::size_t end, const T* reward, const T* lag, std::size_t step,
                                 std::int64_t& nonfinite) const {
        double margin = 0;
        for (std::size_t i = 0; i < end; i += step)
            for (std::size_t j = i + step; j < end; j += step) {
                if (!(lag[i] < lag[j])) continue;
                nonfinite += std::abs(pair_(reward[i], reward[j]).loss) < std::numeric_limits<T>::infinity() ? 0 : 1;
                margin += static_cast<double>(reward[i]) - static_cast<double>(reward[j]);
            }
        return margin;
    }

    const call& call_;
    const stream<const T>& rewards_;
    const bound_ranks& ranks_;
    const target<T>& d_rewards_;
    bool plain_ = ranks_.plain();
    bool by_all_pairs_; ///< a prompt is divided by C(K, 2), else by its pairs that are not tied
    const Pair& pair_;
};

} // namespace rlhf::inline RLHF_ABI::detail
