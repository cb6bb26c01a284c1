// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/importance_weights.hpp"
#include "support/cases.hpp"

#include <rlhf/policy/importance_weights.hpp>

using rlhf::importance, rlhf::importance_level;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> digest(const rlhf::importance_weights_result& r) {
    return {r.own.tokens,  r.own.sequences,    r.mean_weight(),    r.max_ratio(), r.effective_sample_size(),
            r.approx_kl(), r.below_fraction(), r.above_fraction(), r.nonfinite(), r.dropped_fraction()};
}

struct named {
    const char* name;
    rlhf::importance_weights_options options;
};
const std::vector<named> cases = {
    {"token", {}},
    {"truncated", {.range = {0.5, 1.2}}},
    {"masked", {.range = {0.5, 1.2}, .beyond = importance::mask}},
    {"sequence mean", {.level = importance_level::sequence_mean, .range = {0.9, 1.02}}},
    {"sequence product", {.level = importance_level::sequence_product, .range = {0.1, 5}, .beyond = importance::mask}},
    {"by mean", {.sequence_mean = {0.95, 1.03}}},
    {"by mean from below", {.sequence_mean = {0.98, inf}}},
    {"by product", {.level = importance_level::none, .sequence_product = {0.01, 20}}},
    {"by every token", {.every_token = {0.4, 2.4}}},
    {"drift", {.drift_limit = 0.01}},
    {"probability", {.probability_limit = 0.1}},
    {"binary divergence", {.binary_kl_limit = 0.02}},
    {"all",
     {.level = importance_level::sequence_mean,
      .range = {0.9, 1.1},
      .sequence_mean = {0.8, 1.2},
      .sequence_product = {1e-8, 1e8},
      .every_token = {0.2, 5},
      .drift_limit = 0.02,
      .probability_limit = 0.3}},
};

template <class T>
std::vector<T> near_policy(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, -1, 0.3);
}

template <class T>
void contract_holds(const rlhf::importance_weights_options& o) {
    const contract::problem<T> p{.inputs = {near_policy<T>, near_policy<T>, test::advantages<T>}};
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::importance_weights<T>(
                c.batch,
                {.log_probs = c.in[0], .behavior_log_probs = c.in[1], .advantages = c.in[2], .weights = c.out[0]}, o,
                c.run);
        },
        digest);
}

reference::importance_weights_options to_reference(const rlhf::importance_weights_options& o) {
    const auto range = [](const rlhf::importance_range& r) { return reference::weight_range{r.low, r.high}; };
    return {.level = static_cast<reference::importance_level>(o.level),
            .range = range(o.range),
            .mask = o.beyond == importance::mask,
            .sequence_mean = range(o.sequence_mean),
            .sequence_product = range(o.sequence_product),
            .every_token = range(o.every_token),
            .drift_limit = o.drift_limit,
            .probability_limit = o.probability_limit,
            .binary_kl_limit = o.binary_kl_limit};
}

/// Two policies' log-probs, some rows of which are near each other and others not. Tokens and rows whose fate hangs on
/// a rounding are masked.
template <class T>
struct weights_case {
    test::rectangle where;
    std::vector<T> lp, behavior, advantages;

