// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/sequence_sweep.hpp>
#include <rlhf/engine/sequences/token_order.hpp>
#include <rlhf/formula/importance_weights.hpp>

namespace rlhf {

struct importance_weights_options {
    rlhf::importance_level level = rlhf::importance_level::token;
    importance_range range = unlimited;                   ///< bounds of a weight: 0 ≤ low ≤ high
    rlhf::importance beyond = rlhf::importance::truncate; ///< what becomes of a weight beyond its range
    importance_range sequence_mean = unlimited;           ///< drops a sequence whose e^(mean ρ) is outside
    importance_range sequence_product = unlimited;        ///< drops a sequence whose e^(Σ ρ) is outside
    importance_range every_token = unlimited;             ///< drops a sequence if e^ρ of one of its tokens is outside
    importance_unit unit = importance_unit::sequence; ///< what a sequence is, in `level`, these ranges and drift_limit
    double drift_limit = unlimited; ///< ≥ 0: drops tokens with Â < 0 if mean(−ρ) of their sequence is larger
    double probability_limit = unlimited;   ///< > 0: drops a token if |π − μ| is larger
    double binary_kl_limit = unlimited;     ///< > 0: drops a token if one of its two binary KLs is larger (KPop)
    double second_moment_limit = unlimited; ///< > 0: drops the largest |ρ| until mean(ρ²) of the rest is less (M2PO)
    double log_ratio_limit = unlimited;     ///< ≥ 0: drops a token if |ρ| is larger
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct importance_weights_arrays {
    view<const T> log_probs = detail::required<T>();          ///< [B, T] log π of the policy that learns, nats
    view<const T> behavior_log_probs = detail::required<T>(); ///< [B, T] log μ of the policy that sampled, nats
    view<const T> advantages = {};                            ///< [B, T], or per_sequence [B]; for drift_limit
    view<T> weights = detail::required_output<T>();           ///< [B, T] out; may lie on either array of log-probs
    view<std::uint8_t> keep = {}; ///< [B, T] out, a mask: 1 where a token counts and its weight is not 0
};

/// Sums over the tokens that count; the parts of a step join by +=.
class importance_weights_result {
public:
    counts own;                         ///< counted here
    double log_ratio_limit = unlimited; ///< the option, or the bound that second_moment_limit finds; += keeps the first

    importance_weights_result() = default;
    importance_weights_result(const detail::totals<formula::importance_statistics>& t, double limit)
        : own{static_cast<double>(t.tokens), static_cast<double>(t.sequences)}, log_ratio_limit(limit), totals_(t) {}

    /// mean(w)
    [[nodiscard]] double mean_weight() const { return per_token(totals_.weight.sum.value()); }
    /// The largest ratio, before it is truncated to its range.
    [[nodiscard]] double max_ratio() const { return totals_.largest.value > 0 ? totals_.largest.value : 0; }
    /// (Σw)² / (n Σw²), at most 1 up to roundings: the effective share of the tokens.
    [[nodiscard]] double effective_sample_size() const { return totals_.weight.evenness(own.tokens); }
    /// mean(log μ − log π): an estimate of KL(μ ‖ π).
    [[nodiscard]] double approx_kl() const { return -per_token(totals_.log_weight.value()); }
    /// The share of tokens whose ratio is below the range.
    [[nodiscard]] double below_fraction() const { return per_token(static_cast<double>(totals_.below)); }
    /// The share of tokens whose ratio is above the range.
    [[nodiscard]] double above_fraction() const { return per_token(static_cast<double>(totals_.above)); }
    /// The share of tokens whose weight is 0.
    [[nodiscard]] double dropped_fraction() const { return per_token(static_cast<double>(totals_.dropped)); }
    /// Tokens whose weight is NaN or infinite.
    [[nodiscard]] double nonfinite() const { return static_cast<double>(totals_.nonfinite); }

