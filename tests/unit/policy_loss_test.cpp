// SPDX-License-Identifier: MIT

// policy_loss with each of its objectives. What they have in common is tested by ppo_policy_loss_test, too.

#include "contract/contract.hpp"
#include "support/cases.hpp"
#include "support/formulas.hpp"
#include "support/policy_losses.hpp"
#include "support/policy_objectives.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

using rlhf::policy_loss_options, rlhf::importance, rlhf::dppo_value;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

template <class T, class Objective>
void contract_holds(const Objective& objective, bool everything) {
    policy_loss_options o;
    if (everything) o = {.log_ratio_limit = 1, .kl_coef = 0.1, .importance_limit = 1.5};
    contract::holds_for_policy_loss<T>(objective, o, everything);
}

} // namespace

TEMPLATE_TEST_CASE("policy_loss: same bits however the batch is laid out", "[contract]", float, double) {
    for (const bool everything : {false, true}) {
        contract_holds<TestType>(rlhf::ppo_clip{.range = {0.2, 0.28}, .dual = 3}, everything);
        contract_holds<TestType>(rlhf::cispo{.low = 0.8, .high = 1.2}, everything);
        contract_holds<TestType>(rlhf::sapo{}, everything);
        contract_holds<TestType>(rlhf::topr{}, everything);
        contract_holds<TestType>(rlhf::dppo_tv{.range = 0.05, .cap = 2}, everything);
        contract_holds<TestType>(rlhf::dppo_kl{.value = dppo_value::ratio}, everything);
    }
}

namespace {

using real = long double;
using test::by_reference, test::objective_case;

constexpr double roundings = 6; // as in ppo_policy_loss_test: a difference, an exponential, five products and a sum

template <class T, class Objective>
void matches_reference(const Objective& objective, const policy_loss_options& o, bool kl, bool everything) {
    const objective_case<T, Objective> c(objective, o);
    using view = rlhf::view<const T>;
    std::vector<T> d(c.where.size());
    const auto got = rlhf::policy_loss<T>(c.where.batch(),
                                          {.log_probs = c.lp,
                                           .old_log_probs = c.old,
                                           .ref_log_probs = kl ? view(c.ref) : view(),
                                           .behavior_log_probs = everything ? view(c.behavior) : view(),
                                           .advantages = c.advantages,
                                           .weights = everything ? view(c.weights) : view(),
                                           .d_log_probs = d},
                                          objective, o);
    using reference::to_real;
    reference::policy_loss_options options;
    options.log_ratio_limit = o.log_ratio_limit, options.kl_coef = o.kl_coef;
    options.importance_high = o.importance_limit.high;
    const auto b = c.where.reference();
    const auto want = reference::policy_loss(
        b,
        {.log_probs = to_real(c.lp),
         .old_log_probs = to_real(c.old),
         .ref_log_probs = kl ? to_real(c.ref) : reference::array(),
         .behavior_log_probs = everything ? to_real(c.behavior) : reference::array(),
         .advantages = to_real(c.advantages),
         .weights = everything ? to_real(c.weights) : reference::array()},
        [&](const reference::sampled_token& t) { return by_reference(objective, t); }, options);
    const auto share = reference::shares(b, options.aggregation);
    reference::array scale(c.where.size(), 0);
    real sum = 0;
    for (std::size_t i = 0; i < scale.size(); ++i)
        if (c.where.mask[i] != 0) {
            const real weight = everything ? std::fabs(real(c.weights[i])) : 1;
            scale[i] = c.scale(i, kl, everything) * share[i] * weight + std::numeric_limits<T>::min(); // 0 may be −0
            sum += scale[i];
        }
    CHECK(test::worst_error(d, want.d_log_probs, scale) <= roundings);
    CHECK(test::error<T>(got.loss(), want.loss, sum) <= roundings + test::summing<T>);
    CHECK(got.clip_fraction() == Approx(static_cast<double>(want.clip_fraction)).epsilon(1e-14));
    CHECK(got.dual_clip_fraction() == Approx(static_cast<double>(want.dual_clip_fraction)).epsilon(1e-14));
    CHECK(got.mean_ratio() == Approx(static_cast<double>(want.mean_ratio)).epsilon(1e-5));
    CHECK(got.kl() == Approx(static_cast<double>(want.ref_kl)).epsilon(1e-4));
    CHECK(got.nonfinite() == 0);
}

template <class T, class Objective>
void matches_reference(const Objective& objective) {
    matches_reference<T>(objective, {}, false, false);
    matches_reference<T>(objective, {.kl_coef = 0.1}, true, false);
    matches_reference<T>(objective, {.log_ratio_limit = 0.25, .kl_coef = 0.1, .importance_limit = 1.3}, true, true);
}

} // namespace

