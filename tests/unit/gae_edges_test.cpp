// SPDX-License-Identifier: MIT

// What gae makes of gaps, flags, parts of sequences and special data, and what it refuses.

#include "support/catch.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/gae.hpp>

TEMPLATE_TEST_CASE("gae: a tool's output between two turns does not advance time", "", float, double) {
    using T = TestType;
    const std::vector<std::uint8_t> mask{0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0};
    const std::vector<T> rewards{0, 0, T(.1), T(.1), T(.1), 0, 0, T(.1), 1, 0, 0};
    const rlhf::batch b{.sequences = 1, .steps = 11, .mask = mask, .denominator = rlhf::counted_here};
    const auto advantages = [&](T garbage) {
        std::vector<T> values{garbage, garbage, 4, 5, 6, garbage, garbage, 7, 9, garbage, garbage}, a(11);
        rlhf::gae<T>(b, {.rewards = rewards, .values = values, .advantages = a}, {.gamma = .9, .lambda = .8});
        return a;
    };
    const auto a = advantages(3);
    CHECK(test::same_bits(a, advantages(std::numeric_limits<T>::quiet_NaN())));
    CHECK(test::same_bits(a, advantages(std::numeric_limits<T>::infinity())));
    // The five steps side by side.
    const rlhf::batch dense{.sequences = 1, .steps = 5, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::vector<T> five{T(.1), T(.1), T(.1), T(.1), 1}, values{4, 5, 6, 7, 9};
    std::vector<T> want(5);
    rlhf::gae<T>(dense, {.rewards = five, .values = values, .advantages = want}, {.gamma = .9, .lambda = .8});
    // Not to the bit: sums are made a register of steps at a time, and here steps fall into other registers.
    const std::vector<T> got{a[2], a[3], a[4], a[7], a[8]};
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(std::abs(got[i] - want[i]) <= 4 * std::numeric_limits<T>::epsilon() * (1 + std::abs(want[i])));
}

TEMPLATE_TEST_CASE("gae: dones that stand before their step, CleanRL's, are shifted by one", "", float, double) {
    using T = TestType;
    test::random r(8);
    const std::size_t B = 3, S = 50;
    const auto rewards = test::normals<T>(r, S * B), values = test::normals<T>(r, S * B), next = test::normals<T>(r, B);
    const auto dones = test::flags(r, (S + 1) * B, 0.1); // [S + 1, B]: before each step, and after the last
    const double gamma = 0.9, lambda = 0.8;
    std::vector<double> want(S * B);
    for (std::size_t b = 0; b < B; ++b) {
        double carried = 0;
        for (std::size_t t = S; t-- > 0;) {
            const std::size_t e = t * B + b;
            const double goes_on = 1 - dones[e + B];
            const double after = t + 1 == S ? static_cast<double>(next[b]) : static_cast<double>(values[e + B]);
            const double delta =
                static_cast<double>(rewards[e]) + gamma * after * goes_on - static_cast<double>(values[e]);
            want[e] = carried = delta + gamma * lambda * goes_on * carried;
        }
    }
    std::vector<T> advantages(S * B);
    const rlhf::batch batch{.sequences = B,
                            .steps = S,
                            .layout = rlhf::layout::time_first,
                            .mask = rlhf::all,
                            .denominator = rlhf::counted_here};
    rlhf::gae<T>(batch,
                 {.rewards = rewards,
                  .values = values,
                  .bootstrap_values = next,
                  .terminated = std::span(dones).last(S * B),
                  .advantages = advantages},
                 {.gamma = gamma, .lambda = lambda});
    for (std::size_t e = 0; e < S * B; ++e)
        CHECK(static_cast<double>(advantages[e]) ==
              Approx(want[e]).margin(20 * std::numeric_limits<T>::epsilon())); // numbers up to 5, a few steps
}

TEMPLATE_TEST_CASE("gae: a sequence in parts, the last one first", "", float, double) {
    using T = TestType;
    test::random r(9);
    const std::size_t S = 30, cut = 13;
    const auto rewards = test::normals<T>(r, S), values = test::normals<T>(r, S), last = test::normals<T>(r, 1);
    const rlhf::gae_options o{.gamma = 0.9, .lambda = 0.8};
    const auto of = [&](const auto& x, const auto& v, const std::vector<T>& bootstrap) {
        std::vector<T> advantages(x.size());
        const rlhf::batch b{.steps = x.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
        rlhf::gae<T>(b, {.rewards = x, .values = v, .bootstrap_values = bootstrap, .advantages = advantages}, o);
        return advantages;
    };
    const auto whole = of(rewards, values, last);
    const auto later = of(std::span(rewards).subspan(cut), std::span(values).subspan(cut), last);
    std::vector<T> first(rewards.begin(), rewards.begin() + cut);
    first.back() += static_cast<T>(o.gamma * o.lambda) * later.front();
    auto joined = of(first, std::span(values).first(cut), {values[cut]});
    joined.insert(joined.end(), later.begin(), later.end());
    for (std::size_t t = 0; t < S; ++t)
        CHECK(static_cast<double>(joined[t]) ==
              Approx(static_cast<double>(whole[t])).margin(20 * std::numeric_limits<T>::epsilon()));
}

TEMPLATE_TEST_CASE("gae: a flag on a masked step is read by gaps::ignore alone", "", float, double) {
    using T = TestType;
    const std::vector<std::uint8_t> mask{1, 1, 0, 1}, in_the_gap{0, 0, 1, 0}, before_it{0, 1, 0, 0};
    const std::vector<T> rewards{1, 2, 0, 4}, values(4);
    const rlhf::batch b{.steps = 4, .mask = mask, .denominator = rlhf::counted_here};
    const auto of = [&](const std::vector<std::uint8_t>& terminated, rlhf::gaps how) {
        std::vector<T> advantages(4);
        rlhf::gae<T>(b, {.rewards = rewards, .values = values, .terminated = terminated, .advantages = advantages},
                     {.lambda = 1, .gaps = how});
        return advantages;
    };
    for (const auto how : {rlhf::gaps::skip, rlhf::gaps::zero}) {
        CHECK(of(in_the_gap, how) == std::vector<T>{7, 6, 0, 4});
        CHECK(of(before_it, how) == std::vector<T>{3, 2, 0, 4});
    }
    CHECK(of(in_the_gap, rlhf::gaps::ignore) == std::vector<T>{3, 2, 0, 4});
}

TEMPLATE_TEST_CASE("gae: no time passes behind the last step that counts, but with gaps::ignore", "", float, double) {
    using T = TestType;
    const std::vector<std::uint8_t> mask{1, 0, 1, 0};
    const std::vector<T> zero(4), next_values{8, 16, 32, 64}, bootstrap{4};
    const rlhf::batch b{.steps = 4, .mask = mask, .denominator = rlhf::counted_here};
    const auto of = [&](rlhf::gaps how, const std::vector<T>& values, const std::vector<T>& next = {}) {
        std::vector<T> advantages(4);
        rlhf::gae<T>(b,
                     {.rewards = zero,
                      .values = values,
                      .next_values = next,
                      .bootstrap_values = bootstrap,
                      .advantages = advantages},
                     {.gamma = 0.5, .lambda = 1, .gaps = how});
        return advantages;
    };
    CHECK(of(rlhf::gaps::skip, zero) == std::vector<T>{1, 0, 2, 0});
    CHECK(of(rlhf::gaps::zero, zero) == std::vector<T>{0.5, 0, 2, 0});
    CHECK(of(rlhf::gaps::ignore, zero) == std::vector<T>{0.25, 0, 1, 0});
    // V(s′) of the masked step 1 is the value 2 of step 2, not 16: δ = 4, (0 + ½ · 2), ½ · 32 − 2
    const std::vector<T> values{0, 0, 2, 0};
    CHECK(of(rlhf::gaps::zero, values, next_values) == std::vector<T>{4 + T(0.5) * (1 + T(0.5) * 14), 0, 14, 0});
}

TEMPLATE_TEST_CASE("gae: in place, and one output alone", "", float, double) {
    using T = TestType;
    test::random r(3);
    const test::rows rows(r, test::arrangement::padded, test::mask_kind::gaps, 9, 260);
    const auto rewards = test::normals<T>(r, rows.size), values = test::normals<T>(r, rows.size);
    std::vector<T> advantages(rows.size), returns(rows.size), alone(rows.size);
    rlhf::gae<T>(rows.library, {.rewards = rewards, .values = values, .advantages = advantages, .returns = returns});
    rlhf::gae<T>(rows.library, {.rewards = rewards, .values = values, .returns = alone});
    CHECK(test::same_bits(alone, returns));
    auto x = rewards, v = values;
    rlhf::gae<T>(rows.library, {.rewards = x, .values = v, .advantages = x, .returns = v});
    CHECK(test::same_bits(x, advantages));
    CHECK(test::same_bits(v, returns));
    rlhf::gae<T>(rows.library, {.rewards = rewards, .values = rewards, .advantages = advantages});
    x = rewards; // both at once
    rlhf::gae<T>(rows.library, {.rewards = x, .values = x, .advantages = x});
    CHECK(test::same_bits(x, advantages));
}

TEMPLATE_TEST_CASE("gae: no counted step, and one step", "", float, double) {
    using T = TestType;
    const rlhf::batch none{.sequences = 3, .steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::gae<T>(none, {.rewards = std::vector<T>(), .values = std::vector<T>()});
    const std::vector<T> two{2, 3}, boot{5, 7};
    std::vector<T> a(2, T(9)), returns(2, T(9));
    const rlhf::batch one{.sequences = 2, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::gae<T>(one, {.rewards = two, .values = two, .bootstrap_values = boot, .advantages = a, .returns = returns},
                 {.gamma = 0.5, .lambda = 1});
    CHECK(a == std::vector<T>{T(2.5), T(3.5)});
    CHECK(returns == std::vector<T>{T(4.5), T(6.5)});
    const std::vector<std::uint8_t> masked(2, 0);
    rlhf::batch hidden = one;
    hidden.mask = masked;
    rlhf::gae<T>(hidden,
                 {.rewards = two, .values = two, .bootstrap_values = boot, .advantages = a, .returns = returns});
    CHECK(test::same_bits(a, std::vector<T>(2, T(0))));
    CHECK(test::same_bits(returns, std::vector<T>(2, T(0))));
}

TEMPLATE_TEST_CASE("gae: infinite and NaN data reach what depends on them, and nothing else", "", float, double) {
    using T = TestType;
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const rlhf::batch b{.sequences = 1, .steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto run = [&](std::vector<T> rewards, std::vector<T> values, std::vector<std::uint8_t> terminated,
                         double gamma, double lambda) {
        std::vector<T> a(4);
        rlhf::gae<T>(b, {.rewards = rewards, .values = values, .terminated = terminated, .advantages = a},
                     {.gamma = gamma, .lambda = lambda});
        return a;
    };
    const std::vector<T> zero(4, T(0)), one(4, T(1));
    auto a = run({1, 1, nan, 1}, zero, {0, 1, 0, 0}, 1, 1); // an episode later
    CHECK((a[0] == 2 && a[1] == 1 && a[2] != a[2] && a[3] == 1));
    a = run(one, {0, 0, inf, 0}, {0, 1, 0, 0}, 1, 1);
    CHECK((a[0] == 2 && a[1] == 1 && a[2] == -inf));
    a = run({1, 1, inf, 1}, zero, {0, 0, 0, 0}, 1, 0); // λ = 0 sees one step
    CHECK((a[0] == 1 && a[1] == 1 && a[2] == inf && a[3] == 1));
    a = run(one, {0, 0, inf, 0}, {0, 0, 0, 0}, 0, 1); // γ = 0 sees none
    CHECK((a[0] == 1 && a[1] == 1 && a[2] == -inf && a[3] == 1));
}

TEST_CASE("gae: what it refuses") {
    std::vector<float> six(6), five(5), a(7);
    std::vector<std::uint8_t> flags(6), two(2);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::gae_arrays<float> good{.rewards = six, .values = six};
    const auto says = [&](auto change, rlhf::gae_options o = {}) {
        auto arrays = good;
        change(arrays);
        return test::refusal([&] { rlhf::gae<float>(b, arrays, o); });
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto nothing = [](auto&) {};
    CHECK(says(nothing) == "");
    CHECK(says([&](auto& x) { x.values = five; }) == "rlhf::gae: values has 5 elements, expected 6");
    CHECK(says([&](auto& x) { x.rewards = {}; }) == "rlhf::gae: rewards is missing");
    CHECK(says([&](auto& x) { x.values = rlhf::view<const float>(nullptr, {.sequences = 2, .steps = 3}); }) ==
          "rlhf::gae: values is a null pointer to 6 elements");
    CHECK(says([&](auto& x) { x.values = rlhf::view(six.data(), {.sequences = 2, .steps = 3, .stride = 2}); }) ==
          "rlhf::gae: values has a stride of 2, shorter than its row of 3");
    CHECK(says([&](auto& x) { x.values = rlhf::view(six.data(), {.sequences = 3, .steps = 2}); }) ==
          "rlhf::gae: values is [3, 2], expected [2, 3]");
    CHECK(says([&](auto& x) { x.bootstrap_values = five; }) ==
          "rlhf::gae: bootstrap_values has 5 elements, expected 2 (one per sequence)");
    CHECK(says([&](auto& x) { x.terminated = two; }) == "rlhf::gae: terminated has 2 elements, expected 6");
    CHECK(says([&](auto& x) { x.truncated = flags; }) ==
          "rlhf::gae: truncated needs next_values: values[t + 1] belongs to the next episode");
    CHECK(says([&](auto& x) { x.advantages = std::span(a).first(6), x.returns = std::span(a).last(6); }) ==
          "rlhf::gae: advantages overlaps returns");
    CHECK(says([&](auto& x) { x.rewards = std::span(a).first(6), x.advantages = std::span(a).last(6); }) ==
          "rlhf::gae: advantages overlaps rewards");
    CHECK(says([&](auto& x) { x.values = std::span(a).first(6), x.advantages = std::span(a).first(6); }) ==
          "rlhf::gae: advantages overlaps values");
    CHECK(says(nothing, {.gamma = 1.5}) == "rlhf::gae: gamma is 1.5, expected [0, 1]");
    CHECK(says(nothing, {.gamma = nan}) == "rlhf::gae: gamma is nan, expected [0, 1]");
    CHECK(says(nothing, {.lambda = -0.5}) == "rlhf::gae: lambda is -0.5, expected [0, 1]");
    const std::vector<float> before = a;
    CHECK(says([&](auto& x) { x.advantages = std::span(a).first(6); }, {.lambda = nan}) != "");
    CHECK(a == before);
}
