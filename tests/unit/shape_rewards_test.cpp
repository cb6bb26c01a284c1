// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/shape_rewards.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/shape_rewards.hpp>

namespace {

std::vector<double> digest(const rlhf::shape_rewards_result& r) {
    return {r.own.tokens, r.own.sequences, r.dropped_scores, r.kl_per_sequence(), r.kl_per_token(), r.mean_score()};
}

template <class T>
std::vector<T> near_policy(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, -1, 0.3);
}
template <class T>
std::vector<T> scores(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, 0, 3);
}

template <class T>
void contract_holds(const rlhf::shape_rewards_options& o) {
    const contract::problem<T> p{.inputs = {near_policy<T>, near_policy<T>}, .sequences = {scores<T>}};
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::shape_rewards<T>(
                c.batch, {.log_probs = c.in[0], .ref_log_probs = c.in[1], .scores = c.sequence[0], .rewards = c.out[0]},
                o, c.run);
        },
        digest);
}

using rlhf::score_position, rlhf::kl_estimator;
constexpr std::array positions{score_position::last_counted, score_position::after_last_counted,
                               score_position::last_step};

/// Options that differ in everything.
const std::vector<rlhf::shape_rewards_options> several_options{
    {},
    {.kl_coef = 0.1, .kl_estimator = kl_estimator::k2, .score_limit = 0.5},
    {.kl_coef = 0.05, .kl_estimator = kl_estimator::k3, .kl_limit = 0.125, .unfinished_penalty = 1.5},
    {.kl_coef = 0.5, .kl_limit = 0.25, .score_limit = 2, .unfinished_score = -1},
    {.kl_coef = 0.1, .kl_estimator = kl_estimator::abs, .kl_limit = 0.5},
    {.kl_coef = 0, .unfinished_score = 0.0},
    {.kl_coef = -0.25},
};

/// One call and its reference, on the same numbers.
template <class T>
struct example {
    const test::rows& rows;
    std::vector<T> log_probs, ref_log_probs, score;
    std::vector<std::uint8_t> finished;

    example(test::random& r, const test::rows& of)
        : rows(of), log_probs(test::log_probs<T>(r, of.size)), ref_log_probs(test::nearby<T>(r, log_probs)),
          score(scores<T>(r, of.sequences)), finished(test::flags(r, of.sequences, 0.5)) {}

    [[nodiscard]] reference::shape_rewards_result wanted(const rlhf::shape_rewards_options& o) const {
        reference::shape_rewards_options p;
        p.kl_coef = o.kl_coef, p.kl_limit = o.kl_limit, p.score_limit = o.score_limit;
        p.estimator = static_cast<reference::kl_estimator>(o.kl_estimator);
        p.position = static_cast<reference::score_position>(o.score_position);
        p.unfinished_penalty = o.unfinished_penalty;
        if (o.unfinished_score) p.unfinished_score = *o.unfinished_score;
        const reference::shape_rewards_arrays a{reference::to_real(log_probs), reference::to_real(ref_log_probs),
                                                reference::to_real(score), finished};
        return reference::shape_rewards(rows.plain, a, p);
    }

    void agrees(const rlhf::shape_rewards_options& o) const {
        std::vector<T> rewards(rows.size, T(9));
        const rlhf::shape_rewards_arrays<T> a{.log_probs = log_probs,
                                              .ref_log_probs = ref_log_probs,
                                              .scores = score,
                                              .finished = finished,
                                              .rewards = rewards};
        const auto got = rlhf::shape_rewards<T>(rows.library, a, o);
        const auto want = wanted(o);
        auto everywhere = rows.plain;
        everywhere.mask.clear();
        const double tolerance = 8 * std::numeric_limits<T>::epsilon(); // of numbers up to 8
        CHECK(test::close_where_counted(rewards, want.rewards, everywhere, tolerance));
        for (std::size_t i = 0; i < rows.size; ++i)
            if (!rows.plain.counted(i) && want.rewards[i] == 0) CHECK(test::same_bits(rewards[i], T(0)));
        const double n = std::max(got.own.sequences, 1.0), kl = static_cast<double>(want.kl_sum) / n;
        CHECK(got.dropped_scores == static_cast<double>(want.dropped_scores));
        CHECK(got.mean_score() == Approx(static_cast<double>(want.score_sum) / n).epsilon(1e-14));
        CHECK(got.kl_per_sequence() == Approx(kl).epsilon(64 * tolerance).margin(64 * tolerance));
        CHECK(got.kl_per_token() * got.own.tokens == Approx(got.kl_per_sequence() * got.own.sequences));
    }
};

} // namespace

