// SPDX-License-Identifier: MIT

// policy_loss with the objectives whose tokens share a ratio: gmpo and vespo. (gspo has a test of its own.)

#include "contract/contract.hpp"
#include "reference/sequence_objectives.hpp"
#include "support/cases.hpp"
#include "support/dual.hpp"
#include "support/policy_losses.hpp"

using rlhf::aggregation;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::array aggregations{aggregation::token_mean, aggregation::sequence_mean_token_mean,
                                  aggregation::sequence_mean_token_sum};
constexpr rlhf::gmpo gmpo{.range = {0.3, 0.2}};
constexpr rlhf::vespo vespo{};

reference::gmpo_options to_reference(const rlhf::gmpo& o) { return {o.range.low, o.range.high}; }
reference::vespo_options to_reference(const rlhf::vespo& o) {
    return {o.k_positive, o.lambda_positive, o.k_negative, o.lambda_negative};
}

/// A problem in which no token is where gmpo cuts it, and the ratios of sequences are near 1.
template <class T>
struct sequence_case {
    test::rectangle where;
    std::vector<T> lp, old, advantages, weights;

    sequence_case(test::random& r, bool by_token, bool by_product) : where(test::mixed_rectangle(r)) {
        const std::size_t n = where.size(), steps = where.steps;
        lp = test::normals<T>(r, n, -1.5, 0.5), old = lp, advantages = test::advantages<T>(r, n);
        weights = test::normals<T>(r, n, 1, 0.5);
        for (std::size_t s = 0; s < where.sequences; ++s) {
            const double size = by_product ? double(steps) : 1, shift = r.normal(0, 0.4);
            for (std::size_t i = s * steps; i < (s + 1) * steps; ++i) {
                old[i] = static_cast<T>(double(lp[i]) - (shift + r.normal(0, 0.4)) / size);
                if (!by_token) advantages[i] = advantages[s * steps], weights[i] = weights[s * steps];
                const double d = double(lp[i]) - double(old[i]);
                if (std::fabs(d - gmpo.range.high) < 1e-4 || std::fabs(d + gmpo.range.low) < 1e-4) where.mask[i] = 0;
            }
        }
        test::poison(r, lp, where.mask), test::poison(r, advantages, where.mask);
    }
};

/// The log ratio of a sequence is a sum of differences, each rounded: it, and so the ratio, is off by `summing`
/// roundings of Σ|d|, or of its mean, and one of its own. The rest is a few roundings.
double error_of(const rlhf::gmpo&, double sum, double n, double, double, double rounding) {
    return rounding * sum / n + 8;
}
/// log φ = k x + λ (1 − w) has the slope k − λ w, and roundings at the size of its parts.
double error_of(const rlhf::vespo& o, double sum, double, double ratio, double advantage, double rounding) {
    const double k = advantage < 0 ? o.k_negative : o.k_positive,
                 lambda = advantage < 0 ? o.lambda_negative : o.lambda_positive, x = std::fabs(std::log(ratio));
    return (k + lambda * ratio) * (rounding * sum + x + 2) + 2 * (k * x + lambda) + 6;
}

