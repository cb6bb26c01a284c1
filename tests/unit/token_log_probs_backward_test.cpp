// SPDX-License-Identifier: MIT
#include "support/differences.hpp"
#include "support/log_probs.hpp"

namespace {

using rlhf::bfloat16, rlhf::float16;
using test::number, test::small;
using per_token = std::vector<float>;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

template <class E, class D = E>
void gradients_match(std::size_t V, double temperature) {
    using T = number<E>;
    CAPTURE(V, temperature);
    test::random r(V);
    const std::size_t n = 6;
    auto z = test::random_logits<E>(r, n * V);
    const auto targets = test::targets(r, n, V);
    auto g = test::normals<T>(r, n), h = test::normals<T>(r, n);
    g[1] = 0, h[2] = 0, g[3] = h[3] = 0;
    std::vector<D> d(n * V, static_cast<D>(9));
    rlhf::token_log_probs_backward<T>(test::aligned(2, 3), test::logits_of(z, 2, 3, V), targets,
                                      {.d_log_probs = g, .d_entropy = h}, test::logits_of(d, 2, 3, V),
                                      {.temperature = temperature});
    const auto want = reference::token_log_probs_backward(reference::padded(2, 3), test::widened(z), V,
                                                          {targets.begin(), targets.end()}, reference::to_real(g),
                                                          reference::to_real(h), temperature);
    const double storage = std::is_same_v<D, bfloat16>  ? 0x1p-8
                           : std::is_same_v<D, float16> ? 0x1p-11
                           : sizeof(D) < sizeof(T)      ? 0x1p-24
                                                        : 0;
    double worst = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const auto row = i / V;
        const double size = (std::fabs(double(g[row])) + std::fabs(double(h[row]))) / temperature;
        const double want_d = static_cast<double>(want[i]), p_scale = std::fabs(want_d) + 0.1 * size;
        const double allowed =
            40 * small<T> * p_scale + (storage + 1e-30) * std::fabs(want_d) + (storage > 0 ? 0x1p-24 : 0);
        worst = std::max(worst, std::fabs(static_cast<double>(d[i]) - want_d) / allowed);
    }
    CHECK(worst <= 1);
}

} // namespace

TEST_CASE("token_log_probs_backward: the gradient of the reference") {
    for (const std::size_t V : {1, 2, 7, 16, 17, 512, 1000}) {
        gradients_match<float>(V, 1);
        gradients_match<double>(V, 0.7);
        gradients_match<bfloat16>(V, 1);
        gradients_match<float16>(V, 1);
        gradients_match<float, bfloat16>(V, 0.7);
        gradients_match<bfloat16, float>(V, 0.7);
    }
    gradients_match<double, float>(100, 1);
}

TEST_CASE("token_log_probs_backward: central differences of the forward pass") {
    test::random r(3);
    const std::size_t n = 6, V = 19;
    auto z = test::random_logits<double>(r, n * V, 2), d = z;
    const auto targets = test::targets(r, n, V);
    const auto g = test::normals<double>(r, n), h = test::normals<double>(r, n);
    const rlhf::token_log_probs_options o{.temperature = 0.8};
    const auto b = test::aligned(2, 3);
    rlhf::token_log_probs_backward<double>(b, test::logits_of(z, 2, 3, V), targets, {.d_log_probs = g, .d_entropy = h},
                                           test::logits_of(d, 2, 3, V), o);
    const auto loss = [&] {
        std::vector<double> lp(n), H(n);
        rlhf::token_log_probs<double>(b, test::logits_of(z, 2, 3, V), targets, {.log_probs = lp, .entropy = H}, o);
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += g[i] * lp[i] + h[i] * H[i];
        return sum;
    };
    CHECK(test::worst_difference(z, d, loss) < 1e-9);
}

