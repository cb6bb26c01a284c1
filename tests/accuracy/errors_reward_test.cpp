// SPDX-License-Identifier: MIT

// The errors of the formulas of reward models and of logits, which ACCURACY.md states. What is right is the textbook's
// formula in 50 digits, of the same inputs.

#include "accuracy/errors.hpp"

#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/formula/cross_entropy_loss.hpp>
#include <rlhf/formula/divergence.hpp>
#include <rlhf/formula/plackett_luce_loss.hpp>

#include <array>

namespace {

using namespace accuracy;
namespace formula = rlhf::formula;
using rlhf::divergence;

constexpr auto heading = "Formulas of reward models and logits";

template <class T>
using number = rlhf::lane::number<T>;

exact sigmoid(const exact& x) { return 1 / (1 + exp(-x)); }

template <class T>
void comparisons(section& page) {
    using V = number<T>;
    const std::string plain = "r in [−5, 5], no margin", full = "r in [−5, 5], margin in [0, 1], ε = 0.1, κ = 0.01",
                      far = "r_c − r_r in [10, 80]";
    line<T> loss("`bradley_terry`, loss", plain, ulp), slope("`bradley_terry`, slope", plain, ulp);
    line<T> far_loss("`bradley_terry`, loss of a clear pair", far, ulp);
    line<T> full_loss("`bradley_terry` with everything, loss", full, ulp),
        full_slope("`bradley_terry` with everything, slope", full, ulp_of_largest);
    test::random r(1);
    for (int i = 0; i < page.draws; ++i) {
        const T c = in<T>(r, -5, 5), d = in<T>(r, -5, 5), margin = in<T>(r, 0, 1), smoothing = T(0.1), center = T(0.01);
        const auto got = formula::bradley_terry(V(c), V(d), V(0), V(0));
        const exact m = exact(c) - d;
        loss.add(T(got.loss), -log(sigmoid(m))), slope.add(T(got.d_chosen), -sigmoid(-m));
        const T clear = in<T>(r, 10, 80);
        far_loss.add(T(formula::bradley_terry(V(clear), V(0), V(0), V(0)).loss), -log(sigmoid(exact(clear))));
        const auto got_full = formula::bradley_terry(V(c), V(d), V(margin), V(smoothing), V(center));
        const exact n = m - margin, s = exact(c) + d, e = smoothing;
        full_loss.add(T(got_full.loss), -(1 - e) * log(sigmoid(n)) - e * log(sigmoid(-n)) + center * s * s);
        full_slope.add(T(got_full.d_rejected), (1 - e) * sigmoid(-n) - e * sigmoid(n) + 2 * center * s);
    }
    hold(page, loss, slope, far_loss, full_loss, full_slope);
}

template <class T>
void choices(section& page) {
    using V = number<T>;
    const std::string eight = "8 responses, r in [−5, 5]";
    line<T> loss("`plackett_luce`", eight, ulp_of_largest), chance("`chance`", eight, ulp);
    test::random r(2);
    for (int i = 0; i < page.draws; ++i) {
        std::array<T, 8> rewards;
        for (T& x : rewards) x = in<T>(r, -5, 5);
        formula::choice<V> c{V(rewards[0]), V(0)};
        exact sum = 0;
        for (const T x : rewards) c = formula::with_response(c, V(x)), sum += exp(exact(x));
        loss.add(T(formula::plackett_luce(c, V(rewards[0]))), log(sum) - rewards[0]);
        chance.add(T(formula::chance(c, V(rewards[0]))), exp(exact(rewards[0])) / sum);
    }
    hold(page, loss, chance);
}

template <class T>
void likelihoods(section& page) {
    using V = number<T>;
    const std::string inputs = "log p in [−10, 0], mean log p in [−15, −5], lse in [0, 20], ε = 0.1, ζ = 10⁻⁴";
    line<T> loss("`cross_entropy`, loss", inputs, ulp), by_lse("`cross_entropy`, slope by lse", inputs, ulp);
    test::random r(3);
    for (int i = 0; i < page.draws; ++i) {
        const T log_p = in<T>(r, -10, 0), mean = in<T>(r, -15, -5), lse = in<T>(r, 0, 20), e = T(0.1), z = T(1e-4);
        const auto got = formula::cross_entropy(V(log_p), V(mean), V(lse), V(e), V(z));
        loss.add(T(got.loss), -(1 - exact(e)) * log_p - exact(e) * mean + exact(z) * lse * lse);
        by_lse.add(T(got.by_log_sum_exp), 2 * exact(z) * lse);
    }
    hold(page, loss, by_lse);
}

/// An entry's share of a divergence, and p ∂/∂p of it.
template <divergence How>
struct share {
    exact value, pull;
    share(const exact& p, const exact& r, const exact& beta) {
        const exact q = p * exp(-r), m = beta * q + (1 - beta) * p;
        if (How == divergence::reverse_kl) value = p * r - p + q, pull = p * r;
        if (How == divergence::forward_kl) value = -q * r - q + p, pull = p - q;
        if (How == divergence::jsd)
            value = beta * q * log(q / m) + (1 - beta) * p * log(p / m), pull = (1 - beta) * p * log(p / m);
    }
};

template <class T, divergence How>
void divergence_of_an_entry(section& page, const std::string& name) {
    using V = number<T>;
    const std::string inputs = "log p in [−10, 0], r = log p − log q in [−3, 3]",
                      near = "log p in [−10, 0], r in [−2⁻¹⁰, 2⁻¹⁰]";
    line<T> value("`divergence_share`, " + name, inputs, ulp), pull("`divergence_share`, pull of " + name, inputs, ulp);
    line<T> value_near("`divergence_share`, " + name + ", q near p", near, ulp);
    test::random random(4);
    const T beta = T(0.3);
    const auto of = [&](T p, T r) {
        const T q = static_cast<T>(p * exp(-exact(r)));
        return formula::divergence_share<How>(V(p), V(q), V(r), V(beta), V(1 - beta));
    };
    for (int i = 0; i < page.draws; ++i) {
        const T p = static_cast<T>(std::exp(random.uniform(-10, 0))), r = in<T>(random, -3, 3),
                small = in<T>(random, -0x1p-10, 0x1p-10);
        const share<How> want(p, r, beta);
        value.add(T(of(p, r).value), want.value), pull.add(T(of(p, r).pull), want.pull);
        value_near.add(T(of(p, small).value), share<How>(p, small, beta).value);
    }
    hold(page, value, pull, value_near);
}

void all(section page) {
    const auto of = [&]<class T>(T) {
        comparisons<T>(page), choices<T>(page), likelihoods<T>(page);
        divergence_of_an_entry<T, divergence::reverse_kl>(page, "KL(p ‖ q)");
        divergence_of_an_entry<T, divergence::forward_kl>(page, "KL(q ‖ p)");
        divergence_of_an_entry<T, divergence::jsd>(page, "JSD, β = 0.3");
    };
    of(0.F), of(0.0);
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: formulas of reward models and logits") { all({heading, 1}); }

TEST_CASE("accuracy: formulas of reward models and logits, at length", "[.exhaustive]") { all({heading, 50}); }
