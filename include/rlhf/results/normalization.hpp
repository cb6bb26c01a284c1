// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/sequence_weight.hpp>
#include <rlhf/results/count.hpp>
#include <rlhf/results/loss_sums.hpp>

namespace RLHF_NAMESPACE::detail {

/// What an aggregation makes of a batch: the divisor of the whole step, and the weight of a sequence.
struct normalization {
    counts own;
    double divisor = 0, own_divisor = 0;
    sequence_weight weight = sequence_weight::one;

    normalization(const call& c, aggregation how) : normalization(c, count(c), how) {}
    normalization(const call& c, const counts& here, aggregation how) : own(here) {
        const bool by_token = how == aggregation::token_mean;
        const auto& d = c.batch().denominator;
        own_divisor = by_token ? own.tokens : own.sequences;
        divisor = d.is_explicit() ? (by_token ? d.whole().tokens : d.whole().sequences) : own_divisor;
        weight = how == aggregation::sequence_mean_token_mean ? sequence_weight::per_counted : sequence_weight::one;
        const char* what = by_token ? "tokens" : "sequences";
        if (!(divisor >= 0 && divisor < unlimited))
            fail(c.function(), "batch.denominator is %g %s, expected a finite number", divisor, what);
        if (own_divisor > divisor)
            fail(c.function(),
                 "the batch counts %.0f %s, more than its denominator %.0f; a part cannot exceed the whole",
                 own_divisor, what, divisor);
    }
    /// The scale of a gradient, with the divisor in it.
    [[nodiscard]] double scaled(double scale) const { return divisor > 0 ? scale / divisor : 0; }
    /// A gradient's target, with the divisor in its scale.
    template <class T>
    [[nodiscard]] target<T> scaled(target<T> t) const {
        t.scale = scaled(t.scale);
        return t;
    }
    [[nodiscard]] loss_sums sums(const exact_sum& weighted) const { return {own, weighted, divisor, own_divisor}; }
};

/// A sweep whose arguments are bound, and what its sums are divided by.
template <class Sweep>
struct normalized {
    normalization n;
    Sweep sweep;
};
template <class Sweep>
normalized(const normalization&, Sweep) -> normalized<Sweep>;

} // namespace RLHF_NAMESPACE::detail
