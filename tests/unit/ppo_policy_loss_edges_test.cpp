// SPDX-License-Identifier: MIT

// ppo_policy_loss where there is nothing or too much, and as part of other people's trainers.

#include "support/six_tokens.hpp"

#include <algorithm>
#include <array>

using rlhf::aggregation, test::six;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

using arrays = rlhf::ppo_policy_loss_arrays<float>;

} // namespace

TEST_CASE("ppo_policy_loss: nothing to count is zero, not NaN") {
    six x;
    const auto zero = [&](const rlhf::batch& b, const arrays& a, aggregation how) {
        auto r = rlhf::ppo_policy_loss(b, a, {.aggregation = how});
        r += rlhf::ppo_policy_loss_result();
        for (const double v : {r.loss(), r.mean_loss(), r.own.tokens, r.own.sequences, r.clip_fraction(), r.approx_kl(),
                               r.mean_ratio(), r.max_log_ratio(), r.effective_sample_size(), r.kl(), r.nonfinite()})
            CHECK(v == 0);
    };
    const std::vector<std::uint8_t> none(6, 0);
    const std::vector<std::int32_t> empty{0}, only_empty{0, 0, 0};
    for (const auto how :
         {aggregation::token_mean, aggregation::sequence_mean_token_mean, aggregation::sequence_mean_token_sum})
        for (const rlhf::denominator by : {rlhf::denominator(rlhf::counted_here), rlhf::denominator(rlhf::counts{}),
                                           rlhf::denominator(rlhf::counts{8, 3})}) {
            x.d.assign(6, 7.f);
            zero({.sequences = 2, .steps = 3, .mask = none, .denominator = by}, x.arrays(), how);
            CHECK(test::same_bits(x.d, std::vector<float>(6, 0.f)));
            for (const auto& b : {rlhf::batch{.sequences = 0, .steps = 3, .mask = rlhf::all, .denominator = by},
                                  rlhf::batch{.sequences = 3, .steps = 0, .mask = rlhf::all, .denominator = by},
                                  rlhf::batch{.offsets = empty, .mask = rlhf::all, .denominator = by},
                                  rlhf::batch{.offsets = only_empty, .mask = rlhf::all, .denominator = by},
                                  rlhf::batch{.sequences = 2,
                                  .steps = 0,
                                  .layout = rlhf::layout::time_first,
                                  .mask = rlhf::all,
                                  .denominator = by}})
                zero(b,
                     {.log_probs = std::span<const float>(),
                      .old_log_probs = std::span<const float>(),
                      .advantages = std::span<const float>()},
                     how);
        }
}

TEST_CASE("ppo_policy_loss: a value that is not finite stays in its own token, and is counted") {
    test::random r(4);
    const std::size_t n = 50;
    const auto lp = test::normals<float>(r, n, -1, 0.3), old = test::nearby(r, lp),
               advantages = test::advantages<float>(r, n);
    std::vector<float> clean(n);
    const rlhf::batch b{.steps = n, .mask = rlhf::all, .denominator = rlhf::counts{50, 1}};
    rlhf::ppo_policy_loss(b,
                          {.log_probs = lp,
                           .old_log_probs = old,
                           .ref_log_probs = old,
                           .behavior_log_probs = old,
                           .advantages = advantages,
                           .d_log_probs = clean},
                          {.kl_coef = 0.1});
    for (const std::size_t at : {0U, 21U, 49U})
        for (int which = 0; which < 5; ++which)
            for (const float bad : {NaN, inf, -inf}) {
                CAPTURE(at, which, bad);
                std::array<std::vector<float>, 5> x{lp, old, old, old, advantages};
                x[static_cast<std::size_t>(which)][at] = bad;
                std::vector<float> d(n);
                const auto result = rlhf::ppo_policy_loss(b,
                                                          {.log_probs = x[0],
                                                           .old_log_probs = x[1],
                                                           .ref_log_probs = x[2],
                                                           .behavior_log_probs = x[3],
                                                           .advantages = x[4],
                                                           .d_log_probs = d},
                                                          {.kl_coef = 0.1});
                // A behavior log-prob of ∞ weighs 0, and so does an old one of −∞, whose ratio is ∞ but cut at Â > 0.
                const bool finite = (which == 3 && bad == inf) || (which == 1 && bad == -inf && advantages[at] > 0);
                CHECK(result.nonfinite() == (finite ? 0 : 1));
                CHECK(std::isfinite(result.loss()) == finite);
                d[at] = clean[at];
                CHECK(test::same_bits(d, clean));
            }
}

TEST_CASE("ppo_policy_loss: a weight that is not finite makes a loss that is counted") {
    for (const float bad : {NaN, inf, -inf}) {
        six x;
        const std::vector<float> weights{1, bad, 1, bad, 1, 1}; // the fourth token's loss is 0
        auto a = x.arrays();
        a.weights = weights;
        CHECK(rlhf::ppo_policy_loss(x.batch, a).nonfinite() == 2);
    }
}

