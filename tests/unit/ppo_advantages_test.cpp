// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "support/rows.hpp"

#include <rlhf/recipe/ppo_advantages.hpp>

namespace {

template <class T>
std::vector<T> numbers(test::random& r, std::size_t n) {
    return test::normals<T>(r, n);
}

std::vector<double> digest(const rlhf::ppo_advantages_result& r) {
    return {r.rewards.own.tokens, r.rewards.kl_per_token(), r.rewards.mean_score(), r.rewards.dropped_scores,
            r.advantages.count(), r.advantages.mean(),      r.advantages.variance()};
}

template <class T>
void contract_holds(bool time_major) {
    const contract::problem<T> p{.inputs = {numbers<T>, numbers<T>, numbers<T>},
                                 .sequences = {numbers<T>},
                                 .outputs = 2,
                                 .time_major = false,
                                 .only_time_major = time_major};
    contract::holds<T>(
        p,
        [](const contract::call<T>& c) {
            return rlhf::ppo_advantages<T>(c.batch,
                                           {.log_probs = c.in[0],
                                            .ref_log_probs = c.in[1],
                                            .values = c.in[2],
                                            .scores = c.sequence[0],
                                            .advantages = c.out[0],
                                            .returns = c.out[1]},
                                           {.whiten = rlhf::no_whitening}, c.run);
        },
        digest);
}

/// A rollout in memory.
template <class T>
struct rollout {
    std::vector<T> log_probs, ref_log_probs, values, scores, bootstrap, advantages, returns;
    std::vector<std::uint8_t> finished;

    rollout(test::random& r, const test::rows& rows)
        : log_probs(test::log_probs<T>(r, rows.size)), ref_log_probs(test::nearby<T>(r, log_probs)),
          values(test::normals<T>(r, rows.size)), scores(test::normals<T>(r, rows.sequences)),
          bootstrap(test::normals<T>(r, rows.sequences)), advantages(rows.size), returns(rows.size),
          finished(test::flags(r, rows.sequences, 0.5)) {}

    rlhf::ppo_advantages_arrays<T> arrays() {
        return {.log_probs = log_probs,
                .ref_log_probs = ref_log_probs,
                .values = values,
                .scores = scores,
                .finished = finished,
                .bootstrap_values = bootstrap,
                .advantages = advantages,
                .returns = returns};
    }
};

} // namespace

TEMPLATE_TEST_CASE("ppo_advantages: same bits however the batch is laid out", "", float, double) {
    for (const bool time_major : {false, true}) { contract_holds<TestType>(time_major); }
}

TEMPLATE_TEST_CASE("ppo_advantages: literally its parts", "", float, double) {
    using T = TestType;
    test::random r(1);
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds)
            for (const auto& whitening :
                 {rlhf::whiten_options{}, rlhf::no_whitening, rlhf::whiten_options{.center = false, .ddof = 0}}) {
                const test::rows rows(r, how, kind, 6, 140);
                rollout<T> x(r, rows);
                const rlhf::ppo_advantages_options o{
                    .rewards = {.kl_coef = 0.1, .kl_estimator = rlhf::kl_estimator::k3, .unfinished_penalty = 0.5},
                    .gae = {.gamma = 0.99, .lambda = 0.9, .gaps = rlhf::gaps::zero},
                    .whiten = whitening};
                const auto got = rlhf::ppo_advantages<T>(rows.library, x.arrays(), o);
                std::vector<T> rewards(rows.size), advantages(rows.size), returns(rows.size);
                const auto shaped = rlhf::shape_rewards<T>(rows.library,
                                                           {.log_probs = x.log_probs,
                                                            .ref_log_probs = x.ref_log_probs,
                                                            .scores = x.scores,
                                                            .finished = x.finished,
                                                            .rewards = rewards},
                                                           o.rewards);
                rlhf::gae<T>(rows.library,
                             {.rewards = rewards,
                              .values = x.values,
                              .bootstrap_values = x.bootstrap,
                              .advantages = advantages,
                              .returns = returns},
                             o.gae);
                const auto m = rlhf::whiten<T>(rows.library, advantages, o.whiten);
                CAPTURE(how, kind, whitening.center);
                CHECK(test::same_bits(x.advantages, advantages));
                CHECK(test::same_bits(x.returns, returns));
                CHECK(got.advantages == m);
                CHECK(got.rewards.mean_score() == shaped.mean_score());
                CHECK(got.rewards.kl_per_token() == shaped.kl_per_token());
            }
}

TEMPLATE_TEST_CASE("ppo_advantages: parts of a step, whitened together", "", float, double) {
    using T = TestType;
    test::random r(2);
    const test::rows rows(r, test::arrangement::packed, test::mask_kind::random, 9, 300);
    rollout<T> whole(r, rows);
    rollout<T> cut = whole;
    const auto expected = rlhf::ppo_advantages<T>(rows.library, whole.arrays(), {});
    rlhf::ppo_advantages_result joined;
    for (const auto& cut_here : {std::pair(5, 4), {0, 5}}) {
        const int first = cut_here.first, n = cut_here.second; // clang 14 captures no structured binding
        const auto part = [&](auto& a) { return rlhf::part(a, rows.library, first, n); };
        const auto one = [&](auto& a) { return rlhf::part(rlhf::per_sequence(a), rows.library, first, n); };
        joined += rlhf::ppo_advantages<T>(rows.library.part(first, n),
                                          {.log_probs = part(cut.log_probs),
                                           .ref_log_probs = part(cut.ref_log_probs),
                                           .values = part(cut.values),
                                           .scores = one(cut.scores),
                                           .finished = one(cut.finished),
                                           .bootstrap_values = one(cut.bootstrap),
                                           .advantages = part(cut.advantages),
                                           .returns = part(cut.returns)},
                                          {.whiten = rlhf::no_whitening});
    }
    CHECK(digest(joined) == digest(expected));
    rlhf::whiten<T>(rows.library, cut.advantages, joined.advantages);
    CHECK(test::same_bits(cut.advantages, whole.advantages));
    CHECK(test::same_bits(cut.returns, whole.returns));
}

