// SPDX-License-Identifier: MIT

// top_k_divergence without a tail, and with bounds.

#include "support/top_k.hpp"

#include <rlhf/logits/logits_divergence.hpp>

using rlhf::bfloat16, rlhf::top_k_support;
using test::kinds, test::beta_of, test::aggregations, test::digest, test::supports, test::matches_top_k;

TEST_CASE("top_k_divergence: value and gradient of the reference, without a tail") {
    for (const auto kind : kinds)
        for (const auto support : {top_k_support::truncated, top_k_support::renormalized})
            for (const std::size_t V : {2, 9, 17, 300}) {
                matches_top_k<float>(V, 1, {.divergence = kind, .support = support});
                matches_top_k<float>(V, (V + 1) / 2,
                                     {.divergence = kind, .beta = beta_of(kind, 0.2), .support = support});
                matches_top_k<double>(
                    V, (V + 1) / 2,
                    {.divergence = kind, .beta = beta_of(kind, 0.8), .temperature = 0.7, .support = support});
                matches_top_k<double>(V, V, {.divergence = kind, .temperature = 2, .support = support});
                matches_top_k<bfloat16>(V, 2, {.divergence = kind, .support = support});
            }
    for (const auto kind : kinds)
        for (const auto how : aggregations) {
            matches_top_k<double>(50, 9, {.divergence = kind, .aggregation = how, .support = top_k_support::truncated});
            matches_top_k<double>(50, 9,
                                  {.divergence = kind,
                                   .temperature = 0.7,
                                   .aggregation = how,
                                   .support = top_k_support::truncated,
                                   .least_log_prob = -3});
        }
    matches_top_k<float>(3000, 1024, {.support = top_k_support::renormalized});
}

TEST_CASE("top_k_divergence: bounds of a token's divergence") {
    for (const auto kind : kinds)
        for (const auto support : supports) {
            matches_top_k<double>(50, 5, {.divergence = kind, .support = support, .low = 0, .high = 0.1});
            matches_top_k<double>(50, 5, {.divergence = kind, .support = support, .low = 0.05});
            matches_top_k<float>(50, 5, {.divergence = kind, .support = support, .high = 0.02});
        }
}

TEST_CASE("top_k_divergence: +inf is above an upper bound, too") {
    const std::int64_t ids[]{2, 0};
    const float log_probs[]{-0.5F, -1.5F}, impossible[]{-INFINITY, -INFINITY};
    for (const auto kind : kinds)
        for (const auto support : supports)
            for (const bool by_policy : {true, false}) { // all of p, or all of the listed q, is 0
                if (!by_policy && support != top_k_support::renormalized) continue;
                std::vector<double> z(4, by_policy ? -INFINITY : 0.5), d(4, 9.0);
                const auto loss = [&](double high) {
                    return rlhf::top_k_divergence(test::aligned(1, 1), test::logits_of(z, 1, 1, 4),
                                                  {.k = 2, .ids = ids, .log_probs = by_policy ? log_probs : impossible},
                                                  test::logits_of(d, 1, 1, 4),
                                                  {.divergence = kind, .support = support, .high = high})
                        .loss();
                };
                CHECK(loss(rlhf::unlimited) == rlhf::unlimited);
                CHECK(d == std::vector<double>(4, 0.0));
                d.assign(4, 9.0);
                CHECK(loss(3) == 3);
                CHECK(d == std::vector<double>(4, 0.0));
            }
}

TEST_CASE("top_k_divergence: renormalized, it knows nothing of other logits") {
    test::random r(8);
    const std::size_t V = 60, n = 6, k = 7;
    auto z = test::random_logits<double>(r, n * V), w = test::random_logits<double>(r, n * V), listed = z, d = z;
    const test::top_k_server sent(w, V, k);
    std::vector<double> few(n * k), few_q(n * k), d_few(n * k), sum(n * V, 0.5);
    for (double& x : listed) x = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < n * k; ++i) {
        const std::size_t at = i / k * V + static_cast<std::size_t>(sent.ids[i]);
        few[i] = listed[at] = z[at], few_q[i] = sent.log_probs[i];
    }
    const auto b = test::aligned(2, 3);
    for (const auto kind : kinds) {
        const auto of = [&](std::vector<double>& x, const auto& to) {
            return rlhf::top_k_divergence(b, test::logits_of(x, 2, 3, V), sent.reference(), to,
                                          {.divergence = kind, .support = top_k_support::renormalized});
        };
        const auto got = of(z, test::logits_of(d, 2, 3, V));
        CHECK(test::same_bits(digest(got), digest(of(listed, rlhf::add_to(test::logits_of(sum, 2, 3, V))))));
        const auto want = rlhf::logits_divergence(b, test::logits_of(few, 2, 3, k), test::logits_of(few_q, 2, 3, k),
                                                  test::logits_of(d_few, 2, 3, k), {.divergence = kind});
        CHECK(got.loss() == Approx(want.loss()).epsilon(1e-12));
        double worst = 0;
        for (std::size_t i = 0; i < n * k; ++i) {
            const std::size_t at = i / k * V + static_cast<std::size_t>(sent.ids[i]);
            worst = std::max({worst, std::fabs(d[at] - d_few[i]), std::fabs(sum[at] - 0.5 - d_few[i])});
            d[at] = 0, sum[at] = 0.5;
        }
        CHECK(worst < 1e-15);
        CHECK(std::all_of(d.begin(), d.end(), [](double x) { return x == 0; }));
        CHECK(std::all_of(sum.begin(), sum.end(), [](double x) { return x == 0.5; }));
    }
}