TEST_CASE("ppo_policy_loss: approx_kl is the mean of old - new, whatever log_ratio_limit is") {
    const std::vector<float> lp{-1, 0}, old{0, 0}, one{1, 1};
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::ppo_policy_loss_arrays<float> a{.log_probs = lp, .old_log_probs = old, .advantages = one};
    for (const double limit : {0.5, rlhf::unlimited}) {
        const auto r = rlhf::ppo_policy_loss(b, a, {.log_ratio_limit = limit});
        CHECK(r.approx_kl() == 0.5);
        CHECK(r.approx_kl_half_square() == 0.25);
        CHECK(r.max_log_ratio() == 1);
        CHECK(r.mean_ratio() == Approx((1 + std::exp(-std::min(limit, 1.0))) / 2)); // of the ratio that is used
    }
}

TEST_CASE("ppo_policy_loss: limits instead of 0 times infinity") {
    const std::vector<float> zero{0}, far{-200}, lp{-1}, one{1};
    std::vector<float> d(1);
    const rlhf::batch b{.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    // e²⁰⁰ overflows: without a coefficient the divergence is a statistic and no part of the loss.
    const std::vector<float> ref{199};
    const auto statistic = rlhf::ppo_policy_loss(
        b, {.log_probs = lp, .old_log_probs = lp, .ref_log_probs = ref, .advantages = one, .d_log_probs = d});
    CHECK((statistic.loss() == -1 && d[0] == -1 && statistic.kl() == inf));
    // An advantage of 0 makes a loss of 0, whatever the ratio and the importance weight.
    for (const auto& old : {far, zero, std::vector<float>{-inf}}) {
        const auto r =
            rlhf::ppo_policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = zero, .d_log_probs = d});
        CHECK((r.loss() == 0 && d[0] == 0));
    }
    const auto weighted = rlhf::ppo_policy_loss(
        b, {.log_probs = lp, .old_log_probs = lp, .behavior_log_probs = far, .advantages = zero, .d_log_probs = d});
    CHECK((weighted.loss() == 0 && d[0] == 0));
    // A weight that is masked below its bound takes an infinite loss away.
    const std::vector<float> high{200}, bad{-1};
    const auto masked = rlhf::ppo_policy_loss(
        b, {.log_probs = high, .old_log_probs = zero, .behavior_log_probs = one, .advantages = bad, .d_log_probs = d},
        {.importance_limit = {0.5, 2}, .importance = rlhf::importance::mask});
    CHECK((masked.loss() == 0 && d[0] == 0));
    // All ratios 0: nothing is left in effect.
    const auto gone =
        rlhf::ppo_policy_loss(b, {.log_probs = far, .old_log_probs = zero, .advantages = one, .d_log_probs = d});
    CHECK(gone.effective_sample_size() == 0);
}

TEMPLATE_TEST_CASE("ppo_policy_loss: the effective sample size of ratios far from 1", "", float, double) {
    using T = TestType;
    const auto of = [](const std::vector<T>& log_ratios, std::vector<std::uint8_t> mask = {}) {
        const std::vector<T> zero(log_ratios.size());
        mask.resize(log_ratios.size(), 1);
        const auto r =
            rlhf::ppo_policy_loss<T>({.steps = log_ratios.size(), .mask = mask, .denominator = rlhf::counted_here},
                                     {.log_probs = log_ratios, .old_log_probs = zero, .advantages = zero});
        return r.effective_sample_size();
    };
    for (const double x : {44.4, 87.0, -50.0, -70.0, -87.0}) {
        CAPTURE(x);
        CHECK(of({T(x)}) == 1);
        CHECK(of({T(x), T(x), T(x)}) == Approx(1).epsilon(1e-12));
    }
    CHECK(of({45, 0}) == Approx(0.5).epsilon(1e-12));
    CHECK(of({-50, 0, -50, -50}) == Approx(0.25).epsilon(1e-12));
    CHECK(of({88, 45, 0, -80}, {0, 1, 1, 0}) == Approx(0.5).epsilon(1e-12));
    // Segments of one row, each in a range of its own.
    std::vector<T> row(3 * 512, -60);
    std::fill(row.begin() + 512, row.begin() + 1024, T(0));
    CHECK(of(row) == Approx(1.0 / 3).epsilon(1e-12));
    std::fill(row.begin() + 1024, row.end(), T(50));
    CHECK(of(row) == Approx(1.0 / 3).epsilon(1e-12));
    std::vector<T> d{1}; // looking at a token again does not add its gradient again
    const std::vector<T> far{45}, zero{0}, bad{-1};
    rlhf::ppo_policy_loss<T>(
        {.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.log_probs = far, .old_log_probs = zero, .advantages = bad, .d_log_probs = rlhf::add_to(d)});
    CHECK(d[0] == Approx(std::exp(45.0)).epsilon(1e-5));
    const double e = std::exp(-1.0); // of two sizes, both beyond
    CHECK(of({46, 45}) == Approx((1 + e) * (1 + e) / (2 * (1 + e * e))).epsilon(1e-6));
    CHECK(of({-60, -61}) == Approx((1 + e) * (1 + e) / (2 * (1 + e * e))).epsilon(1e-6));
}

