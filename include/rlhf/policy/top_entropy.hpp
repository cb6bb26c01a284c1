// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/token_order.hpp>
#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/top_entropy.hpp>
#include <rlhf/results/count.hpp>

namespace rlhf {

struct top_entropy_options {
    double share = 0.2;                   ///< in [0, 1]: keeps this share of the counted tokens, at least one
    std::optional<double> threshold = {}; ///< nats, for the whole step; absent: this batch is the whole step
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct top_entropy_arrays {
    view<const T> entropy = detail::required<T>(); ///< [B, T] nats
    view<T> weights = {};                          ///< [B, T] out: 1 where kept, else 0; may be the memory of entropy
    view<std::uint8_t> keep = {};                  ///< [B, T] out, a mask: 1 where a token counts and is kept
};

/// Sums over the tokens that count; the parts of a step join by +=.
class top_entropy_result {
public:
    counts own;           ///< counted here
    double threshold = 0; ///< nats; 0 if there is no token

    top_entropy_result() = default;
    top_entropy_result(const detail::totals<formula::top_entropy_statistics>& t, double limit)
        : own{static_cast<double>(t.tokens), static_cast<double>(t.sequences)}, threshold(limit), totals_(t) {}

    [[nodiscard]] double kept() const { return static_cast<double>(totals_.kept); } ///< the number of kept tokens
    [[nodiscard]] double mean_entropy() const { return ratio(totals_.entropy.value(), own.tokens); }
    [[nodiscard]] double mean_kept_entropy() const { return ratio(totals_.kept_entropy.value(), kept()); }
    /// Tokens whose entropy is NaN or infinite.
    [[nodiscard]] double nonfinite() const { return static_cast<double>(totals_.nonfinite); }

    /// Joins the parts of a step, which all have one threshold.
    top_entropy_result& operator+=(const top_entropy_result& o) {
        own += o.own, totals_ += o.totals_;
        threshold = threshold > o.threshold ? threshold : o.threshold;
        return *this;
    }

private:
    [[nodiscard]] static double ratio(double sum, double n) { return n > 0 ? sum / n : 0; }
    detail::totals<formula::top_entropy_statistics> totals_;
};

namespace detail {

/// The quantile q of the values, with interpolation between neighbours.
template <class Values>
typename Values::element quantile(const Values& values, double q, const executor& run) {
    using T = typename Values::element;
    const std::int64_t n = count_values(values, run);
    if (n == 0) return 0;
    const auto place = static_cast<double>(formula::quantile_place<real>(q, static_cast<double>(n)));
    const double below = std::floor(place), weight = place - below;
    const auto low = value_at(values, static_cast<std::int64_t>(below), run);
    if (weight == 0) return low.value;
    const auto high = value_at(values, static_cast<std::int64_t>(below) + 1, run);
    return static_cast<T>(static_cast<double>(formula::between<real>(low.value, high.value, weight)));
}

} // namespace detail

/// Finds the tokens with high entropy ("forking tokens"): a mask or weights for a policy loss over these tokens alone.
///
///     threshold = the quantile 1 − share of the counted tokens' entropies
///     w         = 1 where H ≥ threshold, else 0
///
/// The quantile lies at (1 − share)(n − 1) among n numbers in rising order; between two of them it is interpolated, as
/// torch.quantile does. So at least one token is kept. Tokens with equal entropy are kept or dropped together: if many
/// have the threshold, more than `share` is kept. TRL computes the same in floats, over the tokens of one micro-batch
/// on all ranks.
///
/// A micro-batch has another quantile than its step. So make one call for all tokens of the step, or one call to find
/// the threshold and then a call per part that gets it. Ranks gather their entropies first, as in TRL.
///
///     const double threshold = top_entropy(step, {.entropy = all}).threshold;
///     top_entropy(part, {.entropy = some, .weights = w}, {.threshold = threshold});
///
/// With w as `weights` of rlhf::policy_loss, dropped tokens have loss 0, KL included, and still count in every
/// denominator. For KL over all tokens (TRL), multiply the advantages by w instead. With `keep` as the batch's mask,
/// dropped tokens count in no statistic, and the means of sequence_mean_token_mean are over kept tokens. They count in
/// the denominator only if it is the whole step's (`kept.denominator = count(step)`).
///
/// Arrays are [B, T] (or packed [tokens]). Weights and keep are 0 where masked. The bytes of keep lie where the bytes
/// of the batch's mask lie, also with predict_next, and keep may be the mask's memory. A NaN is not kept and does not
/// enter the quantile; with torch.quantile one NaN would drop all tokens. No counted token: threshold 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, share outside [0, 1], a threshold that
/// is NaN or infinite, outputs that overlap another array.
///
/// Source: Wang et al. 2025, arXiv:2506.01939, eq. 4; TRL's top_entropy_quantile has the same quantile.
template <class T = float, class Arch = native>
top_entropy_result top_entropy(const batch& b, const top_entropy_arrays<T>& a, const top_entropy_options& o = {},
                               const executor& run = {}) {
    detail::call c("top_entropy", b);
    detail::check_range(c.function(), "share", o.share, 0, 1);
    if (o.threshold) detail::check_finite<T>(c.function(), "threshold", *o.threshold);
    const std::array in{c.in(a.entropy, "entropy")};
    const std::array targets{c.out(a.weights, "weights", a.entropy.data())};
    const auto keep = c.out(a.keep, "keep", b.mask.data());
    c.done();

    const auto itself = [](lane::number<T> x) { return x; };
    const T threshold =
        o.threshold
            ? T(*o.threshold)
            : detail::quantile(detail::token_values<T, Arch, 1, decltype(itself)>(c, in, itself), 1 - o.share, run);
    const auto t = detail::sweep_tokens<T, Arch>(c, in, targets, run, formula::top_entropy_rule<T>{threshold});
    if (keep && targets[0]) { // perhaps in the memory of entropy
        const auto& w = targets[0].to;
        detail::write_kept<T>(c, {w.data, w.row_stride, w.step}, keep.to, run, [](T x) { return x != T(0); });
    } else if (keep) {
        detail::write_kept<T>(c, in[0], keep.to, run, [threshold](T x) { return x >= threshold; });
    }
    return {t, static_cast<double>(threshold)};
}

} // namespace RLHF_NAMESPACE
