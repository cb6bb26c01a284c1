// SPDX-License-Identifier: MIT

// ppo_policy_loss where there is nothing, too much or something wrong, and as part of other people's trainers.

#include "support/cases.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

using rlhf::aggregation;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

struct six {
    std::vector<float> lp{-1, -2, -3, -1, -2, -3}, old{-1.5f, -2, -2.5f, -1, -1, -4}, advantages{1, -1, 2, 0, 1, -2},
        d = std::vector<float>(6, 7.f);
    rlhf::batch batch{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::ppo_policy_loss_arrays<float> arrays() {
        return {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d};
    }
};

/// The sentence, and that nothing was written.
template <class Change>
std::string refused(Change change, const rlhf::ppo_policy_loss_options& o = {}) {
    six x;
    auto a = x.arrays();
    change(x, a);
    const auto said = test::refusal([&] { rlhf::ppo_policy_loss(x.batch, a, o); });
    CHECK(x.d == std::vector<float>(6, 7.f));
    return said;
}
std::string refused(const rlhf::ppo_policy_loss_options& o) {
    return refused([](six&, auto&) {}, o);
}

using arrays = rlhf::ppo_policy_loss_arrays<float>;

} // namespace

TEST_CASE("ppo_policy_loss: arrays of the wrong size or place are refused") {
    std::vector<float> five(5), eight(8), two(2), table(20);
    const auto rows = [&](int s, int t, int stride) {
        return rlhf::view(table.data(), {.sequences = s, .steps = t, .stride = stride});
    };
    CHECK(refused([&](six&, arrays& a) { a.old_log_probs = five; }) ==
          "rlhf::ppo_policy_loss: old_log_probs has 5 elements, expected 6");
    CHECK(refused([&](six&, arrays& a) { a.log_probs = eight; }) ==
          "rlhf::ppo_policy_loss: log_probs has 8 elements, expected 6");
    CHECK(refused([&](six&, arrays& a) { a.advantages = rows(2, 4, 0); }) ==
          "rlhf::ppo_policy_loss: advantages is [2, 4], expected [2, 3]");
    CHECK(refused([&](six&, arrays& a) { a.weights = rows(3, 2, 0); }) ==
          "rlhf::ppo_policy_loss: weights is [3, 2], expected [2, 3]");
    CHECK(refused([&](six&, arrays& a) { a.ref_log_probs = rows(2, 3, 2); }) ==
          "rlhf::ppo_policy_loss: ref_log_probs has a stride of 2, shorter than its row of 3");
    CHECK(refused([&](six&, arrays& a) { a.weights = rlhf::per_sequence(five); }) ==
          "rlhf::ppo_policy_loss: weights has 5 elements, expected 2 (one a sequence)");
    CHECK(refused([&](six&, arrays& a) { a.d_log_probs = rlhf::per_sequence(two); }) ==
          "rlhf::ppo_policy_loss: d_log_probs is an output, one element a token");
    CHECK(refused([&](six&, arrays& a) { a.d_log_probs = rlhf::write_to(five); }) ==
          "rlhf::ppo_policy_loss: d_log_probs has 5 elements, expected 6");
    CHECK(refused([&](six&, arrays& a) { a.log_probs = rlhf::view<const float>(); }) ==
          "rlhf::ppo_policy_loss: log_probs is missing");
    const rlhf::view<const float> nowhere(nullptr, {.sequences = 2, .steps = 3});
    CHECK(refused([&](six&, arrays& a) { a.behavior_log_probs = nowhere; }) ==
          "rlhf::ppo_policy_loss: behavior_log_probs is a null pointer to 6 elements");
    CHECK(refused([&](six& x, arrays& a) { a.d_log_probs = rlhf::add_to(x.d, inf); }) ==
          "rlhf::ppo_policy_loss: d_log_probs is inf, expected a finite number");
}