TEMPLATE_TEST_CASE("policy_loss: value, gradient and statistics equal the reference", "", float, double) {
    using T = TestType;
    matches_reference<T>(rlhf::ppo_clip{.range = {0.2, 0.28}});
    matches_reference<T>(rlhf::ppo_clip{.dual = 1.4});
    matches_reference<T>(rlhf::cispo{.low = 0.8, .high = 1.2});
    matches_reference<T>(rlhf::cispo{.low = 0.8, .high = 1.2, .beyond = importance::mask});
    matches_reference<T>(rlhf::sapo{});
    matches_reference<T>(rlhf::topr{.positive = 1.5, .negative = 0.5});
    for (const auto value : {dppo_value::log_prob, dppo_value::ratio}) {
        matches_reference<T>(rlhf::dppo_tv{.range = {0.02, 0.05}, .cap = 1.3, .value = value});
        matches_reference<T>(rlhf::dppo_kl{.range = {0.005, 0.01}, .value = value});
    }
}

TEST_CASE("policy_loss: with ppo_clip it is ppo_policy_loss") {
    test::random r(3);
    const std::size_t n = 700;
    const auto lp = test::near_policy<float>(r, n), old = test::near_policy<float>(r, n),
               a = test::advantages<float>(r, n);
    const rlhf::batch b{.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const double dual : {1.5, rlhf::unlimited}) {
        std::vector<float> one(n), other(n);
        const auto x =
            rlhf::policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = a, .d_log_probs = one},
                              rlhf::ppo_clip{.range = {0.1, 0.3}, .dual = dual}, {.log_ratio_limit = 0.5});
        const auto y =
            rlhf::ppo_policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = a, .d_log_probs = other},
                                  {.clip_range = {0.1, 0.3}, .dual_clip = dual, .log_ratio_limit = 0.5});
        CHECK(test::same_bits(one, other));
        CHECK(test::digest(x) == test::digest(y));
        CHECK((x.dual_clip_fraction() > 0) == (dual < 2));
    }
}