    weights_case(test::random& r, const rlhf::importance_weights_options& o) : where(test::mixed_rectangle(r, 1100)) {
        const std::size_t n = where.size(), steps = where.steps;
        lp = test::normals<T>(r, n, -1.5, 0.5), behavior = lp, advantages = test::advantages<T>(r, n);
        const auto at = [](double x, const rlhf::importance_range& w) {
            const auto near = [&](double bound) { return std::fabs(x - bound) < 1e-4 * (1 + bound); };
            return near(w.low) || near(w.high);
        };
        for (std::size_t s = 0; s < where.sequences; ++s) {
            const double spread = s % 3 == 0 ? 0.01 : 0.3, shift = r.normal(0, s % 2 == 0 ? 0.002 : 0.03);
            double sum = 0, counted = 0;
            bool near = false;
            for (std::size_t i = s * steps; i < (s + 1) * steps; ++i) {
                behavior[i] = static_cast<T>(double(lp[i]) + r.normal(shift, spread));
                const double rho = double(lp[i]) - double(behavior[i]);
                const double far = std::fabs(std::exp(double(lp[i])) - std::exp(double(behavior[i])));
                if ((o.level == importance_level::token && at(std::exp(rho), o.range)) ||
                    at(std::exp(rho), o.every_token) || std::fabs(far - o.probability_limit) < 1e-5 ||
                    std::fabs(double(reference::binary_kl(lp[i], behavior[i])) - o.binary_kl_limit) < 1e-5 ||
                    std::fabs(double(reference::binary_kl(behavior[i], lp[i])) - o.binary_kl_limit) < 1e-5)
                    where.mask[i] = 0;
                if (where.mask[i] != 0) sum += rho, ++counted;
            }
            near = at(std::exp(sum / counted), o.sequence_mean) || at(std::exp(sum), o.sequence_product) ||
                   std::fabs(sum / counted + o.drift_limit) < 1e-5 ||
                   (o.level == importance_level::sequence_mean && at(std::exp(sum / counted), o.range)) ||
                   (o.level == importance_level::sequence_product && at(std::exp(sum), o.range));
            if (near) std::fill_n(where.mask.begin() + static_cast<std::ptrdiff_t>(s * steps), steps, std::uint8_t(0));
        }
        test::poison(r, lp, where.mask), test::poison(r, advantages, where.mask);
    }
};

/// ρ is rounded once, and a weight's exponential and bound once more. A sequence's sum has the roundings of its terms
/// and `summing` of their sizes.
template <class T>
void matches_reference(const rlhf::importance_weights_options& o) {
    test::random r(41);
    const weights_case<T> x(r, o);
    const std::size_t n = x.where.size();
    std::vector<T> weights(n, T(7));
    std::vector<std::uint8_t> keep(n, 7);
    const auto got = rlhf::importance_weights<T>(x.where.batch(),
                                                 {.log_probs = x.lp,
                                                  .behavior_log_probs = x.behavior,
                                                  .advantages = x.advantages,
                                                  .weights = weights,
                                                  .keep = keep},
                                                 o);
    using reference::to_real;
    const auto b = x.where.reference();
    const auto want =
        reference::importance_weights(b, to_real(x.lp), to_real(x.behavior), to_real(x.advantages), to_reference(o));
    reference::array scale(n, 0);
    long double worst = 0;
    for (const auto& row : b.rows) {
        long double sizes = 0;
        for (const std::size_t e : row)
            if (b.counted(e)) sizes += std::fabs((long double)(x.lp[e]) - x.behavior[e]);
        const long double counted = reference::counted_in(b, row);
        for (const std::size_t e : row) {
            const bool mean = o.level == importance_level::sequence_mean,
                       product = o.level == importance_level::sequence_product;
            const long double error = 3 + std::fabs((long double)(x.lp[e])) +
                                      (mean      ? sizes / counted
                                       : product ? sizes
                                                 : 0) *
                                          test::summing<T>;
            if (!b.counted(e)) continue;
            scale[e] = want.weights[e] * error, worst = std::max(worst, error);
        }
    }
    CHECK(test::worst_error(weights, want.weights, scale) <= 1);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; ++i) wrong += keep[i] != (want.keep[i] != 0 ? 1 : 0);
    CHECK(wrong == 0);
    const double tolerance = static_cast<double>(worst) + test::summing<T>;
    CHECK(test::error<T>(got.mean_weight(), want.mean_weight, want.mean_weight) <= tolerance);
    CHECK(test::error<T>(got.max_ratio(), want.max_ratio, want.max_ratio) <= tolerance);
    CHECK(test::error<T>(got.effective_sample_size(), want.effective_sample_size, 1) <= 4 * tolerance);
    CHECK(test::error<T>(got.approx_kl(), want.approx_kl, 1) <= tolerance);
    CHECK(got.below_fraction() == Approx(double(want.below_fraction)).margin(1e-15));
    CHECK(got.above_fraction() == Approx(double(want.above_fraction)).margin(1e-15));
    CHECK(got.dropped_fraction() == Approx(double(want.dropped_fraction)).margin(1e-15));
    CHECK(got.nonfinite() == 0);
    // each case drops or bounds something, but not all
    CHECK((want.dropped_fraction < 0.9 && (o.level == importance_level::token || want.dropped_fraction > 0 ||
                                           want.below_fraction + want.above_fraction > 0)));
}

} // namespace