TEST_CASE("ppo_policy_loss: weights for a host that trains on a weighted negative log-likelihood") {
    // The host's loss is (1 / n) Σ wₜ nllₜ, so that its gradient by log-prob t is −wₜ / n.
    six x;
    rlhf::ppo_policy_loss(x.batch, x.arrays());
    const auto direct = x.d;
    const double host_divides_by = 11;
    std::vector<float> weights(6);
    auto a = x.arrays();
    a.d_log_probs = rlhf::nll_weights(weights, host_divides_by);
    rlhf::ppo_policy_loss(x.batch, a);
    for (std::size_t i = 0; i < 6; ++i)
        CHECK(test::close(static_cast<float>(-weights[i] / host_divides_by), direct[i], 2));
    CHECK(weights[4] > 0); // a token that should become more likely
}

TEST_CASE("ppo_policy_loss: micro-batches with the denominator of the step add up to the step") {
    test::random r(6);
    const std::vector<std::int32_t> offsets{0, 5, 5, 30, 31, 60};
    const auto lp = test::normals<float>(r, 60, -1, 0.3), old = test::nearby(r, lp),
               advantages = test::advantages<float>(r, 60);
    const auto mask = test::flags(r, 60, 0.7);
    for (const auto how :
         {aggregation::token_mean, aggregation::sequence_mean_token_mean, aggregation::sequence_mean_token_sum}) {
        rlhf::batch whole{.offsets = offsets, .mask = mask, .denominator = rlhf::counted_here};
        std::vector<float> d(60, 1.f), parts(60, 1.f), own(60, 1.f);
        const auto all = rlhf::ppo_policy_loss(
            whole,
            {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = rlhf::add_to(d, 0.5)},
            {.aggregation = how});
        rlhf::ppo_policy_loss_result sum;
        double mean_of_means = 0;
        const auto add = [&](const rlhf::batch& from, int first, int n, std::vector<float>& to) {
            const auto part = [&](auto& array) { return rlhf::part(array, from, first, n); };
            return rlhf::ppo_policy_loss(from.part(first, n),
                                         {.log_probs = part(lp),
                                          .old_log_probs = part(old),
                                          .advantages = part(advantages),
                                          .d_log_probs = rlhf::add_to(part(to), 0.5)},
                                         {.aggregation = how});
        };
        for (const auto& [first, n] : {std::pair{0, 2}, std::pair{2, 2}, std::pair{4, 1}})
            mean_of_means += add(whole, first, n, own).loss() / 3;
        whole.denominator = rlhf::count(whole);
        for (const auto& [first, n] : {std::pair{0, 2}, std::pair{2, 2}, std::pair{4, 1}})
            sum += add(whole, first, n, parts);
        CHECK(test::same_bits(parts, d));
        CHECK(sum.loss() == all.loss());
        CHECK(sum.mean_loss() == all.mean_loss());
        CHECK(own != d); // each part by its own counts is another gradient
        CHECK(std::fabs(mean_of_means - all.loss()) > 1e-3);
        // Two steps: losses add, the mean is over all tokens of both.
        auto steps = sum;
        whole.denominator = rlhf::counts{100, 10};
        const auto other = add(whole, 0, 5, own);
        steps += other;
        CHECK(steps.loss() == Approx(all.loss() + other.loss()).epsilon(1e-15));
        CHECK(steps.mean_loss() == Approx(all.mean_loss()).epsilon(1e-15));
    }
}

TEST_CASE("ppo_policy_loss: parts of two steps join in any order and grouping") {
    test::random r(7);
    const auto lp = test::normals<float>(r, 40, -1, 0.3), old = test::nearby(r, lp),
               advantages = test::advantages<float>(r, 40);
    const rlhf::batch all{.sequences = 4, .steps = 10, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::vector<rlhf::ppo_policy_loss_result> parts;
    double loss = 0, size = 0, mean = 0;
    for (const int s : {0, 1, 2, 3}) {
        auto b = all.part(s, 1);
        b.denominator = rlhf::counts{s < 2 ? 20.0 : 70.0, 7}; // two parts of each step
        const auto part = [&](auto& array) { return rlhf::part(array, all, s, 1); };
        parts.push_back(rlhf::ppo_policy_loss(
            b, {.log_probs = part(lp), .old_log_probs = part(old), .advantages = part(advantages)}));
        loss += parts.back().loss(), size += std::fabs(parts.back().loss()), mean += parts.back().mean_loss() / 4;
    }
    std::array<std::size_t, 4> order{0, 1, 2, 3};
    do {
        for (std::size_t cut = 0; cut <= 4; ++cut) {
            rlhf::ppo_policy_loss_result first, last;
            for (std::size_t i = 0; i < 4; ++i) (i < cut ? first : last) += parts[order[i]];
            first += last;
            CHECK(std::fabs(first.loss() - loss) <= 0x1p-50 * size);
            CHECK(first.mean_loss() == Approx(mean).epsilon(1e-14));
        }
    } while (std::next_permutation(order.begin(), order.end()));
}
