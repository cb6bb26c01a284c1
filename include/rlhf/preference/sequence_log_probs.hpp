// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/sequence_sums.hpp>

namespace rlhf {

/// Shared by forward and backward: pass the same object to both.
struct sequence_log_probs_options {
    bool average = false; ///< divide by the number of counted tokens, as SimPO, ORPO and TRL's IPO do
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct sequence_log_probs_arrays {
    view<const T> log_probs = detail::required<T>(); ///< [B, T] log π of the targets, nats
    view<const T> ref_log_probs = {};                ///< [B, T] log π_ref of the targets, nats; absent: 0
    view<T> sums = detail::required_output<T>();     ///< [B] out, nats
};

template <class T>
struct sequence_log_probs_backward_arrays {
    view<const T> d_sums = detail::required<T>(); ///< [B] ∂loss/∂sums
    gradient<T> d_log_probs = {};                 ///< [B, T] ∂loss/∂log_probs
};

/// Counts; the parts of a step join by +=.
struct sequence_log_probs_result {
    counts own;           ///< counted here
    double nonfinite = 0; ///< sequences whose sum is NaN or infinite
    sequence_log_probs_result& operator+=(const sequence_log_probs_result& o) {
        own += o.own, nonfinite += o.nonfinite;
        return *this;
    }
};

namespace detail {
template <class Kind>
struct log_ratio_statistics {
    typename Kind::sum log_ratio = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.log_ratio...); }
};
struct log_ratio_kernel {
    template <class V>
    RLHF_FORMULA terms<V, 0, log_ratio_statistics> operator()(V log_prob, V ref_log_prob) const {
        return {.statistics = {.log_ratio = log_prob - ref_log_prob}};
    }
};

template <class Kind>
struct sequence_log_probs_statistics {
    typename Kind::count nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.nonfinite...); }
};

struct same_for_all_tokens {
    template <class V>
    RLHF_FORMULA terms<V, 1> operator()(V d_sum) const {
        return {.writes = {d_sum}};
    }
};
} // namespace detail

/// The log-probability of each sequence, or its log ratio to a reference: what losses over pairs of answers compare.
///
///     sums[s] = Σₜ (log π − log π_ref)           over the tokens of s that count
///     sums[s] = Σₜ (log π − log π_ref) / |s|     if options.average; |s| is the number of these tokens
///
/// The mask says which tokens are the answer; tokens of the prompt do not count. A sequence without a counted token has
/// the sum +0. Masked tokens may hold anything. If log π = −∞ at a token, the sum is −∞, and NaN if log π_ref is −∞
/// there as well.
///
/// Runs of 512 tokens are added in 16 partial sums of float or 8 of double; these are added in double, and the result
/// is rounded to T. With floats, pass ref_log_probs here instead of subtracting two sums: log π − log π_ref of a token
/// has no rounding error if one is at most twice the other, while a float sum of −1000 nats is a multiple of 6·10⁻⁵.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, sums that overlap an input.
///
/// Source: the log ratios of Rafailov et al. 2023, arXiv:2305.18290, eq. 7; the average: Meng et al. 2024,
/// arXiv:2405.14734.
template <class T = float, class Arch = native>
sequence_log_probs_result sequence_log_probs(const batch& b, const sequence_log_probs_arrays<T>& a,
                                             const sequence_log_probs_options& o = {}, const executor& run = {}) {
    detail::call c("sequence_log_probs", b);
    static constexpr T zero = 0;
    const auto log_probs = c.in(a.log_probs, "log_probs"), ref = c.optional(a.ref_log_probs, "ref_log_probs");
    const auto sums = c.per_sequence(a.sums, "sums", detail::access::write);
    if (!sums && c.size() > 0) detail::fail(c.function(), "sums is missing");
    c.done();

    using totals = detail::totals<detail::sequence_log_probs_statistics>;
    const std::array streams{log_probs, ref ? ref : detail::stream<const T>{&zero, 0, 0}};
    const auto found = detail::sum_each_sequence<totals, T, Arch>(
        c, streams, detail::log_ratio_kernel(), run, [&](std::int64_t s, const auto& of, totals& t) {
            const double n = o.average && of.tokens > 0 ? static_cast<double>(of.tokens) : 1;
            const T sum = static_cast<T>(of.sums.log_ratio / n);
            t.nonfinite += std::isfinite(sum) ? 0 : 1;
            *sums.row(s, 0) = sum;
        });
    return {.own = {static_cast<double>(found.tokens), static_cast<double>(found.sequences)},
            .nonfinite = static_cast<double>(found.nonfinite)};
}

/// The backward pass of sequence_log_probs: every counted token of a sequence gets the slope of the sequence's sum.
///
///     ∂loss/∂log π = d_sums[s]           or d_sums[s] / |s| if options.average
///
/// Masked tokens get +0, or are left as they are with add_to. The d_sums of a sequence without a counted token is not
/// used.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a gradient that overlaps d_sums.
template <class T = float, class Arch = native>
void sequence_log_probs_backward(const batch& b, const sequence_log_probs_backward_arrays<T>& a,
                                 const sequence_log_probs_options& o = {}, const executor& run = {}) {
    detail::call c("sequence_log_probs_backward", b);
    const auto d_sums = c.per_sequence(a.d_sums, "d_sums");
    if (!d_sums && c.size() > 0) detail::fail(c.function(), "d_sums is missing");
    const std::array targets{c.out(a.d_log_probs, "d_log_probs")};
    c.done();
    detail::sweep_tokens<T, Arch>(c, std::array{d_sums}, targets, run, detail::same_for_all_tokens(),
                                  o.average ? detail::sequence_weight::per_counted : detail::sequence_weight::one);
}

} // namespace RLHF_NAMESPACE
