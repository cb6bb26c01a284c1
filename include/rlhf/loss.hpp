// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/call.hpp>
#include <rlhf/detail/exact_sum.hpp>
#include <rlhf/detail/token_sweep.hpp>

namespace rlhf::inline RLHF_ABI {

/// What the mask of a batch lets through. The denominator of a step that is cut into parts:
/// `whole.denominator = rlhf::count(whole)` before cutting.
[[nodiscard]] inline counts count(const batch& b) {
    const detail::call c("count", b);
    counts n;
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const auto counted = static_cast<double>(detail::count_counted(c.mask(s)));
        n += {counted, counted > 0 ? 1.0 : 0.0};
    }
    return n;
}

/// What every loss reports: sums, not means. The parts of a step, and results of several ranks, join by +=, exactly and
/// in any order.
class loss_sums {
public:
    counts own; ///< counted here

    loss_sums() = default;
    loss_sums(const counts& here, const detail::exact_sum& weighted, double divisor, double own_divisor)
        : own(here), weighted_(weighted), divisor_(divisor), own_divisor_(own_divisor) {}

    /// Σ w l / denominator: what the gradients written are the derivative of. Adds up over the parts of a step.
    [[nodiscard]] double loss() const { return others_ + (divisor_ > 0 ? weighted_.value() / divisor_ : 0); }
    /// The mean over what was counted here: for the log, also across steps.
    [[nodiscard]] double mean_loss() const { return own_divisor_ > 0 ? everything().value() / own_divisor_ : 0; }

    loss_sums& operator+=(const loss_sums& o) {
        own += o.own, own_divisor_ += o.own_divisor_;
        if (divisor_ == o.divisor_ || o.divisor_ == 0 || divisor_ == 0) { // parts of one step
            weighted_ += o.weighted_, earlier_ += o.earlier_, others_ += o.others_;
            divisor_ = divisor_ > 0 ? divisor_ : o.divisor_;
        } else { // another step
            others_ += o.loss(), earlier_ += o.everything();
        }
        return *this;
    }

protected:
    [[nodiscard]] double per_token(double sum) const { return own.tokens > 0 ? sum / own.tokens : 0; }
    [[nodiscard]] double per_token(const detail::exact_sum& sum) const { return per_token(sum.value()); }
    void negate() { weighted_.negate(); }

private:
    [[nodiscard]] detail::exact_sum everything() const {
        detail::exact_sum sum = earlier_;
        sum += weighted_;
        return sum;
    }
    detail::exact_sum weighted_, earlier_; ///< Σ w l of the step with this divisor; of steps with other divisors
    double divisor_ = 0, own_divisor_ = 0, others_ = 0;
};

namespace detail {
/// What an aggregation makes of a batch: the divisor of the whole step, and the weight of a row.
struct normalization {
    counts own;
    double divisor = 0, own_divisor = 0;
    row_weight weight = row_weight::one;

    normalization(const call& c, aggregation how) : normalization(c, count(c.batch()), how) {}
    normalization(const call& c, const counts& here, aggregation how) : own(here) {
        const bool by_token = how == aggregation::token_mean;
        const auto& d = c.batch().denominator;
        own_divisor = by_token ? own.tokens : own.sequences;
        divisor = d.is_explicit() ? (by_token ? d.whole().tokens : d.whole().sequences) : own_divisor;
        weight = how == aggregation::sequence_mean_token_mean ? row_weight::per_counted : row_weight::one;
        const char* what = by_token ? "tokens" : "sequences";
        if (!(divisor >= 0 && divisor < unlimited))
            fail(c.function(), "batch.denominator is %g %s, expected a finite number", divisor, what);
        if (own_divisor > divisor)
            fail(c.function(),
                 "the batch counts %.0f %s, more than its denominator %.0f; a part cannot exceed the whole",
                 own_divisor, what, divisor);
    }
    /// A gradient's target with everything that multiplies it.
    template <class T>
    [[nodiscard]] target<T> scaled(target<T> t) const {
        t.scale = divisor > 0 ? t.scale / divisor : 0;
        return t;
    }
    [[nodiscard]] loss_sums sums(const exact_sum& weighted) const { return {own, weighted, divisor, own_divisor}; }
};
} // namespace detail

} // namespace rlhf::inline RLHF_ABI