TEMPLATE_TEST_CASE("importance_weights: same bits however the batch is laid out", "[contract]", float, double) {
    for (const auto& c : cases) {
        CAPTURE(c.name);
        contract_holds<TestType>(c.options);
    }
}

TEMPLATE_TEST_CASE("importance_weights: against the reference", "[reference]", float, double) {
    for (const auto& c : cases) {
        CAPTURE(c.name);
        matches_reference<TestType>(c.options);
    }
}

TEMPLATE_TEST_CASE("importance_weights: the same in place, also where squares leave T", "[reference]", float, double) {
    test::random r(43);
    const test::rectangle where = test::mixed_rectangle(r);
    const std::vector<TestType> lp = near_policy<TestType>(r, where.size()),
                                advantages = test::advantages<TestType>(r, where.size());
    std::vector<TestType> behavior = near_policy<TestType>(r, where.size());
    for (std::size_t i = 0; i < where.size(); i += 97) behavior[i] -= 45;
    const auto alike = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    for (const auto& c : cases)
        for (const auto layout : {rlhf::layout::batch_first, rlhf::layout::time_first}) {
            CAPTURE(c.name, layout);
            rlhf::batch b = where.batch();
            b.layout = layout;
            const auto run = [&](const auto& p, const auto& q, auto& w) {
                return digest(rlhf::importance_weights<TestType>(
                    b, {.log_probs = p, .behavior_log_probs = q, .advantages = advantages, .weights = w}, c.options));
            };
            std::vector<TestType> apart(where.size()), on_lp = lp, on_behavior = behavior;
            const auto want = run(lp, behavior, apart), first = run(on_lp, behavior, on_lp),
                       second = run(lp, on_behavior, on_behavior);
            CHECK((std::ranges::equal(on_lp, apart, alike) && std::ranges::equal(on_behavior, apart, alike)));
            CHECK((std::ranges::equal(first, want, alike) && std::ranges::equal(second, want, alike)));
        }
}

TEST_CASE("importance_weights: keep is a mask that can replace the batch's") {
    const std::vector<double> lp{-1, -1, -1, -1, -1, -1}, behavior{-1, -2, -1, -1, -2, -1};
    std::vector<double> w(6);
    const rlhf::importance_weights_options o{.range = 2, .beyond = importance::mask};
    using bytes = std::vector<std::uint8_t>;
    bytes mask{1, 1, 0, 7, 1, 1};
    rlhf::batch b{.sequences = 2, .steps = 3, .mask = mask, .denominator = rlhf::counted_here};
    const auto r = rlhf::importance_weights<double>(
        b, {.log_probs = lp, .behavior_log_probs = behavior, .weights = w, .keep = mask}, o);
    CHECK(mask == bytes{1, 0, 0, 1, 0, 1});
    CHECK((w == std::vector<double>{1, 0, 0, 1, 0, 1}));
    CHECK((r.dropped_fraction() == 0.4 && r.own.tokens == 5));
    CHECK(rlhf::count(b) == rlhf::counts{3, 2});

    mask = {1, 1, 0, 7, 1, 1}; // about the tokens; step t is about token t + 1
    b.predict_next = true;
    rlhf::importance_weights<double>(b, {.log_probs = lp, .behavior_log_probs = behavior, .weights = w, .keep = mask},
                                     o);
    CHECK(mask == bytes{0, 1, 0, 0, 1, 0});
    CHECK((w == std::vector<double>{1, 0, 0, 1, 0, 0}));

    b = {.steps = 6, .layout = rlhf::layout::time_first, .mask = rlhf::all, .denominator = rlhf::counted_here};
    bytes keep(6, 7);
    rlhf::importance_weights<double>(b, {.log_probs = lp, .behavior_log_probs = behavior, .weights = w, .keep = keep},
                                     o);
    CHECK(keep == bytes{1, 0, 1, 1, 0, 1});
}

