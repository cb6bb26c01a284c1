// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/comparison.hpp>
#include <rlhf/detail/group_sweep.hpp>
#include <rlhf/formula/bradley_terry.hpp>

namespace rlhf {

/// What the pairs of a prompt are divided by when some are tied, and so dropped.
enum class tie_divisor {
    kept_pairs, ///< the pairs compared
    all_pairs,  ///< C(K, 2)
};

struct ranking_loss_options {
    double margin = 0;
    double label_smoothing = 0; ///< ε in [0, ½]
    double center_coef = 0;     ///< κ · mean over the pairs of (rᵢ + rⱼ)²
    rlhf::tie_divisor ties = rlhf::tie_divisor::kept_pairs;
};

} // namespace rlhf

namespace rlhf::inline RLHF_ABI {

/// A batch of prompts: sequences are prompts, steps are their responses; K may differ, by offsets or by the mask.
template <class T>
struct ranking_loss_arrays {
    view<const T> rewards = detail::required<T>(); ///< [prompts, K] one each
    index_view ranks = {};                         ///< [prompts, K] 1 = best, equal = tie; absent: listed best first
    gradient<T> d_rewards = {};                    ///< [prompts, K] ∂loss/∂rewards
};

/// own.tokens: pairs compared; own.sequences: prompts with a pair.
using ranking_loss_result = comparison_sums;

namespace detail {
/// Pairs of a group that are not tied. Ranks are in order, so a run of equal ones is a tie.
inline std::int64_t kept_pairs(const group& g) {
    std::int64_t kept = g.size * (g.size - 1) / 2;
    for (std::int64_t first = 0, k = 1; k <= g.size; ++k) {
        if (k < g.size && g.rank[static_cast<std::size_t>(k)] == g.rank[static_cast<std::size_t>(first)]) continue;
        kept -= (k - first) * (k - first - 1) / 2;
        first = k;
    }
    return kept;
}

struct ranking_totals {
    std::int64_t prompts = 0, pairs = 0, correct = 0, nonfinite = 0;
    exact_sum loss, margins;
    ranking_totals& operator+=(const ranking_totals& o) {
        prompts += o.prompts, pairs += o.pairs, correct += o.correct, nonfinite += o.nonfinite;
        loss += o.loss, margins += o.margins;
        return *this;
    }
    void normalize() { loss.normalize(), margins.normalize(); }
};

/// Pairs wait until a whole number of registers is full, and are then compared in lanes.
template <class T, class Arch>
class pair_buffer {
    using L = lanes<T, Arch>;
    static constexpr std::size_t room = 64;

public:
    pair_buffer(group& g, const ranking_loss_options& o) : g_(g), o_(o) {}

    void add(std::size_t better, std::size_t worse, ranking_totals& t) {
        better_[used_] = better, worse_[used_] = worse;
        chosen_[used_] = static_cast<T>(g_.reward[better]), rejected_[used_] = static_cast<T>(g_.reward[worse]);
        t.correct += g_.reward[better] > g_.reward[worse] ? 1 : 0;
        margin_ += g_.reward[better] - g_.reward[worse];
        if (++used_ == room) flush(t);
    }

    /// Compares what waits. The empty places hold old pairs or zeros, and are not read back.
    void flush(ranking_totals& t) {
        using V = typename L::type;
        for (std::size_t i = 0; i < used_; i += static_cast<std::size_t>(L::width)) {
            const auto c = formula::bradley_terry(L::load(&chosen_[i]), L::load(&rejected_[i]), V(T(o_.margin)),
                                                  V(T(o_.label_smoothing)), V(T(o_.center_coef)));
            L::store(&loss_[i], c.loss);
            L::store(&d_chosen_[i], c.d_chosen);
            L::store(&d_rejected_[i], c.d_rejected);
        }
        for (std::size_t i = 0; i < used_; ++i) {
            sum_ += static_cast<double>(loss_[i]);
            t.nonfinite += std::abs(loss_[i]) < std::numeric_limits<T>::infinity() ? 0 : 1;
            g_.slope[better_[i]] += static_cast<double>(d_chosen_[i]);
            g_.slope[worse_[i]] += static_cast<double>(d_rejected_[i]);
        }
        used_ = 0;
    }

