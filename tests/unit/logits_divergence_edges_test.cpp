// SPDX-License-Identifier: MIT

// logits_divergence where logits are moved, impossible, not finite, padded or masked, and what it refuses.

#include "support/divergences.hpp"

#include <rlhf/logits/logits_divergence.hpp>

namespace {

using rlhf::divergence;
using test::kinds, test::beta_of, test::wanted;

constexpr double inf = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("logits_divergence: a constant on either logits changes nothing but rounding") {
    test::random r(3);
    const std::size_t V = 500;
    const auto b = test::aligned(1, 1);
    std::vector<float> z(V), w(V), d(V), d_moved(V);
    for (std::size_t v = 0; v < V; ++v) // whole 128ths: adding 1000 is exact
        z[v] = static_cast<float>(std::round(r.normal(0, 300))) / 128, w[v] = z[v] + (v % 3 == 0 ? 1.F / 64 : 0.F);
    auto moved = w;
    for (float& x : moved) x += 1000;
    for (const auto kind : kinds) {
        const rlhf::logits_divergence_options o{.divergence = kind};
        const double D = rlhf::logits_divergence(b, test::logits_of(z, 1, 1, V), test::logits_of(w, 1, 1, V),
                                                 test::logits_of(d, 1, 1, V), o)
                             .loss();
        const double there = rlhf::logits_divergence(b, test::logits_of(z, 1, 1, V), test::logits_of(moved, 1, 1, V),
                                                     test::logits_of(d_moved, 1, 1, V), o)
                                 .loss();
        CHECK(there == Approx(D).epsilon(1e-6));
        CHECK(test::worst_ulp_error(d_moved, d, 1e-9) <= 4);
    }
}

TEMPLATE_TEST_CASE("logits_divergence: impossible entries", "", float, double) {
    using T = TestType;
    const std::size_t V = 20;
    std::vector<T> z(2 * V, 0), w(2 * V, 0), d(2 * V, 5);
    for (std::size_t v = 0; v < 2 * V; ++v) z[v] = T(v % 7), w[v] = T(v % 5);
    const auto b = test::aligned(1, 2);
    const auto none = static_cast<T>(-inf);
    const auto run = [&](divergence kind, double beta = 0.25) {
        return rlhf::logits_divergence(b, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                       test::logits_of(d, 1, 2, V), {.divergence = kind, .beta = beta_of(kind, beta)});
    };
    const auto first = [&](auto&& holds) { return std::all_of(d.begin(), d.begin() + V, holds); };
    const auto second = [&](auto&& holds) { return std::all_of(d.begin() + V, d.end(), holds); };
    const auto finite = [](T x) { return std::isfinite(x); };
    const auto zero = [](T x) { return x == 0; };
    const auto matches_finite = [&](divergence kind) {
        const rlhf::logits_divergence_options o{.divergence = kind, .beta = beta_of(kind, 0.25)};
        const auto want =
            reference::logits_divergence(reference::padded(1, 2), test::widened(z), test::widened(w), V, wanted(o));
        const auto r = run(kind);
        const double small = std::same_as<T, double> ? 1e-14 : 3e-7;
        CHECK(r.loss() == Approx(static_cast<double>(want.loss)).epsilon(small));
        CHECK(r.nonfinite() == 0);
        double worst = 0;
        for (std::size_t i = 0; i < d.size(); ++i)
            worst = std::max(worst, std::fabs(double(d[i]) - static_cast<double>(want.d_logits[i])));
        CHECK(worst <= small);
    };

    // neither knows it
    z[3] = w[3] = none;
    for (const auto kind : kinds) {
        matches_finite(kind);
        CHECK(d[3] == 0);
    }
    // only the reference does
    w[3] = 2;
    matches_finite(divergence::reverse_kl), matches_finite(divergence::jsd);
    CHECK((run(divergence::forward_kl).loss() == inf && run(divergence::forward_kl).nonfinite() == 1));
    CHECK((first(finite) && d[3] < 0 && !second(zero)));
    // only the policy does
    z[3] = 2, w[3] = none;
    matches_finite(divergence::forward_kl), matches_finite(divergence::jsd);
    CHECK((run(divergence::reverse_kl).loss() == inf && run(divergence::reverse_kl).nonfinite() == 1));
    CHECK((first(zero) && second(finite) && !second(zero)));
    // nothing in common
    for (std::size_t v = 0; v < V; ++v) (v < 9 ? z[v] : w[v]) = none;
    CHECK(run(divergence::jsd).loss() < inf);
    const double mixed = -(0.25 * std::log(0.25) + 0.75 * std::log(0.75)); // nothing shared: the entropy of β
    std::copy_n(z.begin(), V, z.begin() + V), std::copy_n(w.begin(), V, w.begin() + V);
    CHECK(run(divergence::jsd).loss() == Approx(mixed).epsilon(1e-6));
    // a probability far below the smallest number is none, but its logit counts where the other's is large
    z.assign(2 * V, 0), w = z, w[3] = -500;
    matches_finite(divergence::reverse_kl), matches_finite(divergence::jsd), matches_finite(divergence::forward_kl);
    // the smallest probability, whose share of the mixture is rounded to 0
    w = z, z[3] = std::same_as<T, double> ? T(-741.3) : T(-87), w[3] = none;
    CHECK((run(divergence::jsd, 1 - 0x1p-24).nonfinite() == 0 && first(finite)));
}

TEST_CASE("logits_divergence: rows without a distribution") {
    const std::size_t V = 150;
    const auto b = test::aligned(1, 2);
    for (const auto kind : kinds)
        for (const bool of_policy : {true, false})
            for (const float bad : {-float(inf), float(inf), std::numeric_limits<float>::quiet_NaN()}) {
                CAPTURE(static_cast<int>(kind), of_policy, bad);
                std::vector<float> z(2 * V, 1), w(2 * V, 0), d(2 * V, 5);
                for (std::size_t v = 0; v < V; ++v) w[V + v] = float(v % 2);
                auto& x = of_policy ? z : w;
                if (bad < 0)
                    std::fill_n(x.begin(), V, bad);
                else
                    x[140] = bad;
                const auto r = rlhf::logits_divergence(b, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                                       test::logits_of(d, 1, 2, V), {.divergence = kind});
                CHECK(r.nonfinite() == 1);
                CHECK((bad < 0 ? r.loss() == inf : std::isnan(r.loss())));
                CHECK(std::all_of(d.begin(), d.begin() + V, [&](float y) { return bad < 0 ? y == 0 : std::isnan(y); }));
                CHECK(std::all_of(d.begin() + V, d.end(), [](float y) { return std::isfinite(y) && y != 0; }));
                // NaN in the other one as well
                (of_policy ? w : z)[5] = std::numeric_limits<float>::quiet_NaN();
                CHECK(std::isnan(rlhf::logits_divergence(b, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                                         {.divergence = kind})
                                     .loss()));
            }

    std::vector<float> z(2 * V, 1), w(2 * V, 0), d(2 * V, 5);
    const std::vector<std::uint8_t> nothing(2, 0);
    auto empty = b;
    empty.mask = nothing;
    const auto r = rlhf::logits_divergence(empty, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                           test::logits_of(d, 1, 2, V));
    CHECK((r.loss() == 0 && r.divergence() == 0 && r.own.tokens == 0));
    CHECK(test::same_bits(d, std::vector<float>(2 * V, 0)));
}

TEST_CASE("logits_divergence: padding of the vocabulary") {
    test::random r(12);
    const std::size_t V = 130, padded = 144;
    auto z = test::random_logits<float>(r, 2 * padded), d = std::vector<float>(2 * padded, 5);
    auto w = test::random_logits<float>(r, 2 * V);
    for (std::size_t v = V; v < padded; ++v) z[v] = z[padded + v] = 1e30F;
    const auto b = test::aligned(1, 2);
    const auto D = rlhf::logits_divergence(b, test::logits_of(z, 1, 2, V, padded), test::logits_of(w, 1, 2, V),
                                           test::logits_of(d, 1, 2, V, padded));
    CHECK(D.loss() < 20);
    CHECK((d[V] == 0 && d[padded - 1] == 0 && d[padded + V] == 0 && d[padded] != 0 && d[padded + V - 1] != 0));
}

TEST_CASE("logits_divergence: sentences") {
    std::vector<float> z(12), w(15), d(12);
    auto b = test::aligned(1, 3);
    std::size_t V = 4;
    auto* into = &d;
    const auto refused = [&](const rlhf::logits_divergence_options& o = {}) {
        return test::refusal([&] {
            rlhf::logits_divergence(b, test::logits_of(z, 1, 3, 4), test::logits_of(w, 1, 3, V),
                                    test::logits_of(*into, 1, 3, 4), o);
        });
    };
    CHECK(refused().empty());
    CHECK(refused({.temperature = 0}) == "rlhf::logits_divergence: temperature is 0, expected [1e-06, 1e+06]");
    CHECK(refused({.beta = 0.1}) == "rlhf::logits_divergence: beta is 0.1, but only divergence = jsd has a beta");
    CHECK(refused({.divergence = divergence::forward_kl, .beta = 0.1}) ==
          "rlhf::logits_divergence: beta is 0.1, but only divergence = jsd has a beta");
    CHECK(refused({.divergence = divergence::jsd, .beta = 0.1}).empty());
    for (const double beta : {0.0, 1.0, std::numeric_limits<double>::quiet_NaN()})
        CHECK(refused({.beta = beta}).find("rlhf::logits_divergence: beta is ") == 0);
    CHECK(refused({.beta = 1}) == "rlhf::logits_divergence: beta is 1, expected between 0 and 1: forward_kl "
                                  "and reverse_kl are its limits");
    V = 5;
    CHECK(refused() == "rlhf::logits_divergence: reference has a vocabulary of 5, expected 4");
    V = 4, into = &w;
    CHECK(refused() == "rlhf::logits_divergence: d_logits overlaps reference");
    into = &z;
    CHECK(refused().empty());
    b.denominator = rlhf::counts{.tokens = 2, .sequences = 1};
    CHECK(refused().find("the batch counts 3 tokens, more than its denominator 2") != std::string::npos);
    b.steps = 4;
    CHECK(refused() == "rlhf::logits_divergence: logits is [1, 3, 4], but the batch is [1, 4]");
    b.predict_next = {};
    CHECK(refused().find("batch.predict_next is not set") != std::string::npos);
}
