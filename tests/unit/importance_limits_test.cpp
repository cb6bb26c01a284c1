// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/importance_weights.hpp"
#include "support/cases.hpp"

#include <rlhf/policy/importance_weights.hpp>

using rlhf::importance, rlhf::importance_level, rlhf::importance_unit;

/// What importance_weights does beyond single tokens and whole sequences: M2PO, which looks at all tokens, and runs.
namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

/// The limit of |ρ| that M2PO finds for these ρ, all of which count.
double limit(const std::vector<double>& rho, double most) {
    const std::vector<double> zero(rho.size());
    std::vector<double> w(rho.size());
    return rlhf::importance_weights<double>({.steps = rho.size(), .mask = rlhf::all, .denominator = rlhf::counted_here},
                                            {.log_probs = rho, .behavior_log_probs = zero, .weights = w},
                                            {.second_moment_limit = most})
        .log_ratio_limit;
}

template <class T>
void drops_the_largest(double most) {
    CAPTURE(most);
    test::random r(5);
    auto where = test::mixed_rectangle(r);
    const std::size_t n = where.size();
    auto lp = test::log_probs<T>(r, n), behavior = test::nearby(r, lp, 0.3);
    reference::array sizes;
    for (std::size_t i = 0; i < n; ++i)
        if (where.mask[i] != 0) sizes.push_back(std::fabs(T(lp[i] - behavior[i])));
    const std::size_t kept = reference::kept_by_mean_square(sizes, most);
    test::poison(r, lp, where.mask), test::poison(r, behavior, where.mask);
    std::vector<T> w(n), again(n);
    const auto run = [&](const rlhf::importance_weights_options& o, std::vector<T>& to, const rlhf::executor& by) {
        return rlhf::importance_weights<T>(where.batch(),
                                           {.log_probs = lp, .behavior_log_probs = behavior, .weights = to}, o, by);
    };
    const auto got = run({.second_moment_limit = most}, w, {});
    std::size_t stay = 0;
    for (const T x : w) stay += x != 0 ? 1 : 0;
    CHECK(stay == kept);
    CHECK(got.dropped_fraction() == Approx(1 - double(kept) / double(sizes.size())).margin(1e-15));
    CHECK(run({.log_ratio_limit = got.log_ratio_limit}, again, {}).log_ratio_limit == got.log_ratio_limit);
    CHECK(again == w);
    CHECK(run({.second_moment_limit = most}, again, contract::threads(3)).log_ratio_limit == got.log_ratio_limit);
}

const std::vector<rlhf::importance_weights_options> of_sequences = {
    {.level = importance_level::sequence_mean, .range = {0.9, 1.1}},
    {.level = importance_level::sequence_product, .range = {0.5, 2}, .beyond = importance::mask},
    {.sequence_mean = {0.9, 1.1}, .every_token = {0.4, 2.5}},
    {.level = importance_level::sequence_mean, .sequence_product = {0.1, 10}, .drift_limit = 0.05},
};

/// Runs of a batch against the same runs as sequences of a packed batch.
template <class T>
void runs_are_sequences(rlhf::importance_weights_options o) {
    test::random r(9);
    auto where = test::mixed_rectangle(r, 1300);
    const std::size_t n = where.size();
    auto lp = test::log_probs<T>(r, n), behavior = test::nearby(r, lp, 0.1), a = test::advantages<T>(r, n);
    std::vector<T> packed_lp, packed_behavior, packed_a;
    std::vector<std::int64_t> offsets{0};
    for (std::size_t i = 0; i < n; ++i) {
        const bool ends = where.mask[i] == 0 || i % where.steps == 0;
        if (ends && offsets.back() != std::int64_t(packed_lp.size())) offsets.push_back(std::int64_t(packed_lp.size()));
        if (where.mask[i] == 0) continue;
        packed_lp.push_back(lp[i]), packed_behavior.push_back(behavior[i]), packed_a.push_back(a[i]);
    }
    if (offsets.back() != std::int64_t(packed_lp.size())) offsets.push_back(std::int64_t(packed_lp.size()));
    test::poison(r, lp, where.mask), test::poison(r, behavior, where.mask);
    std::vector<T> w(n, T(7)), packed(packed_lp.size());
    const rlhf::batch runs{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto want = rlhf::importance_weights<T>(
        runs,
        {.log_probs = packed_lp, .behavior_log_probs = packed_behavior, .advantages = packed_a, .weights = packed}, o);
    o.unit = importance_unit::run;
    const auto got = rlhf::importance_weights<T>(
        where.batch(), {.log_probs = lp, .behavior_log_probs = behavior, .advantages = a, .weights = w}, o);
    std::size_t next = 0, wrong = 0;
    for (std::size_t i = 0; i < n; ++i)
        wrong += !test::same_bits(w[i], where.mask[i] != 0 ? packed[next++] : T(0)) ? 1U : 0U;
    CHECK(wrong == 0);
    CHECK((offsets.size() > 200 && got.own == rlhf::count(where.batch()) && got.own.tokens == want.own.tokens));
    CHECK(got.dropped_fraction() == want.dropped_fraction());
    CHECK(got.mean_weight() == Approx(want.mean_weight()).epsilon(1e-6));
}

} // namespace

