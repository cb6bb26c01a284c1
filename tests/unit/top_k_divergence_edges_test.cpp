// SPDX-License-Identifier: MIT

// top_k_divergence where a tail or an entry has no probability, and what it refuses.

#include "support/top_k.hpp"

namespace {

using rlhf::divergence, test::kinds;

constexpr double inf = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("top_k_divergence: edges") {
    const std::size_t V = 20;
    std::vector<float> z(2 * V), d(2 * V, 5);
    for (std::size_t v = 0; v < 2 * V; ++v) z[v] = float(v % 7);
    std::vector<std::int32_t> ids{3, 5, 3, 5};
    std::vector<float> log_probs{-1, -2, -1, -2};
    const auto b = test::aligned(1, 2);
    const auto run = [&](divergence kind) {
        return rlhf::top_k_divergence(b, test::logits_of(z, 1, 2, V), {.k = 2, .ids = ids, .log_probs = log_probs},
                                      test::logits_of(d, 1, 2, V), {.divergence = kind});
    };
    const auto first = [&](auto&& holds) { return std::all_of(d.begin(), d.begin() + V, holds); };
    const auto second = [&](auto&& holds) { return std::all_of(d.begin() + V, d.end(), holds); };
    const auto finite = [](float x) { return std::isfinite(x); };
    const auto zero = [](float x) { return x == 0; };
    // the teacher's tail is lost in rounding, or even negative: it is not taken for 0
    log_probs[0] = std::log(0.9F), log_probs[1] = std::log(0.1F) + 1e-6F;
    for (const auto kind : kinds) {
        const double D = run(kind).loss();
        CHECK((D > 0 && D < 20 && first(finite)));
    }
    // so is the student's
    std::fill_n(z.begin(), V, -100.F), z[3] = z[5] = 0, log_probs[0] = -1, log_probs[1] = -2;
    for (const auto kind : kinds) CHECK(run(kind).loss() < 20);
    // entries without probability
    log_probs[1] = -float(inf);
    CHECK((run(divergence::reverse_kl).loss() == inf && first(zero) && !second(zero)));
    CHECK((std::isfinite(run(divergence::forward_kl).loss()) && std::isfinite(run(divergence::jsd).loss())));
    log_probs[1] = -2, z[5] = -float(inf);
    CHECK((run(divergence::forward_kl).loss() == inf && first(finite) && d[5] < 0));
    CHECK((std::isfinite(run(divergence::reverse_kl).loss()) && std::isfinite(run(divergence::jsd).loss())));
    CHECK(d[5] == 0);
    for (const auto kind : kinds) {
        std::fill_n(z.begin(), V, -float(inf));
        CHECK((run(kind).loss() == inf && run(kind).nonfinite() == 1 && first(zero) && second(finite)));
        std::fill_n(z.begin(), V, 0.F), log_probs[0] = std::numeric_limits<float>::quiet_NaN();
        CHECK((std::isnan(run(kind).loss()) && run(kind).nonfinite() == 1 && second(finite) && !second(zero)));
        CHECK(first([](float x) { return std::isnan(x); }));
        log_probs[0] = -1;
    }
}

TEST_CASE("top_k_divergence: a tail without probability counts as 2⁻²⁴") {
    const std::vector<std::int32_t> ids{3, 5};
    const float quarter = std::log(0.25F);
    const std::vector<float> log_probs{quarter, quarter};
    std::vector<float> z(20, -100);
    z[3] = z[5] = 0; // p is ½, ½ and nothing; q is ¼, ¼ and ½
    const auto value = [&](divergence kind) {
        return rlhf::top_k_divergence(test::aligned(1, 1), test::logits_of(z, 1, 1, 20),
                                      {.k = 2, .ids = ids, .log_probs = log_probs}, {.divergence = kind})
            .loss();
    };
    CHECK(value(divergence::forward_kl) == Approx(11 * std::log(2.0)).epsilon(1e-6));
    CHECK(value(divergence::reverse_kl) == Approx(std::log(2.0)).epsilon(1e-5)); // 2⁻²⁴ log 2⁻²³ is 10⁻⁶
}

TEST_CASE("top_k_divergence: edges without a tail") {
    using rlhf::top_k_support;
    const std::size_t V = 20;
    const float nan = std::numeric_limits<float>::quiet_NaN(), never = -float(inf);
    std::vector<float> z(2 * V), d(2 * V, 5);
    std::vector<std::int32_t> ids{3, 5, 3, 5};
    std::vector<float> log_probs;
    const auto b = test::aligned(1, 2);
    rlhf::top_k_divergence_options o;
    const auto run = [&] {
        return rlhf::top_k_divergence(b, test::logits_of(z, 1, 2, V), {.k = 2, .ids = ids, .log_probs = log_probs},
                                      test::logits_of(d, 1, 2, V), o);
    };
    /// What the first of two rows has, and whether its gradient is 0.
    struct row {
        double value;
        bool flat;
    };
    const auto first = [&](float z3, float z5, float q3, float q5) -> row {
        std::fill(z.begin(), z.end(), 0.F);
        z[3] = z3, z[5] = z5, log_probs = {q3, q5, -1, -2};
        const auto r = run();
        CHECK(r.nonfinite() == (std::isfinite(r.loss()) ? 0 : 1));
        CHECK(std::any_of(d.begin() + V, d.end(), [](float x) { return x != 0; }));
        const bool known = std::none_of(d.begin(), d.begin() + V, [](float x) { return std::isnan(x); });
        CHECK((known || std::isnan(r.loss())));
        if (o.support == top_k_support::truncated) {
            const auto want = static_cast<double>(
                reference::top_k_divergence(reference::padded(1, 2), test::widened(z), V, 2, {ids.begin(), ids.end()},
                                            reference::to_real(log_probs), test::wanted(o))
                    .loss);
            CHECK((std::isnan(want) ? std::isnan(r.loss()) : r.loss() == Approx(want).epsilon(5e-7).margin(5e-7)));
        }
        return {r.loss(), std::all_of(d.begin(), d.begin() + V, [](float x) { return x == 0; })};
    };
    for (const auto kind : kinds)
        for (const auto support : {top_k_support::truncated, top_k_support::renormalized}) {
            CAPTURE(int(kind), int(support));
            o = {.divergence = kind, .support = support};
            const bool whole = support == top_k_support::renormalized;
            CHECK((std::isnan(first(0, 0, nan, -1).value) && std::isnan(d[3])));
            CHECK((std::isnan(first(nan, 0, -1, -1).value) && std::isnan(d[5])));
            CHECK((std::isnan(first(never, 0, nan, -1).value) && std::isnan(d[5]))); // beside p = 0 or q = 0, too
            CHECK(std::isnan(first(nan, 0, never, never).value));
            // an entry without probability: of the reference, of the policy, of both
            const row no_q = first(0, 1, never, -1), no_p = first(never, 0, -1, -2),
                      neither = first(never, 0, never, -1);
            CHECK((std::isinf(no_q.value) == (kind == divergence::reverse_kl) && no_q.flat == std::isinf(no_q.value)));
            CHECK((std::isinf(no_p.value) == (kind == divergence::forward_kl) &&
                   no_p.flat == (whole && kind != divergence::forward_kl)));
            CHECK((std::isfinite(neither.value) && neither.flat == whole));
            // nothing listed has one
            const row no_p_at_all = first(never, never, -1, -2), no_q_at_all = first(0, 1, never, never);
            if (whole)
                CHECK((no_p_at_all.value == inf && no_p_at_all.flat && no_q_at_all.value == inf && no_q_at_all.flat));
            std::fill_n(z.begin(), V, never);
            log_probs = {-1, -2, -1, -2};
            CHECK((run().loss() == inf && std::all_of(d.begin(), d.begin() + V, [](float x) { return x == 0; })));
            log_probs[0] = nan;
            CHECK(std::isnan(run().loss()));
        }
    // Σ q (log q − log p) of less than 1 is negative where the policy lists more, by as much as it lists more
    o = {.divergence = divergence::forward_kl, .support = top_k_support::truncated};
    first(30, 30, -3, -3);
    log_probs[2] = log_probs[3] = -3, z[V + 3] = z[V + 5] = 30;
    CHECK(run().loss() == Approx(2 * std::exp(-3.0) * (std::log(2.0) - 3)));
    // bounds: as far as they go the gradient flows, and not beyond
    const double at = run().loss();
    o.low = at;
    CHECK((run().loss() == at && d[0] != 0));
    o.low = 0;
    CHECK((run().loss() == 0 && d[0] == 0 && d[3] == 0));
    o.low = -inf, o.high = at;
    CHECK((run().loss() == at && d[0] != 0));
    o.high = 2 * at;
    CHECK((run().loss() == 2 * at && d[0] == 0 && d[3] == 0));
    // an infinite divergence has a bound, and log-probabilities have theirs
    o = {.support = top_k_support::truncated, .high = 10};
    CHECK(first(0, 1, never, -1).value < 10);
    o = {.support = top_k_support::truncated, .least_log_prob = -10};
    const double p3 = 1 / (19 + std::exp(1.0)), p5 = std::exp(1.0) * p3;
    const row bounded = first(0, 1, never, -1);
    z[V + 5] = 1, log_probs[2] = never, log_probs[3] = -1;
    CHECK((!bounded.flat && run().loss() == Approx(p3 * (std::log(p3) + 10) + p5 * (std::log(p5) + 1))));
}

TEST_CASE("top_k_divergence: sentences") {
    std::vector<float> z(12), log_probs(6, -1);
    std::vector<std::int32_t> ids{0, 1, 2, 3, 0, 1};
    const auto b = test::aligned(1, 3);
    std::int64_t k = 2;
    const auto refused = [&](const rlhf::top_k_divergence_options& o = {}) {
        return test::refusal([&] {
            rlhf::top_k_divergence(b, test::logits_of(z, 1, 3, 4), {.k = k, .ids = ids, .log_probs = log_probs},
                                   test::logits_of(z, 1, 3, 4), o);
        });
    };
    CHECK(refused().empty());
    CHECK(refused({.temperature = -1}) == "rlhf::top_k_divergence: temperature is -1, expected [1e-06, 1e+06]");
    CHECK(refused({.beta = 0.1}) == "rlhf::top_k_divergence: beta is 0.1, but only divergence = jsd has a beta");
    CHECK(refused({.beta = 0}).find("rlhf::top_k_divergence: beta is 0, expected between 0 and 1") == 0);
    CHECK(refused({.least_log_prob = -9}) ==
          "rlhf::top_k_divergence: least_log_prob is -9, but only support = truncated has one");
    CHECK(refused({.support = rlhf::top_k_support::truncated, .least_log_prob = -9}).empty());
    CHECK(refused({.support = rlhf::top_k_support::truncated, .least_log_prob = 0.5}) ==
          "rlhf::top_k_divergence: least_log_prob is 0.5, expected at most 0");
    CHECK(refused({.low = 1, .high = 0.5}) == "rlhf::top_k_divergence: low is 1, expected at most high, 0.5");
    CHECK(refused({.low = std::nan("")}).find("rlhf::top_k_divergence: low is nan") == 0);
    k = 5;
    CHECK(refused() == "rlhf::top_k_divergence: k is 5, expected 1 to 4");
    CHECK(test::refusal([&] {
              std::vector<float> wide(2000);
              rlhf::top_k_divergence(test::aligned(1, 1), test::logits_of(wide, 1, 1, 2000),
                                     {.k = 1025, .ids = ids, .log_probs = log_probs});
          }) == "rlhf::top_k_divergence: k is 1025, expected 1 to 1024");
    k = 0;
    CHECK(refused() == "rlhf::top_k_divergence: k is 0, expected 1 to 4");
    k = 3;
    CHECK(refused() == "rlhf::top_k_divergence: ids has 6 elements, expected 9 (3 tokens of k = 3)");
    k = 2, ids[3] = 4;
    CHECK(refused() == "rlhf::top_k_divergence: entry 4 of sequence 0, step 1 is outside the vocabulary of 4");
    ids[3] = 3;
    log_probs.pop_back();
    CHECK(refused() == "rlhf::top_k_divergence: log_probs has 5 elements, expected 6 (3 tokens of k = 2)");
    std::vector<float>().swap(log_probs);
    CHECK(refused() == "rlhf::top_k_divergence: log_probs is missing");
}