template <class T, class Objective>
void matches_reference(const Objective& objective, aggregation how, bool by_token, double limit) {
    constexpr bool by_product = std::is_same_v<Objective, rlhf::vespo>;
    test::random r(29);
    const sequence_case<T> x(r, by_token, by_product);
    std::vector<T> d(x.where.size());
    const auto got = rlhf::policy_loss<T>(
        x.where.batch(),
        {.log_probs = x.lp, .old_log_probs = x.old, .advantages = x.advantages, .weights = x.weights, .d_log_probs = d},
        objective, {.log_ratio_limit = limit, .aggregation = how});
    using reference::to_real;
    const auto b = x.where.reference();
    const auto want =
        reference::sequence_objective(to_reference(objective), b, to_real(x.lp), to_real(x.old), to_real(x.advantages),
                                      to_real(x.weights), static_cast<reference::aggregation>(how), limit);
    const auto share = reference::shares(b, static_cast<reference::aggregation>(how));
    reference::array scale(x.where.size(), 0);
    long double size = 0, mean_ratio = 0, ratio_size = 0;
    for (const auto& row : b.rows) {
        double sum = 0;
        for (const std::size_t e : row)
            if (b.counted(e)) sum += std::fabs(double(x.lp[e]) - double(x.old[e]));
        const double n = double(reference::counted_in(b, row));
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const double error =
                error_of(objective, sum, n, double(want.ratios[e]), double(x.advantages[e]), test::summing<T>);
            scale[e] = error * std::fabs(want.d_log_probs[e]) + std::numeric_limits<T>::min(); // 0 may be −0
            const long double factor =
                by_product ? want.d_log_probs[e] * x.lp[e] : want.ratios[e] * x.advantages[e] * x.weights[e] * share[e];
            size += error * std::fabs(factor);
            mean_ratio += want.ratios[e], ratio_size += error * want.ratios[e];
        }
    }
    CHECK(test::worst_error(d, want.d_log_probs, scale) <= 1);
    CHECK(test::error<T>(got.loss(), want.loss, size) <= test::summing<T>);
    CHECK(got.clip_fraction_low() == Approx(double(want.clip_fraction_low)).epsilon(1e-12));
    CHECK(got.clip_fraction_high() == Approx(double(want.clip_fraction_high)).epsilon(1e-12));
    CHECK((got.clip_fraction() > 0) != by_product);
    CHECK(test::error<T>(got.mean_ratio() * got.own.tokens, mean_ratio, ratio_size) <= test::summing<T>);
    CHECK((got.nonfinite() == 0 && got.dual_clip_fraction() == 0));
}

/// The gradient of the library is the derivative of the reference's loss, in sequences of one advantage. Where the
/// ratio is a constant, π_old moves along.
template <class Objective>
void gradient_is_derivative(const Objective& objective, bool constant_ratio) {
    using number = test::dual<long double>;
    test::random r(31);
    const test::rectangle where{.sequences = 6, .steps = 7, .mask = test::mask(r, test::mask_kind::random, 6, 7)};
    const std::size_t n = where.size();
    const auto lp = test::normals<double>(r, n, -1, 0.2), old = test::nearby(r, lp, 0.3);
    std::vector<double> advantages(n), weights(n), d(n);
    for (std::size_t i = 0; i < n; ++i) advantages[i] = i / 7 % 2 == 0 ? 1.5 : -0.5, weights[i] = 1 + double(i / 7) / 8;
    int flat = 0, steep = 0;
    for (const auto how : aggregations)
        for (const double limit : {0.05, inf}) {
            CAPTURE(int(how), limit);
            rlhf::policy_loss<double>(
                where.batch(),
                {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .weights = weights, .d_log_probs = d},
                objective, {.log_ratio_limit = limit, .aggregation = how});
            for (std::size_t i = 0; i < n; ++i) {
                std::vector<number> x(lp.begin(), lp.end()), q(old.begin(), old.end());
                x[i].slope = 1, q[i].slope = constant_ratio ? 1 : 0;
                const auto loss = reference::sequence_objective(
                                      to_reference(objective), where.reference(), x, q, reference::to_real(advantages),
                                      reference::to_real(weights), static_cast<reference::aggregation>(how), limit)
                                      .loss;
                REQUIRE(d[i] == Approx(double(loss.slope)).epsilon(1e-13).margin(1e-300));
                ++(loss.slope == 0 ? flat : steep);
            }
        }
    CHECK((flat > 40 && steep > 40));
}

/// Two sequences of two tokens of these log-probs, π_old = e⁻¹.
struct two_pairs {
    std::vector<double> lp, advantages, d = std::vector<double>(4, 7), old = std::vector<double>(4, -1);

    template <class Objective>
    rlhf::policy_loss_result operator()(const Objective& objective, const rlhf::policy_loss_options& o = {}) {
        return rlhf::policy_loss<double>(
            {.sequences = 2, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here},
            {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d}, objective, o);
    }
};

} // namespace

TEMPLATE_TEST_CASE("gmpo, vespo: same bits however the batch is laid out", "[contract]", float, double) {
    const rlhf::policy_loss_options all{.log_ratio_limit = 1,
                                        .kl_coef = 0.1,
                                        .importance_limit = 1.5,
                                        .aggregation = aggregation::sequence_mean_token_mean};
    contract::holds_for_policy_loss<TestType>(gmpo, {}, false);
    contract::holds_for_policy_loss<TestType>(gmpo, all, true);
    contract::holds_for_policy_loss<TestType>(vespo, {}, false);
    contract::holds_for_policy_loss<TestType>(vespo, all, true);
}

