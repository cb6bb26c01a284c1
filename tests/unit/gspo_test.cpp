// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/gspo.hpp"
#include "support/cases.hpp"
#include "support/dual.hpp"
#include "support/policy_losses.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

using rlhf::aggregation, rlhf::sequence_ratio;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::array aggregations{aggregation::token_mean, aggregation::sequence_mean_token_mean,
                                  aggregation::sequence_mean_token_sum};
constexpr std::array ratios{sequence_ratio::mean, sequence_ratio::product};

/// A problem in which the sequences are far from where their ratio is cut, and share an advantage unless `by_token`.
template <class T>
struct gspo_case {
    test::rectangle where;
    std::vector<T> lp, old, advantages, weights;

    gspo_case(test::random& r, const rlhf::gspo& o, bool by_token) : where(test::mixed_rectangle(r, 1100)) {
        const std::size_t n = where.size(), steps = where.steps;
        lp = test::normals<T>(r, n, -1.5, 0.5), old = test::nearby(r, lp, 0.05), advantages = test::advantages<T>(r, n);
        weights = test::normals<T>(r, n, 1, 0.5);
        for (std::size_t s = 0; s < where.sequences; ++s) {
            const double shift = r.normal(0, 0.3) / (o.ratio == sequence_ratio::mean ? 1 : double(steps));
            double x = 0, counted = 0;
            for (std::size_t i = s * steps; i < (s + 1) * steps; ++i) {
                old[i] = static_cast<T>(double(lp[i]) + (double(old[i]) - double(lp[i])) / double(steps) + shift);
                if (!by_token) advantages[i] = advantages[s * steps], weights[i] = weights[s * steps];
                if (where.mask[i] != 0) x += double(lp[i]) - double(old[i]), ++counted;
            }
            const double ratio = std::exp(o.ratio == sequence_ratio::mean ? x / counted : x);
            for (std::size_t i = s * steps; i < (s + 1) * steps; ++i)
                if (std::fabs(ratio - 1 + o.range.low) < 1e-4 || std::fabs(ratio - 1 - o.range.high) < 1e-4)
                    where.mask[i] = 0;
        }
        test::poison(r, lp, where.mask), test::poison(r, advantages, where.mask);
    }
};

reference::gspo_options to_reference(const rlhf::gspo& g, const rlhf::policy_loss_options& o) {
    return {.clip_low = g.range.low,
            .clip_high = g.range.high,
            .ratio = static_cast<reference::sequence_ratio>(g.ratio),
            .log_ratio_limit = o.log_ratio_limit,
            .aggregation = static_cast<reference::aggregation>(o.aggregation)};
}

/// log s is a sum of up to 1100 differences, each rounded, in segments of 512: log s, and so each ratio, is off by at
/// most `summing` roundings of Σ|d| (of its mean) and one of each log-prob. Slope and loss have five roundings more.
template <class T>
void matches_reference(const rlhf::gspo& g, const rlhf::policy_loss_options& o, bool by_token) {
    test::random r(29);
    const gspo_case<T> x(r, g, by_token);
    const std::size_t n = x.where.size();
    std::vector<T> d(n);
    const auto got = rlhf::policy_loss<T>(
        x.where.batch(),
        {.log_probs = x.lp, .old_log_probs = x.old, .advantages = x.advantages, .weights = x.weights, .d_log_probs = d},
        g, o);
    using reference::to_real;
    const auto b = x.where.reference();
    const auto want = reference::gspo(b, to_real(x.lp), to_real(x.old), to_real(x.advantages), to_real(x.weights),
                                      to_reference(g, o));
    const auto share = reference::shares(b, static_cast<reference::aggregation>(o.aggregation));
    reference::array scale(n, 0);
    long double size = 0, sequence_error = 0;
    for (const auto& row : b.rows) {
        long double sum = 0, counted = reference::counted_in(b, row);
        for (const std::size_t e : row)
            if (b.counted(e)) sum += std::fabs((long double)x.lp[e] - x.old[e]);
        const long double error = sum * test::summing<T> / (g.ratio == sequence_ratio::mean ? counted : 1) + 6;
        sequence_error = std::max(sequence_error, error);
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const long double term = std::fabs(want.sequence_ratios[e] * x.weights[e] * share[e] * x.advantages[e]);
            scale[e] = error * term * (g.ratio == sequence_ratio::mean ? 1 : counted);
            size += term * error;
        }
    }
    CHECK(test::worst_error(d, want.d_log_probs, scale) <= 1);
    CHECK(test::error<T>(got.loss(), want.loss, size) <= test::summing<T>);
    CHECK(got.clip_fraction_low() == Approx(double(want.clip_fraction_low)).epsilon(1e-12).margin(1e-15));
    CHECK(got.clip_fraction_high() == Approx(double(want.clip_fraction_high)).epsilon(1e-12).margin(1e-15));
    CHECK(test::error<T>(got.mean_ratio(), want.mean_ratio, want.mean_ratio * sequence_error) <= test::summing<T>);
    CHECK(test::error<T>(got.effective_sample_size(), want.mean_ratio * want.mean_ratio / want.ratio_square,
                         sequence_error) <= 4 * test::summing<T>);
    CHECK(got.nonfinite() == 0);
}

} // namespace

