// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/sums/totals.hpp>
#include <rlhf/results/normalization.hpp>

#include <concepts>

namespace RLHF_NAMESPACE {

/// What the results of all losses over tokens or comparisons have in common: the loss, its statistics, and how parts
/// join. A result derives from it as `class x_result : public loss_result<x_result, x_statistics>` and reads totals_ by
/// the names that the statistics have in the kernel (DESIGN.md, D27).
template <class Result, template <class> class Statistics>
class loss_result : public loss_sums {
public:
    loss_result() = default;
    loss_result(const detail::normalization& n, const detail::totals<Statistics>& t)
        : loss_sums(n.sums(t.loss)), totals_(t) {}
    /// The sums that a sweep returns are constructed in place, because copying a kilobyte takes longer than sweeping a
    /// few tokens.
    loss_result(const detail::normalization& n, const std::invocable<const executor&> auto& sweep, const executor& run)
        : loss_sums(n.own, n.divisor, n.own_divisor), totals_(sweep(run)) {
        set_weighted(totals_.loss);
    }

    /// Tokens, or comparisons, whose loss is NaN or infinite.
    [[nodiscard]] double nonfinite() const requires requires(const detail::totals<Statistics>& t) { t.nonfinite; }
    { return static_cast<double>(totals_.nonfinite); }

    Result& operator+=(const Result& o) {
        loss_sums::operator+=(o);
        totals_ += o.totals_;
        return static_cast<Result&>(*this);
    }

protected:
    using loss_sums::per_token;
    [[nodiscard]] double per_token(std::int64_t count) const { return per_token(static_cast<double>(count)); }
    detail::totals<Statistics> totals_;
};

} // namespace RLHF_NAMESPACE