TEMPLATE_TEST_CASE("gmpo, vespo: against the reference", "[reference]", float, double) {
    for (const auto how : aggregations)
        for (const bool by_token : {false, true})
            for (const double limit : {0.15, inf}) {
                CAPTURE(int(how), by_token, limit);
                matches_reference<TestType>(gmpo, how, by_token, limit);
                matches_reference<TestType>(vespo, how, by_token, limit);
                matches_reference<TestType>(rlhf::vespo{0.5, 1, 1, 8}, how, by_token, limit);
            }
}

TEST_CASE("gmpo, vespo: the gradient is the derivative of the loss", "[reference]") {
    gradient_is_derivative(gmpo, false);
    gradient_is_derivative(rlhf::gmpo{.range = {0.05, inf}}, false);
    gradient_is_derivative(vespo, true);
}

TEST_CASE("gmpo: a token at a bound is not cut, and no token without an advantage is cut") {
    two_pairs two{.lp = {-0.5, -1, -1.25, -1}, .advantages = {1, 1, -1, -1}};
    CHECK(two(rlhf::gmpo{.range = {0.25, 0.5}}).clip_fraction() == 0);
    CHECK((two.d[0] == two.d[1] && two.d[2] == two.d[3] && two.d[0] < 0 && two.d[2] > 0));
    const auto cut = two(rlhf::gmpo{.range = {0.125, 0.25}});
    CHECK((cut.clip_fraction_low() == 0.25 && cut.clip_fraction_high() == 0.25));
    CHECK((two.d[0] == 0 && two.d[2] == 0 && two.d[1] < 0 && two.d[3] > 0));
    CHECK(cut.loss() == Approx((std::exp(-0.125 / 2) - std::exp(0.25 / 2)) / 2).epsilon(1e-15));
    two.advantages = {0, 0, 0, 0};
    CHECK(two(rlhf::gmpo{.range = 0.125}).clip_fraction() == 0);
    CHECK(two.d == std::vector<double>(4, 0));
}

TEST_CASE("gmpo: beyond the limit there is no slope, whatever the advantage") {
    two_pairs two{.lp = {1, 1, 1, 1}, .advantages = {inf, -inf, -1, -1}};
    const auto r = two(rlhf::gmpo{.range = inf}, {.log_ratio_limit = 1});
    CHECK(two.d == std::vector<double>(4, 0));
    CHECK(r.mean_ratio() == Approx(std::exp(1.0)).epsilon(1e-15));
    CHECK((r.max_log_ratio() == 2 && r.nonfinite() == 2));
}

TEST_CASE("vespo: a ratio of 1 is REINFORCE, and others count for less") {
    two_pairs two{.lp = {-0.5, -1.5, -1, -1}, .advantages = {1, 1, -3, -3}};
    const auto one = two(vespo);
    CHECK(two.d == std::vector<double>{-0.25, -0.25, 0.75, 0.75});
    CHECK((one.loss() == (2 - 6) / 4.0 && one.mean_ratio() == 1 && one.clip_fraction() == 0));
    two.lp = {-0.5, -1, -2, -1}; // w = e^½ and e⁻¹
    two(vespo);
    CHECK(two.d[0] == Approx(-std::exp(2 * 0.5 + 3 * (1 - std::exp(0.5))) / 4).epsilon(1e-14));
    CHECK(two.d[2] == Approx(3 * std::exp(-3 + 2 * (1 - std::exp(-1.0))) / 4).epsilon(1e-14));
    two.advantages = {-0.0, 0, 0, 0};
    CHECK((two(vespo).loss() == 0 && two.d == std::vector<double>(4, 0)));
}

TEST_CASE("vespo: the slope is the loss's derivative by log π, and φ and the limit are constants") {
    two_pairs two{.lp = {-0.5, -1, -2, -1}, .advantages = {1, 1, -1, -1}};
    const auto free = two(vespo, {.log_ratio_limit = 0.25});
    CHECK(free.mean_ratio() == Approx((std::exp(0.25) + std::exp(-0.25)) / 2).epsilon(1e-15));
    double loss = 0;
    for (std::size_t i = 0; i < 4; ++i) loss += two.d[i] * two.lp[i];
    CHECK(free.loss() == Approx(loss).epsilon(1e-15));
    CHECK(two.d[0] == Approx(-std::exp(2 * 0.25 + 3 * (1 - std::exp(0.25))) / 4).epsilon(1e-14));
    CHECK(free.max_log_ratio() == 1);
}

