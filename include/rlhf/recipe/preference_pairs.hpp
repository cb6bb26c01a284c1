// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/preference/preference_loss.hpp>

namespace RLHF_NAMESPACE {

/// Pairs are the steps of the batch: `batch{.steps = pairs, …}`. A sequence may be in many of them.
template <class T>
struct preference_pairs_arrays {
    view<const T> sums = detail::required<T>(); ///< [B] one per sequence, from sequence_log_probs
    index_view chosen;                          ///< [pairs] index of the preferred sequence, from 0 on
    index_view rejected;                        ///< [pairs] index of the other sequence
    view<const T> margins = {};                 ///< [pairs] as in preference_loss
    view<const T> weights = {};                 ///< [pairs] factor of the loss; absent: 1
    gradient<T> d_sums = {};                    ///< [B] ∂loss/∂sums
};

namespace detail {
/// The arrays of preference_pairs, bound to a batch of pairs.
template <class T>
struct bound_pairs {
    /// Indices of sums.
    struct indices {
        const char* name;
        index_view of;
        places at;
        [[nodiscard]] std::int64_t operator()(std::int64_t s, std::int64_t pair) const {
            return of[s * at.row_stride + pair * at.step];
        }
    };
    view<const T> sums;
    indices chosen, rejected;
    stream<const T> margins, weights;
    view<T> d_sums; ///< [B], or absent

    /// Throws if a pair that counts has an index outside the sums.
    void check(const call& c) const {
        for (std::int64_t s = 0; s < c.size(); ++s) {
            const sequence_mask mask = c.mask(s);
            for (std::int64_t t = 0; t < mask.length; ++t)
                for (const auto* which : {&chosen, &rejected})
                    if (const std::int64_t i = (*which)(s, c.begin(s) + t); mask[t] && (i < 0 || i >= sums.cols()))
                        fail(c.function(), "%s of pair %lld is %lld, which is outside the %lld sequences", which->name,
                             t, i, sums.cols());
        }
    }
};

/// A segment of pairs, side by side.
template <class T>
struct pair_block {
    static constexpr std::size_t most = segment_tokens;
    using numbers = std::array<T, most>;
    numbers chosen, rejected, margins, weights, d_chosen, d_rejected;
    std::array<std::uint8_t, most> mask;

    explicit pair_block(const bound_pairs<T>& a) : a_(a) {}