    importance_weights_result& operator+=(const importance_weights_result& o) {
        if (own.tokens == 0) log_ratio_limit = o.log_ratio_limit;
        own += o.own, totals_ += o.totals_;
        return *this;
    }

private:
    [[nodiscard]] double per_token(double sum) const { return own.tokens > 0 ? sum / own.tokens : 0; }
    detail::totals<formula::importance_statistics> totals_;
};

namespace detail {

/// True if the tokens of a sequence decide together.
inline bool looks_at_sequences(const importance_weights_options& o) {
    return o.level == importance_level::sequence_mean || o.level == importance_level::sequence_product ||
           o.sequence_mean.limits() || o.sequence_product.limits() || o.every_token.limits() ||
           o.drift_limit < unlimited;
}

/// |log π − log μ|
struct log_ratio_size {
    template <class V>
    V operator()(V log_prob, V behavior) const {
        return abs(log_prob - behavior);
    }
};

template <class T>
void check_options(const char* f, const importance_weights_options& o, bool advantages) {
    const auto check = [&](const char* name, const importance_range& r) {
        if (!(r.low >= 0 && r.low <= r.high)) fail(f, "%s is [%g, %g], expected 0 <= low <= high", name, r.low, r.high);
    };
    check("range", o.range), check("sequence_mean", o.sequence_mean);
    check("sequence_product", o.sequence_product), check("every_token", o.every_token);
    if (!(o.drift_limit >= 0)) fail(f, "drift_limit is %g, expected at least 0", o.drift_limit);
    check_positive<T>(f, "probability_limit", o.probability_limit);
    check_positive<T>(f, "binary_kl_limit", o.binary_kl_limit);
    check_positive<T>(f, "second_moment_limit", o.second_moment_limit);
    if (!(o.log_ratio_limit >= 0)) fail(f, "log_ratio_limit is %g, expected at least 0", o.log_ratio_limit);
    if (o.second_moment_limit < unlimited && o.log_ratio_limit < unlimited)
        fail(f, "second_moment_limit computes log_ratio_limit: give one of the two");
    if (o.unit == importance_unit::run && !looks_at_sequences(o))
        fail(f, "unit = run needs a level or a range per sequence");
    if (o.level == importance_level::none && o.range.limits()) fail(f, "range needs a level other than none");
    if (o.beyond == importance::mask && !o.range.limits()) fail(f, "beyond = mask needs a range");
    if (o.drift_limit < unlimited && !advantages) fail(f, "drift_limit needs advantages");
}

} // namespace detail

/// Importance weights π / μ, with options that drop tokens on which the two policies differ too much. μ is the policy
/// that sampled, as the generation engine (vLLM, SGLang) reports it. π is the policy that should have sampled;
/// log_probs are usually the old_log_probs of the policy loss.
///
///     ρ = log π − log μ
///     w = e^ρ per token, or e^(mean ρ) or e^(Σ ρ) per sequence, truncated to its range (or 0 beyond it)
///     w = 0 where the options drop a token or its sequence               formula/importance_weights.hpp
///
/// Pass them as `weights` to rlhf::policy_loss, the same for all epochs over a rollout. There they also multiply the KL
/// in the loss, unlike the correction by policy_loss's own behavior_log_probs. Use one of the two. With rlhf::gspo and
/// gmpo use a level of sequences, because their slope is exact if the tokens of a sequence share a weight. rlhf::vespo
/// needs no weights: it takes log μ as old_log_probs.
///
/// Weights are 0 where masked. A dropped token has the weight 0 and still counts in a denominator. If it should not
/// count, make `keep` the mask; its bytes lie where the bytes of the batch's mask lie, also with predict_next. Then the
/// token also leaves every mean over counted tokens, for example the ratio of a sequence. If group_advantages wrote a
/// `keep` [B] as well, a token is kept if both are 1.
///
///     kept.mask = keep, kept.denominator = rlhf::count(kept);            // summed over ranks
///
/// Truncated importance sampling (TIS) is range = C per token, most often with C = 2. IcePop is a range with
/// importance::mask. If log_probs are the log-probs of the policy after some updates, drift_limit is the sequence mask
/// of DeepSeek-V3.2.
///
/// second_moment_limit = τ (M2PO) looks at all tokens of the call. It drops the tokens with the largest |ρ| until the
/// mean of ρ² over the rest is below τ. At least one token stays, and tokens with the same |ρ| stay or go together. A
/// micro-batch alone gets another bound than its step, as in AReaL. For the bound of the step, call it for the whole
/// step, and pass the log_ratio_limit of its result to a call per part.
///
/// With importance_unit::run, each run of counted tokens without a gap is a sequence: a turn of the policy, which ROLL
/// calls a segment. A mask that drops single tokens makes new runs.
///
/// Arrays are [B, T] (or packed [tokens]) in nats; advantages may be rlhf::per_sequence. keep may be the memory of the
/// batch's mask.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, bounds that are negative, low above
/// high, an option without effect (importance::mask without a range, a range with importance_level::none, drift_limit
/// without advantages, importance_unit::run without a level, range or drift_limit of sequences), second_moment_limit
/// together with log_ratio_limit, outputs that overlap another array.
///
/// Source: see formula/importance_weights.hpp.
template <class T = float, class Arch = native>
importance_weights_result importance_weights(const batch& b, const importance_weights_arrays<T>& a,
                                             const importance_weights_options& o = {}, const executor& run = {}) {
    detail::call c("importance_weights", b);
    static constexpr T none = 0;
    const auto log_probs = c.in(a.log_probs, "log_probs"), behavior = c.in(a.behavior_log_probs, "behavior_log_probs");
    const auto advantages = c.optional(a.advantages, "advantages");
    const T* own = a.weights.data() == a.behavior_log_probs.data() ? a.behavior_log_probs.data() : a.log_probs.data();
    const std::array targets{c.out(a.weights, "weights", own)};
    const auto keep = c.out(a.keep, "keep", b.mask.data());
    if (!targets[0] && c.tokens() > 0) detail::fail(c.function(), "weights is missing");
    detail::check_options<T>(c.function(), o, bool(advantages) || c.tokens() == 0);
    c.done();

    const detail::token_values<T, Arch, 2, detail::log_ratio_size> sizes(c, {log_probs, behavior}, {});
    const T limit = o.second_moment_limit < unlimited ? detail::limit_of_mean_square(sizes, o.second_moment_limit, run)
                                                      : T(o.log_ratio_limit);
    const auto range = [](const importance_range& r) { return formula::range_of<T>{T(r.low), T(r.high)}; };
    const formula::importance_weight_rule<T> rule{.level = o.level,
                                                  .mask = o.beyond == importance::mask,
                                                  .range = range(o.range),
                                                  .mean = range(o.sequence_mean),
                                                  .product = range(o.sequence_product),
                                                  .token = range(o.every_token),
                                                  .drift_limit = T(o.drift_limit),
                                                  .probability_limit = T(o.probability_limit),
                                                  .log_ratio_limit = limit,
                                                  .binary_kl_limit = T(o.binary_kl_limit)};
    const std::array in{log_probs, behavior, advantages ? advantages : detail::stream<const T>{&none, 0, 0}};
    const auto t = detail::looks_at_sequences(o)
                       ? detail::sequence_sweep_of<T, Arch, 2>(c, in, targets, formula::log_weight_term(),
                                                               rule)(run, o.unit == importance_unit::run)
                       : detail::sweep_tokens<T, Arch>(c, in, targets, run, rule);
    if (keep) {
        const auto& w = targets[0].to;
        detail::write_kept<T>(c, {w.data, w.row_stride, w.step}, keep.to, run, [](T x) { return x != T(0); });
    }
    return {t, static_cast<double>(limit)};
}

} // namespace RLHF_NAMESPACE