TEST_CASE("importance_weights: NaN is beyond no bound, and is seen") {
    const std::vector<double> lp{-1, NaN, -1, -1}, behavior(4, -1);
    std::vector<double> w(4);
    std::vector<std::uint8_t> keep(4);
    const rlhf::batch b{.sequences = 2, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto run = [&](const rlhf::importance_weights_options& o) {
        return rlhf::importance_weights<double>(
            b, {.log_probs = lp, .behavior_log_probs = behavior, .weights = w, .keep = keep}, o);
    };
    CHECK(run({.range = {0.5, 2}, .sequence_mean = {0.5, 2}, .every_token = {0.5, 2}}).nonfinite() == 1);
    CHECK((w[0] == 1 && std::isnan(w[1]) && w[2] == 1 && keep[1] == 1));
    CHECK(run({.level = importance_level::sequence_mean}).nonfinite() == 2);
    CHECK((std::isnan(w[0]) && std::isnan(w[1]) && w[2] == 1));
}

TEST_CASE("importance_weights: a token that one policy never samples") {
    const std::vector<double> lp{-inf, -1}, behavior{-1, -inf};
    std::vector<double> w(2);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto run = [&](const rlhf::importance_weights_options& o) {
        return rlhf::importance_weights<double>(b, {.log_probs = lp, .behavior_log_probs = behavior, .weights = w}, o);
    };
    CHECK(run({}).nonfinite() == 1);
    CHECK((w[0] == 0 && w[1] == inf));
    CHECK(run({.range = {0.1, 5}}).nonfinite() == 0);
    CHECK((w[0] == 0.1 && w[1] == 5));
    run({.level = importance_level::none, .every_token = {0, 100}});
    CHECK((w[0] == 0 && w[1] == 0));
}

TEST_CASE("importance_weights: refusals") {
    const std::vector<float> x(2, -1);
    std::vector<float> w(2, 7);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto said = [&](const rlhf::importance_weights_options& o) {
        return test::refusal(
            [&] { rlhf::importance_weights(b, {.log_probs = x, .behavior_log_probs = x, .weights = w}, o); });
    };
    const std::string f = "rlhf::importance_weights: ";
    CHECK(said({.range = {2, 1}}) == f + "range is [2, 1], expected 0 <= low <= high");
    CHECK(said({.sequence_mean = {-1, 1}}) == f + "sequence_mean is [-1, 1], expected 0 <= low <= high");
    CHECK(said({.sequence_product = {NaN, 1}}).find(f + "sequence_product is [nan, 1]") == 0);
    CHECK(said({.every_token = {0, NaN}}).find(f + "every_token is [0, nan]") == 0);
    CHECK(said({.drift_limit = -1}) == f + "drift_limit is -1, expected at least 0");
    CHECK(said({.drift_limit = 1}) == f + "drift_limit needs advantages");
    CHECK(said({.binary_kl_limit = 0}) == f + "binary_kl_limit is 0, expected more than 0");
    CHECK(said({.second_moment_limit = -1}) == f + "second_moment_limit is -1, expected more than 0");
    CHECK(said({.log_ratio_limit = -1}) == f + "log_ratio_limit is -1, expected at least 0");
    CHECK(said({.second_moment_limit = 1, .log_ratio_limit = 1}).find(f + "second_moment_limit computes") == 0);
    CHECK(said({.unit = rlhf::importance_unit::run}).find(f + "unit = run needs a level") == 0);
    CHECK(said({.probability_limit = 0}) == f + "probability_limit is 0, expected more than 0");
    CHECK(said({.level = importance_level::none, .range = 2}) == f + "range needs a level other than none");
    CHECK(said({.beyond = importance::mask}) == f + "beyond = mask needs a range");
    CHECK(said({.range = {1, 1}}).empty());
    CHECK((w[0] == 1 && w[1] == 1));
}