    /// Copies the n pairs from t on. Masked pairs become 0.
    void gather(const call& c, std::int64_t s, std::int64_t t, std::int64_t n) {
        const std::int64_t begin = c.begin(s);
        copy_mask(c.mask(s).from(t, n), 0, n, mask.data(), n);
        const auto sum = [&](std::int64_t i) { return a_.sums.data()[i * a_.sums.stride()]; };
        const auto own = [&](const stream<const T>& from, T absent, std::int64_t k) {
            return from ? from.row(s, begin)[(t + k) * from.step] : absent;
        };
        for (std::int64_t k = 0; k < n; ++k) {
            const auto i = static_cast<std::size_t>(k);
            chosen[i] = mask[i] != 0 ? sum(a_.chosen(s, begin + t + k)) : T(0);
            rejected[i] = mask[i] != 0 ? sum(a_.rejected(s, begin + t + k)) : T(0);
            margins[i] = own(a_.margins, 0, k), weights[i] = own(a_.weights, 1, k);
        }
    }
    /// Adds the pairs' gradients to the gradients of the sums, pair by pair.
    void scatter(const call& c, std::int64_t s, std::int64_t t, std::int64_t n) const {
        const auto d_sum = [&](std::int64_t i) -> T& { return a_.d_sums.data()[i * a_.d_sums.stride()]; };
        for (std::int64_t k = 0; k < n; ++k) {
            const auto i = static_cast<std::size_t>(k);
            if (mask[i] == 0) continue;
            d_sum(a_.chosen(s, c.begin(s) + t + k)) += d_chosen[i];
            d_sum(a_.rejected(s, c.begin(s) + t + k)) += d_rejected[i];
        }
    }

private:
    const bound_pairs<T>& a_;
};

/// Checks and adds an array with one element per sequence of the answers.
template <class T>
view<T> one_per_answer(call& c, const view<T>& v, const char* name, std::int64_t answers, access how) {
    if (v.absent()) return {};
    const view<T> each = one_per_sequence(v, c.function(), name);
    if (each.cols() != answers)
        fail(c.function(), "%s has %lld elements, expected %lld (one per sum)", name, each.cols(), answers);
    c.arrays().add(v.data(), v.element_size(), name, answers, 1, each.stride(), how);
    return each;
}

template <class T>
bound_pairs<T> bind_pairs(call& c, const preference_pairs_arrays<T>& a) {
    const std::int64_t answers = one_per_sequence(a.sums, c.function(), "sums").cols();
    const auto indices = [&](const char* name, const index_view& v) {
        if (v.absent() && c.tokens() > 0) fail(c.function(), "%s is missing", name);
        return typename bound_pairs<T>::indices{name, v, c.tokens_of(v, name)};
    };
    return {.sums = one_per_answer(c, a.sums, "sums", answers, access::read),
            .chosen = indices("chosen", a.chosen),
            .rejected = indices("rejected", a.rejected),
            .margins = c.optional(a.margins, "margins"),
            .weights = c.optional(a.weights, "weights"),
            .d_sums = one_per_answer(c, a.d_sums.to, "d_sums", answers, access::write)};
}
} // namespace detail

/// preference_loss over pairs of the sequences of one batch, given by their indices. K ranked answers to a prompt give
/// up to K (K − 1) / 2 pairs, and each answer is scored once.
///
///     c = sums[chosen[p]],  j = sums[rejected[p]]                                 objective and loss: preference_loss
///     ∂loss/∂sums[s] = Σ ∂loss/∂c over pairs with chosen[p] = s + Σ ∂loss/∂j over pairs with rejected[p] = s
///
/// chosen and rejected are int32 or int64. Masked pairs may hold anything. The gradient of a sequence in no pair is +0,
/// or left as it is with add_to. The gradients of a sequence are added in T, in the order of its pairs. Everything runs
/// on this thread, because pairs are few compared with tokens. Nothing is allocated.
///
/// Throws std::invalid_argument before anything is written: for what preference_loss throws, and for an index outside
/// the sums in a pair that counts.
template <class T = float, class Arch = native, class Objective>
preference_loss_result preference_pairs(const batch& b, const preference_pairs_arrays<T>& a,
                                        const Objective& objective) {
    detail::call c("preference_pairs", b);
    detail::check_preference(c.function(), objective, !a.margins.absent());
    detail::check_finite<T>(c.function(), "d_sums", a.d_sums.scale);
    const detail::bound_pairs<T> bound = detail::bind_pairs(c, a);
    const detail::normalization n(c, aggregation::token_mean);
    c.done();
    bound.check(c);

    const bool wanted = !bound.d_sums.absent();
    if (wanted && !a.d_sums.add) detail::clear_tokens(bound.d_sums.data(), bound.d_sums.stride(), bound.sums.cols());
    preference_loss_result joined;
    detail::pair_block<T> block(bound);
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const auto [first, last] = detail::counted_tokens(c.mask(s)); // segments as in preference_loss
        for (std::int64_t t = first; t < last; t += detail::segment_tokens) {
            const std::int64_t pairs = (std::min)(last - t, detail::segment_tokens);
            block.gather(c, s, t, pairs);
            const auto of = [&](auto& numbers) { return std::span(numbers).first(static_cast<std::size_t>(pairs)); };
            const auto d = [&](auto& numbers) {
                return wanted ? gradient<T>(view<T>(of(numbers)), a.d_sums.scale, false) : gradient<T>();
            };
            const auto mask = of(block.mask);
            preference_loss_arrays<T> arrays{.chosen = of(block.chosen),
                                             .rejected = of(block.rejected),
                                             .weights = of(block.weights),
                                             .d_chosen = d(block.d_chosen),
                                             .d_rejected = d(block.d_rejected)};
            if (bound.margins) arrays.margins = of(block.margins);
            const counts whole{n.divisor, n.divisor};
            joined += preference_loss<T, Arch>({.steps = pairs, .mask = mask, .denominator = whole}, arrays, objective);
            if (wanted) block.scatter(c, s, t, pairs);
        }
    }
    joined.own = n.own;
    return joined;
}

} // namespace RLHF_NAMESPACE
