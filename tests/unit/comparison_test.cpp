// SPDX-License-Identifier: MIT
#include "support/cases.hpp"

#include <rlhf/results/comparison.hpp>

namespace {

/// Of so many comparisons, in a step with a denominator of 10 tokens.
rlhf::comparison_sums sums(double loss, std::int64_t compared, std::int64_t correct, double margin,
                           std::int64_t nonfinite) {
    rlhf::detail::totals<rlhf::detail::comparison_statistics> t;
    t.loss.add(loss), t.margin.add(margin), t.correct = correct, t.nonfinite = nonfinite;
    const rlhf::batch b{.steps = compared, .mask = rlhf::all, .denominator = rlhf::counts{10, 10}};
    return {rlhf::detail::normalization(rlhf::detail::call("sums", b), rlhf::aggregation::token_mean), t};
}

} // namespace

TEST_CASE("comparison: shares are divided by the comparisons, and not by correct or otherwise counted ones") {
    const auto s = sums(6, 4, 3, -2, 1);
    CHECK(s.loss() == 0.6);
    CHECK(s.mean_loss() == 1.5);
    CHECK((s.comparisons() == 4 && s.accuracy() == 0.75 && s.mean_margin() == -0.5 && s.nonfinite() == 1));
}

TEST_CASE("comparison: without a comparison every statistic is 0") {
    const rlhf::comparison_sums s;
    CHECK((s.loss() == 0 && s.mean_loss() == 0 && s.comparisons() == 0 && s.accuracy() == 0));
    CHECK((s.mean_margin() == 0 && s.nonfinite() == 0));
}

TEST_CASE("comparison: parts join exactly, in any order") {
    const std::vector parts{sums(1, 2, 1, 1e30, 0), sums(0.5, 3, 3, 1, 2), sums(2, 5, 0, -1e30, 1)};
    for (const auto& order : {std::array{0U, 1U, 2U}, std::array{2U, 0U, 1U}, std::array{1U, 2U, 0U}}) {
        rlhf::comparison_sums all;
        for (const auto i : order) all += parts[i];
        CHECK(all.loss() == 0.35);
        CHECK((all.comparisons() == 10 && all.accuracy() == 0.4 && all.nonfinite() == 3));
        CHECK(all.mean_margin() == 0.1); // the large ones cancel to the last bit
    }
}
