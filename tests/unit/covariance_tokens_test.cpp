// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/covariance_tokens.hpp"
#include "support/cases.hpp"

#include <rlhf/policy/covariance_tokens.hpp>
#include <rlhf/policy/policy_loss.hpp>

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

struct named {
    const char* name;
    rlhf::covariance_tokens_options options;
    bool keys;
};
const std::vector<named> cases = {
    {"largest", {.share = 0.01}, false},
    {"one", {.share = 0}, false},
    {"largest within bounds", {.share = 0.05, .low = 0.1, .high = 1}, false},
    {"random", {.share = 0.01, .low = 0.5, .high = 3}, true},
    {"random, not clipped", {.share = 0.05, .low = 0.1, .high = 3, .clip_range = {{0.1, 0.2}}}, true},
    {"all candidates", {.share = 1, .low = 0.5, .clip_range = 0.2}, true},
};

template <class T>
struct tokens {
    test::rectangle where;
    std::vector<T> lp, old, advantages, keys;

    explicit tokens(test::random& r) : where(test::mixed_rectangle(r)) {
        const std::size_t n = where.size();
        lp = test::log_probs<T>(r, n), old = test::nearby(r, lp), advantages = test::advantages<T>(r, n);
        keys.resize(n);
        for (auto& k : keys) k = static_cast<T>(r.uniform());
    }
};

