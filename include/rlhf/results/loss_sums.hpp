// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/batch.hpp>
#include <rlhf/engine/sums/exact_sum.hpp>

namespace RLHF_NAMESPACE {

/// What every loss reports: sums, not means. The parts of a step, and the results of several ranks, join by +=, exactly
/// and in any order (DESIGN.md, D2).
///
/// Range: up to 512 tokens are added in registers, in the type of the inputs. Each of these sums, times the weight of
/// its sequence, is rounded to a multiple of 2⁻¹⁹² (1.6 · 10⁻⁵⁸), and counts as infinite from 2¹⁶⁰ (1.5 · 10⁴⁸) on. So
/// the result is right if no term is larger than 10⁴⁵, or 10³⁷ for floats. Doubles below 10⁻⁴² lose digits, and doubles
/// below 10⁻⁶¹ vanish; no float is so small.
class loss_sums {
public:
    counts own; ///< counted here

    loss_sums() = default;
    loss_sums(const counts& here, double divisor, double own_divisor)
        : own(here), divisor_(divisor), own_divisor_(own_divisor) {}
    loss_sums(const counts& here, const detail::exact_sum& weighted, double divisor, double own_divisor)
        : own(here), weighted_(weighted), divisor_(divisor), own_divisor_(own_divisor) {}

    /// Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
    [[nodiscard]] double loss() const { return others_ + (divisor_ > 0 ? weighted_.value() / divisor_ : 0); }
    /// The mean over what was counted here. It may also be joined across steps, for a log.
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
    void set_weighted(const detail::exact_sum& sum) { weighted_ = sum; }

private:
    [[nodiscard]] detail::exact_sum everything() const {
        detail::exact_sum sum = earlier_;
        sum += weighted_;
        return sum;
    }
    detail::exact_sum weighted_, earlier_; ///< Σ w l of the step with this divisor; of steps with other divisors
    double divisor_ = 0, own_divisor_ = 0, others_ = 0;
};

} // namespace RLHF_NAMESPACE