    [[nodiscard]] double loss() const { return sum_; }
    [[nodiscard]] double margin() const { return margin_; }

private:
    group& g_;
    const ranking_loss_options& o_;
    std::size_t used_ = 0;
    double sum_ = 0, margin_ = 0;
    std::array<std::size_t, room> better_, worse_;
    alignas(64) std::array<T, room> chosen_ = {}, rejected_ = {}, loss_, d_chosen_, d_rejected_;
};

template <class T, class Arch>
struct ranking_kernel {
    const ranking_loss_options& o;

    void operator()(group& g, ranking_totals& t) const {
        const std::int64_t kept = kept_pairs(g);
        if (kept == 0) return;
        const double divisor =
            static_cast<double>(o.ties == tie_divisor::kept_pairs ? kept : g.size * (g.size - 1) / 2);
        pair_buffer<T, Arch> pairs(g, o);
        const auto n = static_cast<std::size_t>(g.size);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j)
                if (g.rank[i] != g.rank[j]) pairs.add(i, j, t);
        pairs.flush(t);
        for (std::size_t k = 0; k < n; ++k) g.slope[k] /= divisor;
        t.prompts += 1, t.pairs += kept;
        t.loss.add(pairs.loss() / divisor);
        t.margins.add(pairs.margin());
    }
};
} // namespace detail

/// Prompts that have a pair to compare (.sequences) and those pairs (.tokens): the denominator of a whole step.
[[nodiscard]] inline counts count_pairs(const batch& b, const index_view& ranks = {}) {
    detail::call c("count_pairs", b);
    const detail::bound_ranks bound(c, ranks, "ranks");
    detail::check_groups(c);
    const float zero = 0;
    const auto t = detail::sweep_groups<float, detail::ranking_totals>(
        c, detail::stream<const float>{&zero, 0, 0}, bound, {}, {}, [](detail::group& g, detail::ranking_totals& sums) {
            const std::int64_t kept = detail::kept_pairs(g);
            sums.prompts += kept > 0 ? 1 : 0, sums.pairs += kept;
        });
    return {static_cast<double>(t.pairs), static_cast<double>(t.prompts)};
}

/// The loss of InstructGPT's reward model: all pairs of a prompt's K ranked responses are one element of the batch, each
/// with weight 1 / C(K, 2), and every response is scored once.
///
///     l(prompt) = 1 / C(K, 2) · Σ_{i ≻ j} −log σ(rᵢ − rⱼ − margin)           with label smoothing and centring as in
///     loss      = Σ l / denominator.sequences                                 formula::bradley_terry
///     ∂l/∂rₖ    = 1 / C(K, 2) · (Σ_{i ≻ k} σ(rₖ − rᵢ) − Σ_{k ≻ j} σ(rⱼ − rₖ))
///
/// rewards and ranks are [prompts, K] (or packed), ranks int32 or int64, smaller is better. Tied pairs are dropped; the
/// paper does not say what a prompt is then divided by, so `ties` does. A prompt without a pair adds 0 and is not
/// counted. K is at most 1024. Pairs add in the order of the ranks, in double. The denominator of a step that is cut
/// into parts is rlhf::count_pairs of the whole.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, predict_next, a
/// gradient that overlaps the rewards, more prompts than the denominator.
///
/// Source: Ouyang et al. 2022, arXiv:2203.02155, eq. 1 and appendix C.2.
template <class T = float, class Arch = native>
ranking_loss_result ranking_loss(const batch& b, const ranking_loss_arrays<T>& a, const ranking_loss_options& o = {},
                                 const executor& run = {}) {
    detail::call c("ranking_loss", b);
    detail::check_finite(c.function(), "margin", o.margin);
    detail::check_range(c.function(), "label_smoothing", o.label_smoothing, 0, 0.5);
    detail::check_range(c.function(), "center_coef", o.center_coef, 0, std::numeric_limits<double>::max());
    const auto rewards = c.in(a.rewards, "rewards");
    const detail::bound_ranks ranks(c, a.ranks, "ranks");
    auto d_rewards = c.out(a.d_rewards, "d_rewards");
    detail::check_groups(c);
    const detail::normalization n(c, count_pairs(b, a.ranks), aggregation::sequence_mean_token_sum);
    c.done();

    const auto t = detail::sweep_groups<T, detail::ranking_totals>(c, rewards, ranks, n.scaled(d_rewards), run,
                                                                   detail::ranking_kernel<T, Arch>{o});
    return {n.sums(t.loss), t.pairs, t.correct, t.margins, t.nonfinite};
}

} // namespace rlhf::inline RLHF_ABI