TEST_CASE("ppo_advantages: what it refuses, before anything is written") {
    test::random r(3);
    const test::rows rows(r, test::arrangement::padded, test::mask_kind::all, 2, 3);
    rollout<float> x(r, rows);
    x.advantages.assign(6, 7.F);
    std::vector<float> five(5);
    const auto says = [&](auto change, const rlhf::ppo_advantages_options& o = {}) {
        auto arrays = x.arrays();
        change(arrays);
        const auto message = test::refusal([&] { rlhf::ppo_advantages<float>(rows.library, arrays, o); });
        CHECK(x.advantages == std::vector<float>(6, 7.F));
        return message;
    };
    const auto nothing = [](auto&) {};
    CHECK(says([&](auto& a) { a.values = five; }) == "rlhf::ppo_advantages: values has 5 elements, expected 6");
    CHECK(says([&](auto& a) { a.log_probs = {}; }) == "rlhf::ppo_advantages: log_probs is missing");
    CHECK(says([&](auto& a) { a.scores = {}; }) == "rlhf::ppo_advantages: scores is missing");
    CHECK(says([&](auto& a) { a.scores = five; }) ==
          "rlhf::ppo_advantages: scores has 5 elements, expected 2 (one per sequence)");
    CHECK(says([&](auto& a) { a.bootstrap_values = five; }) ==
          "rlhf::ppo_advantages: bootstrap_values has 5 elements, expected 2 (one per sequence)");
    CHECK(says([&](auto& a) { a.advantages = {}; }) == "rlhf::ppo_advantages: advantages is missing");
    CHECK(says([&](auto& a) { a.returns = a.advantages; }) == "rlhf::ppo_advantages: advantages overlaps returns");
    CHECK(says([&](auto& a) { a.values = a.advantages; }) == "rlhf::ppo_advantages: advantages overlaps values");
    CHECK(says([&](auto& a) { a.finished = {}; }, {.rewards = {.unfinished_penalty = 1}}) ==
          "rlhf::ppo_advantages: unfinished_penalty needs finished");
    CHECK(says(nothing, {.rewards = {.kl_limit = -1}}) == "rlhf::ppo_advantages: kl_limit is -1, expected more than 0");
    CHECK(says(nothing, {.rewards = {.kl_coef = 1e39}}) ==
          "rlhf::ppo_advantages: kl_coef is 1e+39, which is infinite as a float");
    CHECK(says(nothing, {.whiten = {.about = rlhf::scale_about::zero}}) ==
          "rlhf::ppo_advantages: about needs center = false and scale = true");
    CHECK(says(nothing, {.gae = {.gamma = 1.5}}) == "rlhf::ppo_advantages: gamma is 1.5, expected [0, 1]");
    CHECK(says(nothing, {.gae = {.lambda = std::nan("")}}) == "rlhf::ppo_advantages: lambda is nan, expected [0, 1]");
    CHECK(says(nothing, {.whiten = {.ddof = -2}}) == "rlhf::ppo_advantages: ddof is -2, expected at least 0");
}

TEMPLATE_TEST_CASE("ppo_advantages: a score on a step that gae does not read throws and is not lost", "", float,
                   double) {
    using T = TestType;
    using rlhf::score_position, rlhf::gaps;
    const std::vector<std::uint8_t> mask{0, 1, 1, 0, 0};
    const std::vector<T> zero(5), score{3};
    rlhf::batch b{.sequences = 1, .steps = 5, .mask = mask, .denominator = rlhf::counted_here};
    std::vector<T> advantages(5, T(7));
    const auto refused = [&](score_position where, gaps how) {
        return test::refusal([&] {
            rlhf::ppo_advantages<T>(
                b,
                {.log_probs = zero, .ref_log_probs = zero, .values = zero, .scores = score, .advantages = advantages},
                {.rewards = {.score_position = where},
                 .gae = {.lambda = 1, .gaps = how},
                 .whiten = rlhf::no_whitening});
        });
    };
    const std::string lost =
        "rlhf::ppo_advantages: score_position may name a masked step, which only gaps = ignore reads";
    for (const auto where : {score_position::after_last_counted, score_position::last_step}) {
        b.mask = mask;
        for (const auto how : {gaps::skip, gaps::zero}) CHECK(refused(where, how) == lost);
        CHECK(advantages == std::vector<T>(5, T(7)));
        CHECK(refused(where, gaps::ignore).empty());
        CHECK(advantages == std::vector<T>{0, 3, 3, 0, 0});
        b.mask = rlhf::all, b.predict_next = true; // the last step is about nothing
        CHECK(refused(where, gaps::skip) == lost);
        b.predict_next = false;
        CHECK(refused(where, gaps::skip).empty());
        CHECK(advantages == std::vector<T>(5, T(3)));
        advantages.assign(5, T(7)), b.predict_next = {};
    }
    b.mask = mask;
    CHECK(refused(score_position::last_counted, gaps::skip).empty());
    CHECK(advantages == std::vector<T>{0, 3, 3, 0, 0});
}