TEMPLATE_TEST_CASE("shape_rewards: same bits however the batch is laid out", "", float, double) {
    for (const auto& o : several_options) {
        if (o.unfinished_penalty != 0 || o.unfinished_score) continue;
        contract_holds<TestType>(o);
    }
}

TEMPLATE_TEST_CASE("shape_rewards: the reference on every layout, mask, position and option", "", float, double) {
    test::random r(1);
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds)
            for (const bool next : {false, true}) {
                const test::rows rows(r, how, kind, 6, 45, next);
                const example<TestType> e(r, rows);
                for (const auto where : positions)
                    for (auto o : several_options) {
                        o.score_position = where;
                        CAPTURE(how, kind, next, where, o.kl_coef);
                        e.agrees(o);
                    }
            }
}

TEST_CASE("shape_rewards: OpenRLHF's") {
    const auto cases = test::read_goldens("packages.txt");
    const auto& g = cases.at("openrlhf_reward");
    const auto mask = g.integers<std::uint8_t>("mask");
    const std::vector<double> zero(mask.size());
    std::vector<double> rewards(mask.size());
    const rlhf::batch b{.sequences = 4, .steps = mask.size() / 4, .mask = mask, .denominator = rlhf::counted_here};
    rlhf::shape_rewards<double>(
        b, {.log_probs = g["kl"], .ref_log_probs = zero, .scores = g["scores"], .rewards = rewards},
        {.kl_coef = g.number("kl_coef"), .score_limit = g.number("score_limit")});
    for (std::size_t i = 0; i < mask.size(); ++i)
        if (mask[i] != 0) CHECK(rewards[i] == Approx(g["rewards"][i]).epsilon(1e-14));
}

TEMPLATE_TEST_CASE("shape_rewards: where the score goes", "", float, double) {
    using T = TestType;
    const std::vector<std::uint8_t> mask{0, 1, 1, 0, 0, /**/ 1, 0, 1, 1, 1, /**/ 0, 0, 0, 0, 0};
    const std::vector<T> lp(15, T(-1)), score{2, 4, 8};
    const rlhf::batch b{.sequences = 3, .steps = 5, .mask = mask, .denominator = rlhf::counted_here};
    const auto rewards = [&](score_position where) {
        std::vector<T> x(15);
        const auto r = rlhf::shape_rewards<T>(b, {.log_probs = lp, .ref_log_probs = lp, .scores = score, .rewards = x},
                                              {.score_position = where});
        CHECK(r.mean_score() == 3);
        CHECK(r.dropped_scores == 1);
        return x;
    };
    CHECK(rewards(score_position::last_counted) == std::vector<T>{0, 0, 2, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0});
    CHECK(rewards(score_position::after_last_counted) == std::vector<T>{0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0});
    CHECK(rewards(score_position::last_step) == std::vector<T>{0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0});
}

