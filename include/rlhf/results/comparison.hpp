// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/results/loss_result.hpp>

namespace RLHF_NAMESPACE {

namespace detail {
template <class Kind>
struct comparison_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum margin = {};
    typename Kind::count correct = {}, nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.loss...), f(s.margin...), f(s.correct...), f(s.nonfinite...);
    }
};
} // namespace detail

/// What the losses of a reward model report: a loss over comparisons, and how often the model agrees with them.
/// own.tokens is the number of comparisons.
class comparison_sums : public loss_result<comparison_sums, detail::comparison_statistics> {
public:
    using loss_result::loss_result;

    [[nodiscard]] double comparisons() const { return own.tokens; }
    /// The share of comparisons with r_chosen > r_rejected. Equal rewards count as wrong.
    [[nodiscard]] double accuracy() const { return per_token(totals_.correct); }
    [[nodiscard]] double mean_margin() const { return per_token(totals_.margin); } ///< mean of r_chosen − r_rejected
};

} // namespace RLHF_NAMESPACE
