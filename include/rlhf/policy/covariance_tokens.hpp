// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/token_order.hpp>
#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/covariance_tokens.hpp>
#include <rlhf/formula/surrogate.hpp>
#include <rlhf/results/count.hpp>

namespace rlhf {

/// What the tokens of a whole step decide together. Its parts need it to pick as the whole step does.
struct covariance_cut {
    double mean_advantage = 0, mean_log_prob = 0;
    /// The key of the last token that is picked or, without keys, its covariance. No token is picked if this is −∞ with
    /// keys, or ∞ without keys.
    double last = unlimited;
};

struct covariance_tokens_options {
    double share = 0.0002;                      ///< in [0, 1]: the share of counted tokens to pick, at least one token
    double low = -unlimited;                    ///< picks only tokens with cov > low
    double high = unlimited;                    ///< picks only tokens with cov < high
    std::optional<ratio_range> clip_range = {}; ///< picks only tokens that ppo_clip does not clip
    std::optional<covariance_cut> cut = {};     ///< the cut of the whole step; absent: this batch is the whole step
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct covariance_tokens_arrays {
    view<const T> log_probs = detail::required<T>();  ///< [B, T] log π, nats
    view<const T> old_log_probs = {};                 ///< [B, T] log π_old, nats; for clip_range and anchors
    view<const T> advantages = detail::required<T>(); ///< [B, T], or per_sequence [B]
    view<const T> keys = {};                          ///< [B, T] random; absent: the largest covariances are picked
    view<T> weights = {};                             ///< [B, T] out: 0 where picked, else 1
    view<T> anchors = {};                             ///< [B, T] out: log π_old where picked, else log π
};

/// The parts of a step join by +=.
struct covariance_tokens_result {
    counts own; ///< counted here
    double picked = 0;
    covariance_cut cut; ///< the cut of the options, or the cut of this batch

    covariance_tokens_result& operator+=(const covariance_tokens_result& o) {
        if (own.tokens == 0) cut = o.cut;
        own += o.own, picked += o.picked;
        return *this;
    }
};

namespace detail {

/// The means of a batch's advantages and log-probs.
template <class T, class Arch>
covariance_cut covariance_means_of(const call& c, const stream<const T>& advantages, const stream<const T>& log_probs,
                                   const executor& run) {
    const auto t = sweep_tokens<T, Arch>(c, std::array{advantages, log_probs}, std::array<target<T>, 0>(), run,
                                         formula::covariance_mean_term());
    const double n = t.tokens > 0 ? static_cast<double>(t.tokens) : 1;
    return {t.advantage.value() / n, t.log_prob.value() / n};
}

/// The order in which candidates are picked: by rising keys, or by falling covariance. NaN is not a candidate.
template <class T>
struct pick_order {
    formula::token_covariance<T> covariance;
    bool by_key;