TEMPLATE_TEST_CASE("vespo: far ratios have no loss, and no NaN", "", float, double) {
    for (const double far : {30.0, 100.0, 2000.0, inf})
        for (const double sign : {-1.0, 1.0})
            for (const auto& o : {vespo, rlhf::vespo{64, 1e-4, 64, 1e-4}, rlhf::vespo{2, 16, 2, 16}}) {
                CAPTURE(far, sign);
                const std::vector<TestType> lp{-1, -1}, advantages{1, -1},
                    old{static_cast<TestType>(-1 - sign * far), TestType(-1)};
                std::vector<TestType> d(2, 7);
                const auto r = rlhf::policy_loss<TestType>(
                    {.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here},
                    {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d}, o);
                CHECK(std::fabs(r.loss()) < 1e-14);
                CHECK((std::fabs(d[0]) < 1e-14 && std::fabs(d[1]) < 1e-14));
                CHECK((r.nonfinite() == 0 && (sign > 0 ? r.mean_ratio() > 1e12 : r.mean_ratio() < 1e-12)));
            }
}

TEST_CASE("gmpo, vespo: a NaN reaches its sequence, and no other") {
    for (const auto& call : {+[](two_pairs& t) { return t(gmpo); }, +[](two_pairs& t) { return t(vespo); }}) {
        two_pairs two{.lp = {-1, NaN, -1, -1}, .advantages = {1, 1, 1, 1}};
        CHECK(call(two).nonfinite() == 2);
        CHECK((std::isnan(two.d[0]) && std::isnan(two.d[1]) && two.d[2] == -0.25 && two.d[3] == -0.25));
        two.lp[1] = -1, two.advantages[1] = NaN;
        CHECK(call(two).nonfinite() == 1);
        CHECK((two.d[0] == -0.25 && std::isnan(two.d[1]) && two.d[2] == -0.25));
    }
    // A token that π rules out: a ratio of 0, which gmpo bounds where Â < 0.
    two_pairs never{.lp = {-1, -inf, -1, -inf}, .advantages = {1, 1, -1, -1}};
    CHECK(never(vespo).loss() == 0);
    CHECK(never.d == std::vector<double>(4, 0));
    CHECK(never(gmpo).loss() == Approx(std::exp(-0.15) / 2).epsilon(1e-15));
    CHECK((never.d[0] == 0 && never.d[1] == 0 && never.d[2] > 0 && never.d[3] == 0));
}

TEST_CASE("gmpo, vespo: refusals") {
    const std::vector<double> x(2, -1);
    const auto said = [&](const auto& objective, const rlhf::policy_loss_options& o = {}, bool ref = false) {
        return test::refusal([&] {
            rlhf::policy_loss_arrays<double> a{.log_probs = x, .old_log_probs = x, .advantages = x};
            if (ref) a.ref_log_probs = x;
            rlhf::policy_loss<double>({.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here}, a, objective,
                                      o);
        });
    };
    const std::string f = "rlhf::policy_loss: ";
    CHECK(said(rlhf::gmpo{.range = {-0.1, 1}}) == f + "range.low is -0.1, expected [0, inf]");
    CHECK(said(rlhf::gmpo{.range = {1, NaN}}) == f + "range.high is nan, expected [0, inf]");
    CHECK(said(rlhf::vespo{.k_positive = 0}) == f + "k_positive is 0, expected [1e-06, 64]");
    CHECK(said(rlhf::vespo{.lambda_positive = 0}) == f + "lambda_positive is 0, expected [0.0001, 64]");
    CHECK(said(rlhf::vespo{.k_negative = 65}) == f + "k_negative is 65, expected [1e-06, 64]");
    CHECK(said(rlhf::vespo{.lambda_negative = NaN}) == f + "lambda_negative is nan, expected [0.0001, 64]");
    CHECK(said(vespo, {.kl_weight = rlhf::kl_weight::ratio}, true) ==
          f + "kl_weight needs a ratio per token, but this objective has one per sequence");
    CHECK(said(gmpo, {.kl_weight = rlhf::kl_weight::own_ratio}, true).empty());
}