TEMPLATE_TEST_CASE("shape_rewards: unfinished sequences and limits", "", float, double) {
    using T = TestType;
    const std::vector<T> lp(3, T(-1)), score{6, 6, -9};
    const std::vector<std::uint8_t> finished{1, 0, 0};
    const rlhf::batch b{.sequences = 3, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto rewards = [&](const rlhf::shape_rewards_options& o) {
        std::vector<T> x(3);
        rlhf::shape_rewards<T>(
            b, {.log_probs = lp, .ref_log_probs = lp, .scores = score, .finished = finished, .rewards = x}, o);
        return x;
    };
    CHECK(rewards({}) == std::vector<T>{6, 6, -9});
    CHECK(rewards({.unfinished_penalty = 2}) == std::vector<T>{6, 4, -11});
    CHECK(rewards({.unfinished_score = -1}) == std::vector<T>{6, -1, -1});
    CHECK(rewards({.score_limit = 5}) == std::vector<T>{5, 5, -5});
    CHECK(rewards({.score_limit = 5, .unfinished_penalty = 2}) == std::vector<T>{5, 3, -7});
    CHECK(rewards({.score_limit = 5, .unfinished_score = -8}) == std::vector<T>{5, -8, -8});
}

TEMPLATE_TEST_CASE("shape_rewards: in place over either of the log-probs, and sums alone", "", float, double) {
    using T = TestType;
    test::random r(2);
    const test::rows rows(r, test::arrangement::padded, test::mask_kind::gaps, 5, 600);
    const auto lp = test::log_probs<T>(r, rows.size), ref = test::nearby<T>(r, lp);
    const auto score = scores<T>(r, rows.sequences);
    std::vector<T> rewards(rows.size), first = lp, second = ref;
    const auto whole = rlhf::shape_rewards<T>(
        rows.library, {.log_probs = lp, .ref_log_probs = ref, .scores = score, .rewards = rewards});
    rlhf::shape_rewards<T>(rows.library, {.log_probs = first, .ref_log_probs = ref, .scores = score, .rewards = first});
    rlhf::shape_rewards<T>(rows.library,
                           {.log_probs = lp, .ref_log_probs = second, .scores = score, .rewards = second});
    CHECK(test::same_bits(first, rewards));
    CHECK(test::same_bits(second, rewards));
    const auto alone = rlhf::shape_rewards<T>(rows.library, {.log_probs = lp, .ref_log_probs = ref, .scores = score});
    CHECK(digest(alone) == digest(whole));
}

TEMPLATE_TEST_CASE("shape_rewards: infinite log-probs", "", float, double) {
    using T = TestType;
    const T inf = std::numeric_limits<T>::infinity();
    const std::vector<T> lp{-1, -1, -1}, ref{-inf, -1, -1}, score{1};
    const rlhf::batch b{.sequences = 1, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto rewards = [&](const rlhf::shape_rewards_options& o) {
        std::vector<T> x(3);
        rlhf::shape_rewards<T>(b, {.log_probs = lp, .ref_log_probs = ref, .scores = score, .rewards = x}, o);
        return x;
    };
    CHECK(rewards({.kl_coef = 0.5}) == std::vector<T>{-inf, 0, 1});
    CHECK(rewards({.kl_coef = 0.5, .kl_estimator = kl_estimator::k3}) == std::vector<T>{-inf, 0, 1});
    CHECK(rewards({.kl_coef = 0.5, .kl_limit = 10}) == std::vector<T>{-5, 0, 1});
    CHECK(rewards({.kl_coef = 0}) == std::vector<T>{0, 0, 1});
}

TEST_CASE("shape_rewards: no sequences, and no steps") {
    const std::vector<float> nothing, two{1, 2};
    const auto run = [&](std::size_t sequences, const std::vector<float>& scores) {
        const rlhf::batch b{.sequences = sequences, .steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here};
        return rlhf::shape_rewards(b, {.log_probs = nothing, .ref_log_probs = nothing, .scores = scores});
    };
    CHECK(digest(run(0, nothing)) == std::vector<double>{0, 0, 0, 0, 0, 0});
    CHECK(digest(run(2, two)) == std::vector<double>{0, 0, 2, 0, 0, 0});
}

TEST_CASE("shape_rewards: numbers that are infinite or 0 in the call's type throw") {
    const std::vector<std::uint8_t> finished{1, 0};
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto says = [&]<class T>(T, const rlhf::shape_rewards_options& o) {
        const std::vector<T> six(6), two(2);
        return test::refusal([&] {
            rlhf::shape_rewards<T>(b, {.log_probs = six, .ref_log_probs = six, .scores = two, .finished = finished}, o);
        });
    };
    CHECK(says(0.F, {.kl_coef = -1e39}) == "rlhf::shape_rewards: kl_coef is -1e+39, which is infinite as a float");
    CHECK(says(0.F, {.kl_limit = 1e-50}) == "rlhf::shape_rewards: kl_limit is 1e-50, which is 0 as a float");
    CHECK(says(0.F, {.unfinished_penalty = 1e39}) ==
          "rlhf::shape_rewards: unfinished_penalty is 1e+39, which is infinite as a float");
    CHECK(says(0.F, {.unfinished_score = 1e39}) ==
          "rlhf::shape_rewards: unfinished_score is 1e+39, which is infinite as a float");
    for (const rlhf::shape_rewards_options& o :
         {rlhf::shape_rewards_options{.kl_coef = -1e39}, rlhf::shape_rewards_options{.kl_limit = 1e-50},
          rlhf::shape_rewards_options{.unfinished_penalty = 1e39},
          rlhf::shape_rewards_options{.unfinished_score = 1e39}})
        CHECK(says(0.0, o).empty());
}

TEST_CASE("shape_rewards: what it refuses") {
    std::vector<float> six(6, 1.F), other(6), five(5), two(2), seven(7);
    const std::vector<std::uint8_t> finished{1, 0}, three(3);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::shape_rewards_arrays<float> good{
        .log_probs = six, .ref_log_probs = six, .scores = two, .rewards = other};
    const auto says = [&](auto change, const rlhf::shape_rewards_options& o = {}) {
        auto arrays = good;
        change(arrays);
        return test::refusal([&] { rlhf::shape_rewards<float>(b, arrays, o); });
    };
    const auto nothing = [](auto&) {};
    const auto finishes = [&](auto& x) { x.finished = finished; };
    CHECK(says(nothing) == "");
    CHECK(says([&](auto& x) { x.log_probs = five; }) == "rlhf::shape_rewards: log_probs has 5 elements, expected 6");
    CHECK(says([&](auto& x) { x.ref_log_probs = {}; }) == "rlhf::shape_rewards: ref_log_probs is missing");
    CHECK(says([&](auto& x) { x.scores = {}; }) == "rlhf::shape_rewards: scores is missing");
    CHECK(says([&](auto& x) { x.scores = six; }) ==
          "rlhf::shape_rewards: scores has 6 elements, expected 2 (one per sequence)");
    CHECK(says([&](auto& x) { x.finished = three; }) ==
          "rlhf::shape_rewards: finished has 3 elements, expected 2 (one per sequence)");
    CHECK(says([&](auto& x) { x.log_probs = std::span(seven).first(6), x.rewards = std::span(seven).last(6); }) ==
          "rlhf::shape_rewards: rewards overlaps log_probs");
    CHECK(says([&](auto& x) { x.rewards = rlhf::view(seven.data(), {.sequences = 2, .steps = 3, .stride = 2}); }) ==
          "rlhf::shape_rewards: rewards has a stride of 2, shorter than its row of 3");
    CHECK(says(nothing, {.kl_coef = std::nan("")}) == "rlhf::shape_rewards: kl_coef is nan, expected a finite number");
    CHECK(says(nothing, {.kl_limit = 0}) == "rlhf::shape_rewards: kl_limit is 0, expected more than 0");
    CHECK(says(nothing, {.score_limit = -1}) == "rlhf::shape_rewards: score_limit is -1, expected more than 0");
    CHECK(says(finishes, {.unfinished_penalty = rlhf::unlimited}) ==
          "rlhf::shape_rewards: unfinished_penalty is inf, expected a finite number");
    CHECK(says(finishes, {.unfinished_score = std::nan("")}) ==
          "rlhf::shape_rewards: unfinished_score is nan, expected a finite number");
    CHECK(says(finishes, {.unfinished_penalty = 1, .unfinished_score = -1}) ==
          "rlhf::shape_rewards: unfinished_score and unfinished_penalty are both given");
    CHECK(says(nothing, {.unfinished_penalty = 1}) == "rlhf::shape_rewards: unfinished_penalty needs finished");
    CHECK(says(nothing, {.unfinished_score = -1}) == "rlhf::shape_rewards: unfinished_score needs finished");
}