TEMPLATE_TEST_CASE("policy_loss: without a clip the loss is the ratio times the advantage", "", float, double) {
    using T = TestType;
    constexpr T big = std::numeric_limits<T>::infinity();
    const std::vector<T> log_probs{0, T(-0.5), -1, -3, -40, big, -big, T(NaN)}, advantages{0, 2, -2, big, -big, T(NaN)};
    for (const T log_prob : log_probs)
        for (const T old_log_prob : log_probs)
            for (const T advantage : advantages) {
                CAPTURE(log_prob, old_log_prob, advantage);
                const std::vector<T> lp{log_prob}, old{old_log_prob}, a{advantage};
                std::vector<T> d{7};
                const auto got =
                    rlhf::policy_loss<T>({.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                         {.log_probs = lp, .old_log_probs = old, .advantages = a, .d_log_probs = d},
                                         rlhf::ppo_clip{.range = {1, rlhf::unlimited}});
                const T want = -(rlhf::lane::exp(log_prob - old_log_prob) * advantage);
                CHECK(test::same_or_nan(got.loss(), double(want)));
                CHECK(test::same_or_nan(d[0], want));
                CHECK(got.clip_fraction() == 0);
            }
}

TEST_CASE("policy_loss: weights by the length of a sequence, n^(α − 1)") {
    test::random r(9);
    const std::vector<std::int64_t> offsets{0, 3, 4, 11, 40, 56};
    const std::size_t sequences = offsets.size() - 1, tokens = 56;
    const auto lp = test::near_policy<double>(r, tokens), old = test::near_policy<double>(r, tokens),
               a = test::advantages<double>(r, tokens);
    const rlhf::batch b{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    constexpr rlhf::ppo_clip objective{.range = {1, rlhf::unlimited}};
    const auto plain = [&](rlhf::aggregation how, std::vector<double>& d) {
        return rlhf::policy_loss<double>(b, {.log_probs = lp, .old_log_probs = old, .advantages = a, .d_log_probs = d},
                                         objective, {.aggregation = how})
            .loss();
    };
    for (const double alpha : {0.0, 0.5, 0.75, 1.0}) {
        CAPTURE(alpha);
        std::vector<double> w(sequences), d(tokens), d_want(tokens);
        double want = 0;
        for (std::size_t s = 0; s < sequences; ++s) {
            const auto n = static_cast<double>(offsets[s + 1] - offsets[s]);
            w[s] = std::pow(n, alpha - 1);
            for (auto t = static_cast<std::size_t>(offsets[s]); t < static_cast<std::size_t>(offsets[s + 1]); ++t) {
                d_want[t] = -std::pow(n, alpha) / n * std::exp(lp[t] - old[t]) * a[t] / double(sequences);
                want += d_want[t]; // the slope of a token is its loss
            }
        }
        const auto got =
            rlhf::policy_loss<double>(b,
                                      {.log_probs = lp,
                                       .old_log_probs = old,
                                       .advantages = a,
                                       .weights = rlhf::per_sequence(w),
                                       .d_log_probs = d},
                                      objective, {.aggregation = rlhf::aggregation::sequence_mean_token_sum});
        const auto agree = [&](double loss, const std::vector<double>& slopes) {
            CHECK(loss == Approx(want).epsilon(1e-13).margin(1e-14));
            for (std::size_t t = 0; t < tokens; ++t) CHECK(slopes[t] == Approx(d_want[t]).epsilon(1e-13));
        };
        agree(got.loss(), d);
        if (alpha == 0) agree(plain(rlhf::aggregation::sequence_mean_token_mean, d), d);
        if (alpha == 1) agree(plain(rlhf::aggregation::sequence_mean_token_sum, d), d);
    }
}

TEST_CASE("policy_loss: options of an objective out of range throw, NaN always") {
    const std::vector<float> x{-1};
    std::vector<float> d{7};
    const auto refused = [&](const auto& objective, const policy_loss_options& o = {}) {
        const auto said = test::refusal([&] {
            rlhf::policy_loss({.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
                              {.log_probs = x, .old_log_probs = x, .advantages = x, .d_log_probs = d}, objective, o);
        });
        CHECK((said.empty() || d[0] == 7));
        return said;
    };
    const std::string f = "rlhf::policy_loss: ";
    CHECK(refused(rlhf::ppo_clip{.range = {1.5, 0.2}}) == f + "range.low is 1.5, expected [0, 1]");
    CHECK(refused(rlhf::ppo_clip{.range = {0.2, NaN}}) == f + "range.high is nan, expected [0, inf]");
    CHECK(refused(rlhf::ppo_clip{.dual = 1.1}) == f + "dual is 1.1, expected [1.2, inf]");
    CHECK(refused(rlhf::cispo{.low = -1}) == f + "low is -1, expected [0, 5]");
    CHECK(refused(rlhf::cispo{.low = 2, .high = 1}) == f + "low is 2, expected [0, 1]");
    CHECK(refused(rlhf::cispo{.high = NaN}) == f + "high is nan, expected [0, inf]");
    CHECK(refused(rlhf::sapo{.tau_positive = 0}) == f + "tau_positive is 0, expected [1e-06, 64]");
    CHECK(refused(rlhf::sapo{.tau_negative = 65}) == f + "tau_negative is 65, expected [1e-06, 64]");
    CHECK(refused(rlhf::topr{.positive = -1}) == f + "positive is -1, expected [0, 1e+06]");
    CHECK(refused(rlhf::topr{.negative = NaN}) == f + "negative is nan, expected [0, 1e+06]");
    CHECK(refused(rlhf::dppo_tv{.range = {-1, 0}}) == f + "range.low is -1, expected [0, inf]");
    CHECK(refused(rlhf::dppo_kl{.range = {0, NaN}}) == f + "range.high is nan, expected [0, inf]");
    CHECK(refused(rlhf::dppo_kl{.cap = -1}) == f + "cap is -1, expected [0, inf]");
    CHECK(refused(rlhf::sapo{}, {.kl_coef = 0.1}) == f + "kl_coef needs ref_log_probs");
    CHECK(refused(rlhf::sapo{}, {.log_ratio_limit = 0}) == f + "log_ratio_limit is 0, expected more than 0");
    CHECK(refused(rlhf::cispo{.low = 0, .high = inf}).empty());
}
