// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/results/loss_sums.hpp>

namespace RLHF_NAMESPACE {

/// What the losses of a reward model report: a loss over comparisons, and how often the model agrees with them.
class comparison_sums : public loss_sums {
public:
    comparison_sums() = default;
    comparison_sums(const loss_sums& loss, std::int64_t compared, std::int64_t correct,
                    const detail::exact_sum& margins, std::int64_t nonfinite)
        : loss_sums(loss), compared_(compared), correct_(correct), nonfinite_(nonfinite), margins_(margins) {}

    [[nodiscard]] double comparisons() const { return static_cast<double>(compared_); }
    /// Share of comparisons with r_chosen > r_rejected; a draw is wrong.
    [[nodiscard]] double accuracy() const { return share(static_cast<double>(correct_)); }
    [[nodiscard]] double mean_margin() const { return share(margins_.value()); } ///< mean of r_chosen − r_rejected
    [[nodiscard]] double nonfinite() const {
        return static_cast<double>(nonfinite_);
    } ///< losses that are NaN or infinite

    comparison_sums& operator+=(const comparison_sums& o) {
        loss_sums::operator+=(o);
        compared_ += o.compared_, correct_ += o.correct_, nonfinite_ += o.nonfinite_, margins_ += o.margins_;
        return *this;
    }

private:
    [[nodiscard]] double share(double x) const { return compared_ > 0 ? x / static_cast<double>(compared_) : 0; }
    std::int64_t compared_ = 0, correct_ = 0, nonfinite_ = 0;
    detail::exact_sum margins_;
};

} // namespace RLHF_NAMESPACE
