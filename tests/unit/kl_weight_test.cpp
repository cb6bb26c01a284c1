// SPDX-License-Identifier: MIT

// What multiplies the estimate of KL in a policy loss.

#include "reference/policy_loss.hpp"
#include "support/cases.hpp"
#include "support/dual.hpp"

#include <rlhf/policy/policy_loss.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>

using rlhf::kl_estimator, rlhf::kl_weight;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr std::array weights{kl_weight::ratio, kl_weight::constant_ratio, kl_weight::own_ratio};
constexpr std::array estimators{kl_estimator::k1, kl_estimator::k2, kl_estimator::k3, kl_estimator::abs};

/// k(d) times the ratio of x.
template <class V>
rlhf::formula::kl_term<V> weighted(V d, V x, double limit, bool learns, kl_estimator k, kl_weight weight) {
    using std::exp;
    return rlhf::formula::weighted_kl(rlhf::formula::kl(d, k, k, V(limit)), d, V(limit), k == kl_estimator::k3, exp(x),
                                      learns, weight);
}

} // namespace

TEST_CASE("weighted_kl: its slope is the derivative of its value, where the weight moves along", "[formula]") {
    using number = test::dual<double>;
    test::random r(51);
    int cut = 0;
    for (int i = 0; i < 4000; ++i) {
        const double d = r.normal(0, 2), x = r.normal(0, 0.5), limit = r.below(2) != 0 ? 1.5 : inf;
        for (const auto k : estimators)
            for (const auto weight : weights) {
                CAPTURE(d, x, limit, int(k), int(weight));
                const bool moves = weight != kl_weight::constant_ratio && r.below(4) != 0;
                if (weight == kl_weight::own_ratio && !moves) continue;
                // the ratio of π to itself is the ratio at x = 0, and moves
                const auto by = weight == kl_weight::own_ratio ? kl_weight::ratio : weight;
                const double log_ratio = weight == kl_weight::own_ratio ? 0 : x;
                const auto want = weighted<number>({d, 1}, {log_ratio, moves ? 1.0 : 0.0}, limit, moves, k, by).value;
                const auto got = weighted<double>(d, x, limit, moves, k, weight);
                REQUIRE(got.value == Approx(want.value).epsilon(1e-14));
                REQUIRE(got.slope == Approx(want.slope).epsilon(1e-12).margin(1e-14));
                cut += std::fabs(got.value) == limit;
            }
    }
    CHECK(cut > 300);
}

TEST_CASE("weighted_kl: for k3 the slope by the ratio is ρ d, with all its digits, also where k3 is ∞", "[formula]") {
    for (const float d : {-100.0F, -20.0F, -3.0F, -1e-4F, 0.0F, 1e-6F, 0.7F, 30.0F}) {
        CAPTURE(d);
        CHECK(weighted<float>(d, 0, inf, true, kl_estimator::k3, kl_weight::own_ratio).slope == d);
        CHECK(weighted<float>(d, 0, inf, true, kl_estimator::k3, kl_weight::ratio).slope == d);
    }
}