TEMPLATE_TEST_CASE("gspo: same bits however the batch is laid out", "[contract]", float, double) {
    contract::holds_for_policy_loss<TestType>(rlhf::gspo{.range = 0.05}, {}, false);
    contract::holds_for_policy_loss<TestType>(rlhf::gspo{.range = {0.2, 0.28}, .ratio = sequence_ratio::product},
                                              {.log_ratio_limit = 1,
                                               .kl_coef = 0.1,
                                               .importance_limit = 1.5,
                                               .aggregation = aggregation::sequence_mean_token_mean},
                                              true);
}

TEMPLATE_TEST_CASE("gspo: against the reference", "[reference]", float, double) {
    for (const auto ratio : ratios)
        for (const auto how : aggregations)
            for (const bool by_token : {false, true}) {
                CAPTURE(int(ratio), int(how), by_token);
                const rlhf::gspo g{.range = {0.1, 0.2}, .ratio = ratio};
                matches_reference<TestType>(g, {.aggregation = how}, by_token);
                matches_reference<TestType>(g, {.log_ratio_limit = 0.15, .aggregation = how}, by_token);
            }
}

TEST_CASE("gspo: the gradient is the derivative of the loss", "[reference]") {
    using number = test::dual<long double>;
    test::random r(31);
    const test::rectangle where{.sequences = 6, .steps = 7, .mask = test::mask(r, test::mask_kind::random, 6, 7)};
    const std::size_t n = where.size();
    const auto lp = test::normals<double>(r, n, -1, 0.2), old = test::nearby(r, lp, 0.1);
    std::vector<double> advantages(n), weights(n), d(n);
    for (std::size_t i = 0; i < n; ++i) advantages[i] = i / 7 % 2 == 0 ? 1.5 : -0.5, weights[i] = 1 + double(i / 7) / 8;
    int flat = 0, steep = 0;
    for (const auto ratio : ratios)
        for (const auto how : aggregations) {
            CAPTURE(int(ratio), int(how));
            const rlhf::gspo g{.range = 0.05, .ratio = ratio};
            const rlhf::policy_loss_options o{.log_ratio_limit = 0.3, .aggregation = how};
            rlhf::policy_loss<double>(
                where.batch(),
                {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .weights = weights, .d_log_probs = d},
                g, o);
            for (std::size_t i = 0; i < n; ++i) {
                std::vector<number> x(lp.begin(), lp.end());
                x[i].slope = 1;
                const auto loss =
                    reference::gspo_loss(where.reference(), x, reference::to_real(old), reference::to_real(advantages),
                                         reference::to_real(weights), to_reference(g, o));
                REQUIRE(d[i] == Approx(double(loss.slope)).epsilon(1e-14).margin(1e-300));
                ++(loss.slope == 0 ? flat : steep);
            }
        }
    CHECK((flat > 40 && steep > 40));
}

