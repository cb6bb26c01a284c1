// SPDX-License-Identifier: MIT

// top_k_divergence where a tail or an entry has no probability, and what it refuses.

#include "support/divergences.hpp"

#include <rlhf/logits/top_k_divergence.hpp>

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
    k = 5;
    CHECK(refused() == "rlhf::top_k_divergence: k is 5, expected 1 to 4");
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