namespace {

/// The losses of both have the roundings of a policy loss: an exponential of d and one of the log ratio, whose
/// arguments are rounded, and five products and sums.
template <class T>
void matches_reference(kl_weight weight, kl_estimator k, double limit, double log_ratio_limit) {
    test::random r(53);
    auto where = test::mixed_rectangle(r);
    const std::size_t n = where.size();
    auto lp = test::normals<T>(r, n, -1.5, 0.5);
    const auto old = test::nearby(r, lp, 0.3), ref = test::nearby(r, lp, 0.5), advantages = test::advantages<T>(r, n);
    const auto clear = [](double x, double bound) { return std::fabs(x - bound) > 1e-5; };
    for (std::size_t i = 0; i < n; ++i) { // no decision may hang on a rounding
        const double x = double(lp[i]) - double(old[i]), d = double(lp[i]) - double(ref[i]);
        const double size = std::fabs(rlhf::formula::kl(d, k, k, inf).value);
        if (!clear(std::exp(x), 0.8) || !clear(std::exp(x), 1.2) || !clear(size, limit) ||
            !clear(std::fabs(x), log_ratio_limit) || (k == kl_estimator::abs && !clear(d, 0)))
            where.mask[i] = 0;
    }
    test::poison(r, lp, where.mask);
    std::vector<T> d_log_probs(n);
    const rlhf::ppo_policy_loss_options o{.clip_range = 0.2,
                                          .log_ratio_limit = log_ratio_limit,
                                          .kl_coef = 0.5,
                                          .kl_estimator = k,
                                          .kl_limit = limit,
                                          .kl_weight = weight};
    const auto got = rlhf::ppo_policy_loss<T>(where.batch(),
                                              {.log_probs = lp,
                                               .old_log_probs = old,
                                               .ref_log_probs = ref,
                                               .advantages = advantages,
                                               .d_log_probs = d_log_probs},
                                              o);
    using reference::to_real, reference::real;
    const auto b = where.reference();
    const auto clipped = [](const reference::sampled_token& t) {
        const real ratio = std::exp(t.log_ratio), used = reference::clamped(ratio, 0.8L, 1.2L);
        const bool cut = used * t.advantage < ratio * t.advantage;
        return reference::surrogate{-(cut ? used : ratio) * t.advantage, cut || t.limited ? 0 : -ratio * t.advantage};
    };
    const auto want =
        reference::policy_loss(b, {to_real(lp), to_real(old), to_real(ref), {}, to_real(advantages)}, clipped,
                               {.log_ratio_limit = log_ratio_limit,
                                .kl_coef = 0.5L,
                                .kl_value = static_cast<reference::kl_estimator>(k),
                                .kl_limit = limit,
                                .kl_weight = static_cast<reference::kl_weight>(weight)});
    const auto share = reference::shares(b, reference::aggregation::token_mean);
    reference::array scale(n, 0);
    long double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (where.mask[i] == 0) continue;
        const long double ratio = std::exp((long double)(lp[i]) - old[i]), d = std::fabs((long double)(lp[i]) - ref[i]);
        scale[i] = share[i] * ratio * (std::fabs((long double)(advantages[i])) + (1 + d) * (1 + d) * std::exp(d)) *
                   (2 + std::fabs((long double)(lp[i])));
        total += scale[i];
    }
    CHECK(test::worst_error(d_log_probs, want.d_log_probs, scale) <= 8);
    CHECK(test::error<T>(got.loss(), want.loss, total) <= 8 + test::summing<T>);
    CHECK(got.kl() == Approx(static_cast<double>(want.ref_kl)).epsilon(1e-4)); // without the weight
}

} // namespace

TEMPLATE_TEST_CASE("kl_weight: against the reference", "[reference]", float, double) {
    for (const auto weight : weights)
        for (const auto k : estimators) {
            CAPTURE(int(weight), int(k));
            matches_reference<TestType>(weight, k, inf, inf);
            matches_reference<TestType>(weight, k, 0.3, 0.2);
        }
}

TEST_CASE("kl_weight: refusals") {
    const std::vector<float> x(2, -1);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto said = [&](const auto& objective, bool ref, kl_weight weight) {
        return test::refusal([&] {
            rlhf::policy_loss(b,
                              {.log_probs = x,
                               .old_log_probs = x,
                               .ref_log_probs = ref ? rlhf::view<const float>(x) : rlhf::view<const float>(),
                               .advantages = x},
                              objective, {.kl_coef = ref ? 0.1 : 0, .kl_weight = weight});
        });
    };
    const std::string f = "rlhf::policy_loss: ", of_token = f + "kl_weight needs a ratio per token, but this "
                                                                "objective has one per sequence";
    CHECK(said(rlhf::ppo_clip{}, false, kl_weight::ratio) == f + "kl_weight needs ref_log_probs");
    CHECK(said(rlhf::gspo{.range = 0.2}, true, kl_weight::ratio) == of_token);
    CHECK(said(rlhf::gspo{.range = 0.2}, true, kl_weight::constant_ratio) == of_token);
    CHECK(said(rlhf::gspo{.range = 0.2}, true, kl_weight::own_ratio).empty());
    CHECK(said(rlhf::cispo{}, true, kl_weight::ratio).empty());
}