TEST_CASE("ppo_policy_loss: batches that make no sense are refused") {
    const std::vector<std::uint8_t> short_mask(5, 1);
    CHECK(refused([&](six& x, arrays&) { x.batch.mask = short_mask; }) ==
          "rlhf::ppo_policy_loss: batch.mask has 5 elements, expected 6");
    CHECK(refused([&](six& x, arrays&) { x.batch.steps = -3; }) == "rlhf::ppo_policy_loss: batch is [2, -3]");
    const auto with_offsets = [](std::vector<std::int32_t> o) {
        return refused([&](six& x, arrays&) { x.batch.offsets = o; });
    };
    CHECK(with_offsets({1, 3, 6}) == "rlhf::ppo_policy_loss: batch.offsets start at 1, expected 0");
    CHECK(with_offsets({0, 4, 3, 6}) == "rlhf::ppo_policy_loss: batch.offsets fall from 4 to 3 at sequence 1");
    CHECK(with_offsets({0, 3, 7}) == "rlhf::ppo_policy_loss: log_probs has 6 elements, expected 7");
    six legal; // equal neighbours are empty sequences
    const std::vector<std::int32_t> some_empty{0, 3, 3, 3, 6, 6};
    legal.batch.offsets = some_empty;
    CHECK(rlhf::ppo_policy_loss(legal.batch, legal.arrays()).own == rlhf::counts{6, 2});
    const std::vector<std::int64_t> offsets{0, 2, 6};
    CHECK(refused([&](six& x, arrays&) { x.batch.offsets = offsets, x.batch.layout = rlhf::layout::time_first; }) ==
          "rlhf::ppo_policy_loss: a packed batch has no layout::time_first");
    CHECK(refused([&](six& x, arrays& a) {
              x.batch.offsets = offsets;
              a.log_probs = rlhf::view(x.lp.data(), {.sequences = 2, .steps = 3});
          }) == "rlhf::ppo_policy_loss: log_probs has rows, but the batch is packed: give [tokens]");
    const auto over = [](double tokens) {
        return refused([&](six& x, arrays&) { x.batch.denominator = rlhf::counts{.tokens = tokens, .sequences = 1}; });
    };
    CHECK(over(4) == "rlhf::ppo_policy_loss: the batch counts 6 tokens, more than its denominator 4; a part cannot "
                     "exceed the whole");
    CHECK(over(NaN) == "rlhf::ppo_policy_loss: batch.denominator is nan tokens, expected a finite number");
    CHECK(over(-1) == "rlhf::ppo_policy_loss: batch.denominator is -1 tokens, expected a finite number");
    CHECK(refused([](six& x, arrays&) { x.batch.denominator = rlhf::counts{.tokens = 6, .sequences = 1}; },
                  {.aggregation = aggregation::sequence_mean_token_sum}) ==
          "rlhf::ppo_policy_loss: the batch counts 2 sequences, more than its denominator 1; a part cannot exceed the "
          "whole");
}

TEST_CASE("ppo_policy_loss: options out of range are refused, NaN always") {
    const std::string f = "rlhf::ppo_policy_loss: ";
    CHECK(refused({.clip_range = {-0.1, 0.2}}) == f + "clip_range.low is -0.1, expected [0, 1]");
    CHECK(refused({.clip_range = {1.5, 0.2}}) == f + "clip_range.low is 1.5, expected [0, 1]");
    CHECK(refused({.clip_range = {0.2, -1}}) == f + "clip_range.high is -1, expected at least 0");
    CHECK(refused({.clip_range = {NaN, 0.2}}) == f + "clip_range.low is nan, expected [0, 1]");
    CHECK(refused({.clip_range = {0.2, NaN}}) == f + "clip_range.high is nan, expected at least 0");
    CHECK(refused({.dual_clip = 0.5}) == f + "dual_clip is 0.5, expected [1, inf]");
    CHECK(refused({.dual_clip = 1.1}) == f + "dual_clip is 1.1, less than 1 + clip_range.high = 1.2");
    CHECK(refused({.dual_clip = NaN}) == f + "dual_clip is nan, expected [1, inf]");
    CHECK(refused({.log_ratio_limit = 0}) == f + "log_ratio_limit is 0, expected more than 0");
    CHECK(refused({.log_ratio_limit = NaN}) == f + "log_ratio_limit is nan, expected more than 0");
    CHECK(refused({.kl_coef = inf}) == f + "kl_coef is inf, expected a finite number");
    CHECK(refused({.kl_limit = -1}) == f + "kl_limit is -1, expected more than 0");
    CHECK(refused({.importance_limit = NaN}) == f + "importance_limit is nan, expected more than 0");
}