template <class T>
void matches_reference(const named& c) {
    CAPTURE(c.name);
    test::random r(11);
    tokens<T> x(r);
    const auto& o = c.options;
    const auto clip = o.clip_range.value_or(rlhf::ratio_range(1, inf));
    using reference::to_real;
    const auto picked = reference::covariance_tokens(
        x.where.reference(), to_real(x.lp), to_real(x.old), to_real(x.advantages), to_real(x.keys),
        {o.share, o.low, o.high, c.keys, o.clip_range.has_value(), T(1 - clip.low), T(1 + clip.high)});
    std::vector<T> weights(x.where.size()), anchors(x.where.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (x.where.mask[i] != 0) weights[i] = 1, anchors[i] = x.lp[i];
    for (const std::size_t e : picked) weights[e] = 0, anchors[e] = x.old[e];
    for (auto* array : {&x.lp, &x.old, &x.advantages, &x.keys}) test::poison(r, *array, x.where.mask);
    const auto run = [&](const rlhf::covariance_tokens_options& options, std::vector<T>& w, std::vector<T>& to) {
        return rlhf::covariance_tokens<T>(x.where.batch(),
                                          {.log_probs = x.lp,
                                           .old_log_probs = x.old,
                                           .advantages = x.advantages,
                                           .keys = c.keys ? rlhf::view<const T>(x.keys) : rlhf::view<const T>(),
                                           .weights = w,
                                           .anchors = to},
                                          options, contract::threads(3));
    };
    std::vector<T> w(weights.size(), T(7)), to(weights.size(), T(7));
    const auto got = run(o, w, to);
    CHECK(w == weights);
    CHECK(to == anchors);
    CHECK(got.picked == double(picked.size()));
    auto again = o;
    again.cut = got.cut;
    std::vector<T> same(weights.size(), T(7)), same_anchors(weights.size(), T(7));
    CHECK(run(again, same, same_anchors).picked == got.picked);
    CHECK((same == weights && same_anchors == anchors));
}

/// The picked of tokens that all count, one sequence.
std::vector<int> picked(const std::vector<double>& lp, const std::vector<double>& a, rlhf::covariance_tokens_options o,
                        const std::vector<double>& keys = {}) {
    std::vector<double> w(lp.size());
    const rlhf::batch b{.steps = lp.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::covariance_tokens<double>(b, {.log_probs = lp, .advantages = a, .keys = keys, .weights = w}, o);
    std::vector<int> found;
    for (std::size_t i = 0; i < w.size(); ++i)
        if (w[i] == 0) found.push_back(static_cast<int>(i));
    return found;
}

} // namespace

TEMPLATE_TEST_CASE("covariance_tokens: same bits however the batch is laid out", "[contract]", float, double) {
    using T = TestType;
    const contract::problem<T> p{
        .inputs = {test::log_probs<T>, test::log_probs<T>, test::advantages<T>, test::advantages<T>}, .outputs = 2};
    contract::holds<T>(
        p,
        [](const contract::call<T>& c) {
            return rlhf::covariance_tokens<T>(c.batch,
                                              {.log_probs = c.in[0],
                                               .old_log_probs = c.in[1],
                                               .advantages = c.in[2],
                                               .keys = c.in[3],
                                               .weights = c.out[0],
                                               .anchors = c.out[1]},
                                              {.high = 2, .clip_range = 0.2, .cut = {{0.1, -0.8, 0.3}}}, c.run);
        },
        [](const rlhf::covariance_tokens_result& r) {
            return std::vector<double>{r.own.tokens, r.own.sequences, r.picked, r.cut.mean_advantage, r.cut.last};
        });
}

TEMPLATE_TEST_CASE("covariance_tokens: against the reference", "[reference]", float, double) {
    for (const auto& c : cases) matches_reference<TestType>(c);
}

TEST_CASE("covariance_tokens: equal tokens are picked in their order, and at least one token is picked") {
    const std::vector<double> lp{-3, 0, 0, -3, 0, 0}, a{-1, 1, 1, -1, 1, -1};
    CHECK(picked(lp, a, {.share = 0.34}) == std::vector<int>{0, 3}); // 2 tokens; the tokens with −3 have the most
    CHECK(picked(lp, a, {.share = 0.67}) == std::vector<int>{0, 1, 2, 3});
    CHECK(picked(lp, a, {.share = 0}) == std::vector<int>{0});
    CHECK(picked(lp, a, {.share = 0.5}, {3, 1, 2, 1, 1, 2}) == std::vector<int>{1, 3, 4});
    CHECK(picked(lp, a, {.share = 0.5}, {3, 1, 2, 1, 2, 2}) == std::vector<int>{1, 2, 3});
    CHECK(picked({-1, -3, -1, -3}, {1, 1, 1, 1}, {.share = 0.75}) == std::vector<int>{0, 1, 2}); // 0 and −0 are equal
    CHECK(picked(lp, a, {.low = 50}).empty());
    CHECK(picked(lp, a, {.low = 50}, {3, 1, 2, 1, 2, 2}).empty());
    CHECK(picked(lp, {-1, 1, NaN, -1, 1, -1}, {}).empty());
    CHECK(picked({-3, 0, 0}, {-1, 1, 1}, {.share = 1}, {NaN, 1, 2}) == std::vector<int>{1, 2});
}

TEST_CASE("covariance_tokens: KL-Cov by its anchors, and Clip-Cov by its weights") {
    const std::vector<double> lp{-0.5, -1, -2, -0.1}, old{-1.5, -1.2, -1, -0.1}, a{1.5, -1, 0.5, 2};
    std::vector<double> w(4), anchors(4), d(4);
    const rlhf::batch b{.steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r = rlhf::covariance_tokens<double>(
        b, {.log_probs = lp, .old_log_probs = old, .advantages = a, .weights = w, .anchors = anchors}, {.share = 0.5});
    CHECK((r.picked == 2 && w == std::vector<double>{0, 1, 1, 0}));
    double loss = 0;
    for (std::size_t t = 0; t < 4; ++t)
        loss += (-std::exp(lp[t] - old[t]) * a[t] + (w[t] == 0 ? 0.3 * std::fabs(lp[t] - old[t]) : 0)) / 4;
    const auto kl_cov = rlhf::policy_loss<double>(
        b, {.log_probs = lp, .old_log_probs = old, .ref_log_probs = anchors, .advantages = a, .d_log_probs = d},
        rlhf::ppo_clip{.range = {1, rlhf::unlimited}}, {.kl_coef = 0.3, .kl_estimator = rlhf::kl_estimator::abs});
    CHECK(kl_cov.loss() == Approx(loss).epsilon(1e-14));
    CHECK(d[0] == Approx((-1.5 * std::exp(1.0) + 0.3) / 4).epsilon(1e-14));
    CHECK(d[1] == Approx(std::exp(0.2) / 4).epsilon(1e-14));
    CHECK(d[2] == Approx(-0.5 * std::exp(-1.0) / 4).epsilon(1e-14));
    CHECK(d[3] == -2.0 / 4);
    const auto clip_cov = rlhf::policy_loss<double>(
        b, {.log_probs = lp, .old_log_probs = old, .advantages = a, .weights = w, .d_log_probs = d},
        rlhf::ppo_clip{.range = 0.2});
    CHECK(clip_cov.loss() == Approx((std::exp(0.2) - 0.5 * std::exp(-1.0)) / 4).epsilon(1e-14));
    CHECK((d[0] == 0 && d[3] == 0));
}

TEST_CASE("covariance_tokens: refusals") {
    const std::vector<float> x(2, -1);
    std::vector<float> w(2, 7), anchors(2, 7);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto said = [&](const rlhf::covariance_tokens_options& o) {
        return test::refusal([&] { rlhf::covariance_tokens(b, {.log_probs = x, .advantages = x, .weights = w}, o); });
    };
    const std::string f = "rlhf::covariance_tokens: ";
    CHECK(said({.share = -0.1}) == f + "share is -0.1, expected [0, 1]");
    CHECK(said({.low = 2, .high = 2}) == f + "low is 2 and high is 2, expected low < high");
    CHECK(said({.high = NaN}).find(f + "low is -inf and high is nan") == 0);
    CHECK(said({.clip_range = 0.2}) == f + "clip_range needs old_log_probs");
    CHECK(said({.clip_range = 1.2}) == f + "clip_range.low is 1.2, expected [0, 1]");
    CHECK(said({.clip_range = {{0.2, -1}}}).find(f + "clip_range.high is -1") == 0);
    CHECK(said({.cut = {{0, 0, NaN}}}) == f + "cut.last is nan, expected a number");
    CHECK(test::refusal([&] { rlhf::covariance_tokens(b, {.log_probs = x, .advantages = x, .anchors = anchors}); }) ==
          f + "anchors needs old_log_probs");
    CHECK((w == std::vector<float>{7, 7} && anchors == std::vector<float>{7, 7}));
}

TEST_CASE("covariance_tokens: where no token is a candidate, the cut is beyond all keys and all covariances") {
    const std::vector<double> lp{-1, -2, -3}, a{1, 0, 2}, keys{0.1, 0.2, 0.3};
    const rlhf::batch b{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::covariance_tokens_options o{.low = 100};
    const auto by_key = rlhf::covariance_tokens<double>(b, {.log_probs = lp, .advantages = a, .keys = keys}, o);
    const auto by_covariance = rlhf::covariance_tokens<double>(b, {.log_probs = lp, .advantages = a}, o);
    CHECK((by_key.picked == 0 && by_key.cut.last == -rlhf::unlimited));
    CHECK((by_covariance.picked == 0 && by_covariance.cut.last == rlhf::unlimited));
}
