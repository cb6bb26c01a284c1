// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/ptx_loss.hpp"

#include <rlhf/policy/ptx_loss.hpp>

TEMPLATE_TEST_CASE("ptx_loss: same bits however the batch is laid out", "", float, double) {
    contract::holds<TestType>(
        {.inputs = {test::log_probs<TestType>}},
        [](const contract::call<TestType>& c) {
            return rlhf::ptx_loss<TestType>(
                c.batch, {.log_probs = c.in[0], .d_log_probs = rlhf::write_to(c.out[0], 27.8)}, {}, c.run);
        },
        [](const rlhf::ptx_loss_result& r) {
            return std::vector<double>{r.loss(), r.mean_loss(), r.perplexity(), r.own.tokens};
        });
}

TEMPLATE_TEST_CASE("ptx_loss: value and gradient of the reference", "", float, double) {
    test::random r(1);
    const std::array how{rlhf::aggregation::token_mean, rlhf::aggregation::sequence_mean_token_mean,
                         rlhf::aggregation::sequence_mean_token_sum};
    const double epsilon = sizeof(TestType) == 4 ? 1e-6 : 1e-14;
    for (const auto kind : test::mask_kinds)
        for (std::size_t k = 0; k < how.size(); ++k) {
            const std::size_t B = 4, S = 50;
            const auto log_probs = test::log_probs<TestType>(r, B * S);
            const auto mask = test::mask(r, kind, B, S);
            std::vector<TestType> d(B * S, 9);
            const rlhf::batch b{
                .sequences = B, .steps = S, .mask = mask, .denominator = rlhf::counts{.tokens = 300, .sequences = 6}};
            const auto got =
                rlhf::ptx_loss<TestType>(b, {.log_probs = log_probs, .d_log_probs = d}, {.aggregation = how[k]});
            auto naive = reference::padded(B, S, mask);
            naive.denominator = reference::counts{300, 6};
            const auto want =
                reference::ptx_loss(naive, reference::to_real(log_probs), static_cast<reference::aggregation>(k));
            CHECK(got.loss() == Approx(static_cast<double>(want.loss)).epsilon(epsilon).margin(1e-300));
            if (kind != test::mask_kind::none)
                CHECK(got.perplexity() == Approx(static_cast<double>(want.perplexity)).epsilon(epsilon * 100));
            CHECK(test::worst_ulp_error(d, want.d_log_probs) <= 1);
        }
}

TEST_CASE("ptx_loss: parts join, and the coefficient stays at the buffer") {
    const std::vector<float> log_probs{-1, -2, -3, -4};
    std::vector<float> d(4, 100);
    rlhf::batch b{.sequences = 2, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r = rlhf::ptx_loss(b, {.log_probs = log_probs, .d_log_probs = rlhf::add_to(d, 8)});
    CHECK(r.loss() == 2.5);
    CHECK(r.perplexity() == Approx(std::exp(2.5)));
    CHECK(d == std::vector<float>(4, 98));
    b.denominator = rlhf::count(b);
    rlhf::ptx_loss_result joined;
    for (int s = 0; s < 2; ++s) joined += rlhf::ptx_loss(b.part(s, 1), {.log_probs = rlhf::part(log_probs, b, s, 1)});
    CHECK(joined.loss() == 2.5);
    CHECK(joined.perplexity() == r.perplexity());
}