TEST_CASE("ppo_policy_loss: options that cannot act are refused") {
    const std::string f = "rlhf::ppo_policy_loss: ";
    CHECK(refused({.kl_coef = 0.1}) == f + "kl_coef needs ref_log_probs");
    CHECK(refused({.kl_gradient = rlhf::kl_estimator::k2}) == f + "kl_gradient needs ref_log_probs");
    CHECK(refused({.kl_limit = 1}) == f + "kl_limit needs ref_log_probs");
    CHECK(refused({.importance_limit = 2}) == f + "importance_limit needs behavior_log_probs");
    CHECK(refused({.importance_limit = 2, .importance = rlhf::importance::mask}) ==
          f + "importance_limit needs behavior_log_probs");
    CHECK(refused([](six& x, arrays& a) { a.behavior_log_probs = x.old; }, {.importance = rlhf::importance::mask}) ==
          f + "importance::mask needs importance_limit");
    six x;
    auto a = x.arrays();
    a.ref_log_probs = x.old, a.behavior_log_probs = x.old;
    CHECK(test::refusal([&] {
              rlhf::ppo_policy_loss(x.batch, a,
                                    {.kl_gradient = rlhf::kl_estimator::k2,
                                     .kl_limit = 1,
                                     .importance_limit = 2,
                                     .importance = rlhf::importance::mask});
          }) == "was not refused");
    const rlhf::batch empty{.sequences = 2, .steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto none = std::span<const float>();
    CHECK(test::refusal([&] {
              rlhf::ppo_policy_loss<float>(empty, {.log_probs = none, .old_log_probs = none, .advantages = none},
                                           {.kl_coef = 0.1, .importance_limit = 2});
          }) == "was not refused"); // a part without tokens, in which no option can act
}

TEST_CASE("ppo_policy_loss: options that are infinite or 0 in the type of the call are refused") {
    const std::string f = "rlhf::ppo_policy_loss: ";
    const auto with_ref = [](const rlhf::ppo_policy_loss_options& o) {
        return refused([](six& x, arrays& a) { a.ref_log_probs = x.old, a.behavior_log_probs = x.old; }, o);
    };
    CHECK(with_ref({.kl_coef = 1e39}) == f + "kl_coef is 1e+39, which is infinite as a float");
    CHECK(with_ref({.log_ratio_limit = 1e-50}) == f + "log_ratio_limit is 1e-50, which is 0 as a float");
    CHECK(with_ref({.kl_limit = 1e-50}) == f + "kl_limit is 1e-50, which is 0 as a float");
    CHECK(with_ref({.importance_limit = 1e-50}) == f + "importance_limit is 1e-50, which is 0 as a float");
    const std::vector<double> x{-1}, d(1);
    const auto r = rlhf::ppo_policy_loss<double>(
        {.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.log_probs = x, .old_log_probs = x, .ref_log_probs = d, .advantages = d}, {.kl_coef = 1e39});
    CHECK(r.loss() == Approx(1e39 * (std::exp(1.0) - 2))); // as a double it is a number like others
}

TEST_CASE("ppo_policy_loss: a gradient that overlaps is refused") {
    CHECK(refused([](six& x, arrays& a) { a.log_probs = x.d; }) ==
          "rlhf::ppo_policy_loss: d_log_probs overlaps log_probs");
    std::vector<float> table(12);
    const auto columns = [&](int first, int stride) {
        return rlhf::view(table.data() + first, {.sequences = 2, .steps = 3, .stride = stride});
    };
    six x;
    auto a = x.arrays();
    const auto said = [&](int in, int out) {
        a.advantages = columns(in, 6), a.d_log_probs = columns(out, 6);
        return test::refusal([&] { rlhf::ppo_policy_loss(x.batch, a); });
    };
    CHECK(said(0, 3) == "was not refused"); // side by side in one table
    CHECK(said(3, 0) == "was not refused");
    CHECK(said(0, 2) == "rlhf::ppo_policy_loss: d_log_probs overlaps advantages");
    CHECK(said(2, 0) == "rlhf::ppo_policy_loss: d_log_probs overlaps advantages");
    std::vector<std::uint8_t> bytes(24, 1); // a mask in the gradient's memory
    x.batch.mask = rlhf::view(reinterpret_cast<const std::uint8_t*>(x.d.data()), {.sequences = 2, .steps = 3});
    a.advantages = x.advantages, a.d_log_probs = x.d;
    CHECK(test::refusal([&] { rlhf::ppo_policy_loss(x.batch, a); }) ==
          "rlhf::ppo_policy_loss: d_log_probs overlaps batch.mask");
}

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

TEST_CASE("ppo_policy_loss: what is not finite stays in its own token, and is counted") {
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
    // An advantage of 0 is no loss, whatever the ratio and the importance weight.
    for (const auto& old : {far, zero, std::vector<float>{-inf}}) {
        const auto r =
            rlhf::ppo_policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = zero, .d_log_probs = d});
        CHECK((r.loss() == 0 && d[0] == 0));
    }
    const auto weighted = rlhf::ppo_policy_loss(
        b, {.log_probs = lp, .old_log_probs = lp, .behavior_log_probs = far, .advantages = zero, .d_log_probs = d});
    CHECK((weighted.loss() == 0 && d[0] == 0));
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