TEMPLATE_TEST_CASE("gspo: sequences of one token have the bits of ppo_policy_loss", "", float, double) {
    using T = TestType;
    test::random r(37);
    const std::size_t n = 300;
    const auto lp = test::near_policy<T>(r, n), old = test::near_policy<T>(r, n), ref = test::near_policy<T>(r, n),
               advantages = test::advantages<T>(r, n), weights = test::advantages<T>(r, n);
    const rlhf::batch b{.sequences = n, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const auto ratio : ratios) {
        std::vector<T> by_sequence(n), by_token(n);
        const auto got =
            rlhf::policy_loss<T>(b,
                                 {.log_probs = lp,
                                  .old_log_probs = old,
                                  .ref_log_probs = ref,
                                  .advantages = advantages,
                                  .weights = weights,
                                  .d_log_probs = by_sequence},
                                 rlhf::gspo{.range = 0.2, .ratio = ratio}, {.log_ratio_limit = 0.5, .kl_coef = 0.3});
        const auto want = rlhf::ppo_policy_loss<T>(b,
                                                   {.log_probs = lp,
                                                    .old_log_probs = old,
                                                    .ref_log_probs = ref,
                                                    .advantages = advantages,
                                                    .weights = weights,
                                                    .d_log_probs = by_token},
                                                   {.clip_range = 0.2, .log_ratio_limit = 0.5, .kl_coef = 0.3});
        CHECK(test::same_bits(by_sequence, by_token));
        CHECK(test::digest(got) == test::digest(want));
    }
}

TEST_CASE("gspo: a token that is not finite reaches its sequence, and no other") {
    const std::vector<double> old{-1, -1, -1, -1}, advantages(4, 1);
    const rlhf::batch b{.sequences = 2, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const double bad : {NaN, -inf, inf}) {
        CAPTURE(bad);
        const std::vector<double> lp{-1, bad, -1, -1};
        std::vector<double> d(4);
        const auto r = rlhf::policy_loss<double>(
            b, {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d},
            rlhf::gspo{.range = 0.2});
        // a ratio of 0 has no loss and no slope, one of ∞ is cut
        CHECK(r.nonfinite() == (std::isnan(bad) ? 2 : 0));
        CHECK((std::isnan(bad) ? std::isnan(d[0]) && std::isnan(d[1]) : d[0] == 0 && d[1] == 0));
        CHECK((d[2] == -0.25 && d[3] == -0.25));
        CHECK((std::isnan(bad) ? std::isnan(r.mean_ratio()) : r.mean_ratio() == (bad < 0 ? 0.5 : inf)));
    }
}

TEST_CASE("gspo: an advantage of 0 makes a loss of 0, whatever the ratio") {
    const std::vector<float> lp{-1, 60}, old{-1, -60}, advantages(2, 0);
    std::vector<float> d(2, 7);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r =
        rlhf::policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d},
                          rlhf::gspo{.range = 0.2});
    CHECK((r.loss() == 0 && r.nonfinite() == 0 && d[0] == 0 && d[1] == 0));
    CHECK((r.clip_fraction() == 0 && r.mean_ratio() > 1e25));
}

TEST_CASE("gspo: beyond the limit there is no slope, whatever the advantage") {
    const std::vector<float> lp{-1, -1}, old{-3, -3}, advantages(2, -std::numeric_limits<float>::infinity());
    std::vector<float> d(2, 7);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r =
        rlhf::policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d},
                          rlhf::gspo{.range = 0.2}, {.log_ratio_limit = 1});
    CHECK((d[0] == 0 && d[1] == 0));
    CHECK((r.loss() == inf && r.nonfinite() == 2));
    CHECK(r.mean_ratio() == Approx(std::exp(1.0)).epsilon(1e-6));
    CHECK(r.max_log_ratio() == 2);
    // the limit is not one of tokens: these two are beyond it, but their mean is not
    const std::vector<float> around{-3, 1}, one(2, 1);
    rlhf::policy_loss(b, {.log_probs = lp, .old_log_probs = around, .advantages = one, .d_log_probs = d},
                      rlhf::gspo{.range = 0.2}, {.log_ratio_limit = 1});
    CHECK((d[0] == -0.5F && d[1] == -0.5F));
}

TEST_CASE("gspo: refusals") {
    const std::vector<float> x(2, -1);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto said = [&](const rlhf::gspo& g) {
        return test::refusal([&] { rlhf::policy_loss(b, {.log_probs = x, .old_log_probs = x, .advantages = x}, g); });
    };
    CHECK(said({.range = {-0.1, 0.2}}).find("rlhf::policy_loss: range.low is -0.1") == 0);
    CHECK(said({.range = {1.5, 0.2}}).find("rlhf::policy_loss: range.low is 1.5") == 0);
    CHECK(said({.range = {0.1, -1}}).find("rlhf::policy_loss: range.high is -1") == 0);
    CHECK(said({.range = {0.1, NaN}}).find("rlhf::policy_loss: range.high is nan") == 0);
}
