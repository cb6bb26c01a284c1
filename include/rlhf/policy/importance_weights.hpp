// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/sequence_sweep.hpp>
#include <rlhf/engine/sequences/token_order.hpp>
#include <rlhf/formula/importance_weights.hpp>

namespace rlhf {

struct importance_weights_options {
    rlhf::importance_level level = rlhf::importance_level::token;
    importance_range range = unlimited;                   ///< bounds of a weight
    rlhf::importance beyond = rlhf::importance::truncate; ///< what becomes of a weight beyond its range
    importance_range sequence_mean = unlimited;           ///< drops a sequence whose e^(mean ρ) is beyond
    importance_range sequence_product = unlimited;        ///< drops a sequence whose e^(Σ ρ) is beyond
    importance_range every_token = unlimited;             ///< drops a sequence if e^ρ of one of its tokens is beyond
    importance_unit unit = importance_unit::sequence;     ///< what counts as a sequence in all of these and in `level`
    double drift_limit = unlimited;         ///< drops tokens of Â < 0 if mean(−ρ) of their sequence is larger
    double probability_limit = unlimited;   ///< drops a token if |π − μ| is larger
    double binary_kl_limit = unlimited;     ///< drops a token if one of its two binary divergences is larger (KPop)
    double second_moment_limit = unlimited; ///< drops the largest |ρ| until the mean ρ² of the rest is less (M2PO)
    double log_ratio_limit = unlimited;     ///< drops a token if |ρ| is larger
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct importance_weights_arrays {
    view<const T> log_probs = detail::required<T>();          ///< [B, T] log π of the policy that learns, nats
    view<const T> behavior_log_probs = detail::required<T>(); ///< [B, T] log μ of the policy that sampled
    view<const T> advantages = {};                            ///< [B, T], or per_sequence [B]; for drift_limit
    view<T> weights = detail::required_output<T>();           ///< [B, T] out; may be the memory of either log-probs
    view<std::uint8_t> keep = {}; ///< [B, T] out, a mask: 1 where a token counts and its weight is not 0
};

/// Sums over the tokens that count; the parts of a step join by +=.
class importance_weights_result {
public:
    counts own;                         ///< counted here
    double log_ratio_limit = unlimited; ///< bound of |ρ|: the option, or what second_moment_limit finds

    importance_weights_result() = default;
    importance_weights_result(const detail::totals<formula::importance_statistics>& t, double limit)
        : own{static_cast<double>(t.tokens), static_cast<double>(t.sequences)}, log_ratio_limit(limit), totals_(t) {}

    /// mean(w)
    [[nodiscard]] double mean_weight() const { return per_token(totals_.weight.sum.value()); }
    /// The largest ratio, before it is truncated to its range.
    [[nodiscard]] double max_ratio() const { return totals_.largest.value > 0 ? totals_.largest.value : 0; }
    /// (Σw)² / (n Σw²), in (0, 1]: the effective share of the tokens.
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

/// Do the tokens of a sequence decide together?
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

/// The importance weights between the policy μ that sampled, as the engine of generation (vLLM, SGLang) reports it, and
/// the policy π whose rollout it should have been, and which tokens are not worth learning from. log_probs are usually
/// the old_log_probs of the policy loss.
///
///     ρ = log π − log μ
///     w = e^ρ per token, or e^(mean ρ) or e^(Σ ρ) per sequence, truncated to its range (or 0 beyond it)
///     w = 0 where the options drop a token or its sequence               formula/importance_weights.hpp
///
/// The weights are `weights` of rlhf::policy_loss, the same for all epochs over a rollout. There they multiply KL in
/// the loss as well, which its own behavior_log_probs do not; give one of the two. With rlhf::gspo and gmpo use a level
/// of sequences, because their slope is exact if the tokens of a sequence share a weight. rlhf::vespo needs no weights:
/// it takes log μ as old_log_probs.
///
/// Weights are 0 where masked. A dropped token has the weight 0 and still counts in a denominator. If it should not,
/// the mask becomes `keep`, whose bytes stand where the bytes of the batch's mask do, with predict_next too. Then the
/// token also leaves what is over counted tokens, such as the ratio of a sequence. Where group_advantages gives a
/// `keep` [B], a token is kept if both are 1.
///
///     kept.mask = keep, kept.denominator = rlhf::count(kept);            // and summed over ranks
///
/// What trainers call truncated importance sampling (TIS) is range = C, most often 2 per token; IcePop is a range with
/// importance::mask. With the log-probs of the policy after some updates as log_probs, drift_limit is the sequence mask
/// of DeepSeek-V3.2.
///
/// second_moment_limit (M2PO) looks at all tokens of the call: with τ it drops the tokens of the largest |ρ| until the
/// mean of ρ² over the rest is below τ. At least one token stays, and equal ones share their fate. A micro-batch has
/// another limit than its step; where it should have the step's, give the parts the log_ratio_limit that the result of
/// the whole reports. AReaL takes each micro-batch on its own.
///
/// importance_unit::run puts runs of tokens that count in the place of sequences. Such a run is a turn of the policy;
/// ROLL calls it a segment. A mask that drops single tokens makes new runs.
///
/// Arrays are [B, T] (or packed [tokens]) in nats; advantages may be rlhf::per_sequence. keep may be the memory of the
/// batch's mask.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, bounds that fall or are negative, an
/// option without effect (mask without a range, a range of no weight, drift_limit without advantages, runs that nothing
/// looks at), second_moment_limit beside log_ratio_limit, outputs that overlap another array.
///
/// Source: see the formula.
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