TEST_CASE("token_log_probs_backward: what is written where") {
    test::random r(5);
    const std::size_t V = 21, Vp = 24, n = 8;
    auto z = test::random_logits<float>(r, n * Vp);
    for (std::size_t i = 0; i < n; ++i)
        std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(i * Vp + V), Vp - V, not_a_number);
    const std::vector<std::int32_t> targets{1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<std::uint8_t> mask{1, 1, 0, 1, 0, 1, 1, 1}; // by token
    auto b = test::aligned(2, 4);
    b.predict_next = true, b.mask = mask;
    const auto g = test::normals<float>(r, n);
    const auto written = [&](auto&& target) {
        rlhf::token_log_probs_backward(b, test::logits_of(z, 2, 4, V, Vp), targets, {.d_log_probs = g}, target);
    };
    per_token plain(n * Vp, 7), doubled(n * Vp, 7), added(n * Vp, 7);
    written(test::logits_of(plain, 2, 4, V, Vp));
    written(rlhf::write_to(test::logits_of(doubled, 2, 4, V, Vp), -2));
    written(rlhf::add_to(test::logits_of(added, 2, 4, V, Vp), 3));
    // Step t is about token t + 1: steps 0 and 2 of the first sequence count, 0, 1 and 2 of the second.
    const std::vector<bool> counts{true, false, true, false, true, true, true, false};
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n * Vp; ++i) {
        const bool zero = !counts[i / Vp] || i % Vp >= V;
        wrong += zero != (plain[i] == 0);
        wrong += !(std::fabs(doubled[i] + 2 * plain[i]) <= 1e-6F * std::fabs(plain[i]));
        wrong += zero ? !test::same_bits(added[i], 7.0F) : !(std::fabs(added[i] - (7 + 3 * plain[i])) < 2e-6F);
    }
    CHECK(wrong == 0);
    for (std::size_t i = 0; i < n; ++i)
        if (counts[i]) CHECK(plain[i * Vp + static_cast<std::size_t>(targets[i + 1])] * g[i] > 0);

    // Rows without gradient are not read: NaN in them stays unseen.
    per_token none(n, 0), d(n * Vp, 7);
    std::fill(z.begin(), z.end(), not_a_number);
    CHECK(rlhf::token_log_probs_backward(b, test::logits_of(z, 2, 4, V, Vp), targets, {.d_log_probs = none},
                                         test::logits_of(d, 2, 4, V, Vp))
              .nonfinite == 0);
    CHECK(test::same_bits(d, per_token(n * Vp, 0)));
}

TEST_CASE("token_log_probs_backward: log_sum_exp is not enough for the entropy's gradient") {
    test::random r(10);
    const std::size_t V = 300, n = 4;
    auto z = test::random_logits<float>(r, n * V);
    const auto targets = test::targets(r, n, V);
    const auto g = test::normals<float>(r, n), h = test::normals<float>(r, n);
    std::vector<float> lse(n), with(n * V), without(n * V);
    const auto b = test::aligned(1, n);
    rlhf::token_log_probs(b, test::logits_of(z, 1, n, V), targets, {.log_sum_exp = lse});
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets,
                                   {.log_sum_exp = lse, .d_log_probs = g, .d_entropy = h},
                                   test::logits_of(with, 1, n, V));
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets, {.d_log_probs = g, .d_entropy = h},
                                   test::logits_of(without, 1, n, V));
    CHECK(test::same_bits(with, without));
}

TEST_CASE("token_log_probs_backward: with log_sum_exp of the forward pass") {
    test::random r(6);
    const std::size_t V = 1000, n = 4;
    auto z = test::random_logits<float>(r, n * V);
    const auto targets = test::targets(r, n, V);
    const auto g = test::normals<float>(r, n);
    per_token lse(n), again(n * V), saved(n * V);
    const auto b = test::aligned(1, n);
    const rlhf::token_log_probs_options o{.temperature = 0.7};
    rlhf::token_log_probs(b, test::logits_of(z, 1, n, V), targets, {.log_sum_exp = lse}, o);
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets, {.d_log_probs = g},
                                   test::logits_of(again, 1, n, V), o);
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets, {.log_sum_exp = lse, .d_log_probs = g},
                                   test::logits_of(saved, 1, n, V), o);
    double worst = 0; // of the rounding of x = log p and of log_sum_exp, which are relative errors of eˣ
    for (std::size_t i = 0; i < n * V; ++i) {
        const double d = again[i], log_p = std::log(std::fabs(d) * o.temperature / std::fabs(double(g[i / V])));
        const double rounding = 0x1p-23 * (4 + std::fabs(log_p) + std::fabs(double(lse[i / V])));
        worst = std::max(worst, std::fabs(d - double(saved[i])) / (std::fabs(d) * rounding));
    }
    CHECK(worst < 1);
}