    lane::number<T> operator()(lane::number<T> advantage, lane::number<T> log_prob, lane::number<T> old_log_prob,
                               lane::number<T> key) const {
        const auto cov = covariance(advantage, log_prob, old_log_prob);
        return !by_key ? -cov : cov == cov ? key : cov;
    }
};

/// The last candidate that is picked, and how many of the candidates that equal it are picked.
template <class T>
struct last_picked {
    T value = T(-unlimited);
    std::int64_t equal = 0;
};

/// Finds the last of the first `wanted` candidates. `wanted` is rounded down, but to at least 1.
template <class Values>
last_picked<typename Values::element> find_last(const Values& values, double wanted, const executor& run) {
    const std::int64_t whole = std::max<std::int64_t>(static_cast<std::int64_t>(std::floor(wanted)), 1);
    const std::int64_t most = (std::min)(whole, count_values(values, run));
    if (most == 0) return {};
    const auto last = value_at(values, most - 1, run);
    return {last.value, most - last.smaller};
}

/// Calls pick(s, t) for the candidates up to the last one. Equal candidates come in the order of the tokens.
template <class Values, class Pick>
std::int64_t pick_tokens(const Values& values, last_picked<typename Values::element> last, Pick&& pick) {
    std::int64_t n = 0;
    for (std::int64_t s = 0; s < values.of().size(); ++s)
        values.each(s, [&](std::int64_t t, auto x) {
            if (x > last.value || (x == last.value && last.equal == 0)) return;
            if (x == last.value) --last.equal;
            pick(s, t), ++n;
        });
    return n;
}

/// Writes 1 as weight and log π as anchor to the tokens that count, and 0 elsewhere.
template <class T>
void write_unpicked(const call& c, const stream<const T>& log_probs, const target<T>& weights,
                    const target<T>& anchors) {
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const sequence_mask mask = c.mask(s);
        const std::int64_t begin = c.begin(s);
        const T* const from = log_probs.row(s, begin);
        for (std::int64_t t = 0; t < c.length(s); ++t) {
            const bool counts = t < mask.length && mask[t];
            if (weights) weights.to.row(s, begin)[t * weights.to.step] = counts ? T(1) : T(0);
            if (anchors) anchors.to.row(s, begin)[t * anchors.to.step] = counts ? from[t * log_probs.step] : T(0);
        }
    }
}

inline void check_options(const char* f, const covariance_tokens_options& o, bool old, bool keys) {
    check_range(f, "share", o.share, 0, 1);
    if (!(o.low < o.high)) fail(f, "low is %g and high is %g, expected low < high", o.low, o.high);
    if (o.clip_range) {
        check_range(f, "clip_range.low", o.clip_range->low, 0, 1);
        check_range(f, "clip_range.high", o.clip_range->high, 0, unlimited);
        if (!old) fail(f, "clip_range needs old_log_probs");
    }
    if (o.cut && !keys && o.cut->last != o.cut->last) fail(f, "cut.last is nan, expected a number");
}

} // namespace detail

/// Picks the tokens whose update lowers the entropy of the policy most, for Clip-Cov and KL-Cov.
///
///     cov    = (Â − mean Â)(log π − mean log π)         over the tokens that count
///     picked : max(1, ⌊share · n⌋) of the candidates, with the smallest keys or, without keys, with the largest
///              cov; among equal ones the first by sequence and step
///
/// Clip-Cov: the picked tokens have no gradient. `keys` are random numbers, drawn by the caller, one per token.
///
///     covariance_tokens(batch, {.log_probs = p, .old_log_probs = old, .advantages = a, .keys = random, .weights = w},
///                       {.share = 0.0002, .low = 1, .high = 5, .clip_range = 0.2});
///     policy_loss(batch, {.log_probs = p, .old_log_probs = old, .advantages = a, .weights = w, .d_log_probs = d},
///                 ppo_clip{.range = 0.2});
///
/// KL-Cov: the picked tokens have coef · |log π − log π_old| in their loss, and no token is clipped. The anchors are
/// the reference of that KL. At other tokens they are log π itself, so that the KL and its slope are 0.
///
///     covariance_tokens(batch, {.log_probs = p, .old_log_probs = old, .advantages = a, .anchors = anchors});
///     policy_loss(batch, {.log_probs = p, .old_log_probs = old, .ref_log_probs = anchors, .advantages = a,
///                         .d_log_probs = d},
///                 ppo_clip{.range = {1, unlimited}}, {.kl_coef = 1, .kl_estimator = kl_estimator::abs});
///
///     | trainer         | Clip-Cov: share, low, high | KL-Cov: share, coef    |
///     |---|---|---|
///     | verl            | 0.0002, 1, 5               | 0.0002, 0.1 (config)   |
///     | SkyRL           | 0.0002, 1, 5               | 0.2, 1                 |
///
/// SkyRL first divides the advantages by the number of tokens n, and its KL is a sum. To reproduce it, multiply low,
/// high and coef of the table by n. Both trainers pick in each micro-batch on its own, as a call per micro-batch does.
/// To pick over the whole step, make one call for the step, or pass the `cut` of the step to a call per part. With a
/// cut, all tokens up to cut.last are picked, even if several are equal.
///
/// Arrays are [B, T] (or packed [tokens]); advantages may be rlhf::per_sequence. Outputs are 0 where masked. A token
/// with a NaN key is not picked. A NaN advantage or log-probability makes the means NaN, and then no token is picked.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, clip_range or
/// anchors without old_log_probs, outputs that overlap another array.
///
/// Source: Cui et al. 2025, arXiv:2505.22617, eq. 10 to 12; the table is from the trainers' code.
template <class T = float, class Arch = native>
covariance_tokens_result covariance_tokens(const batch& b, const covariance_tokens_arrays<T>& a,
                                           const covariance_tokens_options& o = {}, const executor& run = {}) {
    detail::call c("covariance_tokens", b);
    static constexpr T none = 0;
    const detail::stream<const T> zero{&none, 0, 0};
    const auto log_probs = c.in(a.log_probs, "log_probs"), old = c.optional(a.old_log_probs, "old_log_probs");
    const auto advantages = c.in(a.advantages, "advantages"), keys = c.optional(a.keys, "keys");
    const auto weights = c.out(a.weights, "weights"), anchors = c.out(a.anchors, "anchors");
    const bool empty = c.tokens() == 0;
    detail::check_options(c.function(), o, old || empty, bool(keys));
    if (anchors && !old && !empty) detail::fail(c.function(), "anchors needs old_log_probs");
    c.done();

    covariance_tokens_result r;
    r.own = count(b);
    r.cut = o.cut ? *o.cut : detail::covariance_means_of<T, Arch>(c, advantages, log_probs, run);
    const ratio_range clip = o.clip_range.value_or(ratio_range(1, unlimited));
    const detail::pick_order<T> order{
        {T(r.cut.mean_advantage), T(r.cut.mean_log_prob), T(o.low), T(o.high), T(1 - clip.low), T(1 + clip.high)},
        bool(keys)};
    const detail::token_values<T, Arch, 4, detail::pick_order<T>> values(
        c, {advantages, log_probs, o.clip_range ? old : log_probs, keys ? keys : zero}, order);

    detail::last_picked<T> last{keys ? T(r.cut.last) : -T(r.cut.last), c.tokens()};
    if (!o.cut) {
        last = detail::find_last(values, o.share * r.own.tokens, run);
        r.cut.last = static_cast<double>(keys ? last.value : -last.value);
    }
    detail::write_unpicked(c, log_probs, weights, anchors);
    r.picked = static_cast<double>(detail::pick_tokens(values, last, [&](std::int64_t s, std::int64_t t) {
        const std::int64_t begin = c.begin(s);
        if (weights) weights.to.row(s, begin)[t * weights.to.step] = 0;
        if (anchors) anchors.to.row(s, begin)[t * anchors.to.step] = old.row(s, begin)[t * old.step];
    }));
    return r;
}

} // namespace RLHF_NAMESPACE