TEMPLATE_TEST_CASE("importance_weights: runs and limits have the same bits in any layout", "[contract]", float,
                   double) {
    using T = TestType;
    const contract::problem<T> p{.inputs = {test::log_probs<T>, test::log_probs<T>}};
    contract::holds<T>(
        p,
        [](const contract::call<T>& c) {
            return rlhf::importance_weights<T>(
                c.batch, {.log_probs = c.in[0], .behavior_log_probs = c.in[1], .weights = c.out[0]},
                {.level = importance_level::sequence_mean,
                 .range = {0.5, 2},
                 .unit = importance_unit::run,
                 .binary_kl_limit = 0.5,
                 .log_ratio_limit = 3},
                c.run);
        },
        [](const rlhf::importance_weights_result& r) {
            return std::vector<double>{r.own.tokens, r.own.sequences, r.mean_weight(), r.max_ratio(),
                                       r.dropped_fraction()};
        });
}

TEMPLATE_TEST_CASE("importance_weights: M2PO drops the largest until the mean of the squares is small", "[reference]",
                   float, double) {
    for (const double most : {1e-9, 0.01, 0.04, 0.08, 1.0}) drops_the_largest<TestType>(most);
}

TEST_CASE("importance_weights: M2PO by hand") {
    CHECK(limit({1, -3, 2, 4}, 5) == std::nextafter(4, 0)); // (1 + 4 + 9) / 3 < 5 ≤ (1 + 4 + 9 + 16) / 4
    CHECK(limit({1, -3, 2, 4}, 14.0 / 3) == std::nextafter(3, 0));
    CHECK(limit({1, -3, 2, 4}, 8) == inf);
    CHECK(limit({1, -3, 2, 4}, 1) == 1);                    // one stays
    CHECK(limit({1, -3, 3, 1}, 5) == std::nextafter(3, 0)); // of equal ones both leave
    CHECK(limit({0, 0, 1}, 1e-300) == std::nextafter(1, 0));
    CHECK(limit({NaN, 1, 2}, 2) == std::nextafter(2, 0));
    CHECK(limit({inf, -inf, 1}, 2) == std::numeric_limits<double>::max());
    CHECK(limit({}, 2) == inf);
    CHECK(limit({NaN}, 2) == inf);
}

TEST_CASE("importance_weights: the larger of two binary divergences") {
    for (const double p : {-1e-12, -1e-3, -0.5, -3.0, -19.0, -inf})
        for (const double q : {-1e-12, -1e-3, -0.7, -4.0, -25.0, -inf}) {
            CAPTURE(p, q);
            const long double want = std::max(reference::binary_kl(p, q), reference::binary_kl(q, p));
            CHECK(rlhf::formula::larger_binary_kl<double>(p, q) == Approx(double(want)).epsilon(1e-6).margin(1e-15));
        }
    CHECK(std::isnan(rlhf::formula::larger_binary_kl(NaN, -1.0)));
    CHECK(std::isnan(rlhf::formula::larger_binary_kl(-1.0, NaN)));
}

TEMPLATE_TEST_CASE("importance_weights: runs are decided like sequences", "", float, double) {
    for (const auto& o : of_sequences) runs_are_sequences<TestType>(o);
}

TEST_CASE("importance_weights: runs by hand") {
    const std::vector<double> lp{0, 2, 0, 5, 1, 1}, zero(6);
    const std::vector<std::uint8_t> mask{0, 1, 1, 0, 1, 0};
    std::vector<double> w(6, 7);
    const rlhf::batch b{.steps = 6, .mask = mask, .denominator = rlhf::counted_here};
    rlhf::importance_weights<double>(b, {.log_probs = lp, .behavior_log_probs = zero, .weights = w},
                                     {.level = importance_level::sequence_mean, .unit = importance_unit::run});
    CHECK((w == std::vector<double>{0, std::exp(1.0), std::exp(1.0), 0, std::exp(1.0), 0}));
    rlhf::importance_weights<double>(b, {.log_probs = lp, .behavior_log_probs = zero, .weights = w},
                                     {.every_token = 5, .unit = importance_unit::run});
    CHECK((w == std::vector<double>{0, 0, 0, 0, std::exp(1.0), 0}));
}
