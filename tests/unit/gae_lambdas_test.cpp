// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/gae.hpp"
#include "support/dual.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/gae_backward.hpp>

namespace {

template <class T>
std::vector<T> numbers(test::random& r, std::size_t n) {
    return test::normals<T>(r, n);
}
/// 0 and 1 among them.
template <class T>
std::vector<T> lambdas(test::random& r, std::size_t n) {
    std::vector<T> all;
    for (std::size_t s = 0; s < n; ++s) all.push_back(static_cast<T>(r.below(9)) / 8);
    return all;
}

/// gae and its adjoint of one scene, with a λ per sequence or one for all.
template <class T>
struct scene {
    const test::rows& rows;
    std::vector<T> rewards, values, next, bootstrap, lambda;
    std::vector<std::uint8_t> terminated;
    bool flags = false;

    scene(test::random& r, const test::rows& of)
        : rows(of), rewards(numbers<T>(r, of.size)), values(numbers<T>(r, of.size)), next(numbers<T>(r, of.size)),
          bootstrap(numbers<T>(r, of.sequences)), lambda(lambdas<T>(r, of.sequences)),
          terminated(test::flags(r, of.size, 0.1)) {}

    /// Advantages, returns, and the gradients of rewards and values.
    std::vector<std::vector<T>> run(const rlhf::gae_options& o, bool own, const rlhf::executor& on = {}) const {
        std::vector<std::vector<T>> all(4, std::vector<T>(rows.size, T(9)));
        rlhf::gae_arrays<T> a{.rewards = rewards, .values = values, .advantages = all[0], .returns = all[1]};
        rlhf::gae_backward_arrays<T> d{
            .d_advantages = rewards, .d_returns = values, .d_rewards = all[2], .d_values = all[3]};
        if (flags) a.next_values = d.next_values = next, a.terminated = d.terminated = terminated;
        if (!flags) a.bootstrap_values = bootstrap;
        if (own) a.lambdas = d.lambdas = lambda;
        rlhf::gae<T>(rows.library, a, o, on);
        rlhf::gae_backward<T>(rows.library, d, {.gamma = o.gamma, .lambda = o.lambda, .gaps = o.gaps}, on);
        return all;
    }
};

} // namespace

TEMPLATE_TEST_CASE("gae with lambdas: a sequence has the bits of a call with its lambda", "", float, double) {
    using T = TestType;
    test::random r(1);
    for (const auto how : test::arrangements)
        for (const auto kind : {test::mask_kind::all, test::mask_kind::gaps}) {
            const test::rows rows(r, how, kind, 19, 150);
            scene<T> s(r, rows);
            for (const auto gap : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore})
                for (const bool flags : {false, true}) {
                    CAPTURE(how, kind, gap, flags);
                    s.flags = flags;
                    rlhf::gae_options o{.gamma = 0.99, .gaps = gap};
                    const auto got = s.run(o, true);
                    for (int k = 0; k <= 8; ++k) {
                        o.lambda = k / 8.0;
                        const auto want = s.run(o, false);
                        for (std::size_t q = 0; q < rows.sequences; ++q)
                            for (const std::size_t e : rows.plain.rows[q])
                                for (std::size_t i = 0; i < 4 && s.lambda[q] == static_cast<T>(o.lambda); ++i)
                                    if (!test::same_bits(got[i][e], want[i][e])) FAIL(i << " at " << e);
                    }
                }
        }
}

TEMPLATE_TEST_CASE("gae with lambdas: same bits however the batch is laid out", "[contract]", float, double) {
    using T = TestType;
    for (const bool time_major : {false, true})
        contract::holds<T>({.inputs = {numbers<T>, numbers<T>},
                            .sequences = {numbers<T>, lambdas<T>},
                            .outputs = 2,
                            .time_major = false,
                            .only_time_major = time_major},
                           [&](const contract::call<T>& c) {
                               rlhf::gae<T>(c.batch,
                                            {.rewards = c.in[0],
                                             .values = c.in[1],
                                             .bootstrap_values = c.sequence[0],
                                             .lambdas = c.sequence[1],
                                             .advantages = c.out[0],
                                             .returns = c.out[1]},
                                            {.gamma = 0.99}, c.run);
                           });
}

TEST_CASE("gae with lambdas: chunks of a long sequence, on several threads") {
    test::random r(2);
    const test::rows rows(r, test::arrangement::padded, test::mask_kind::gaps, 2, 50000);
    scene<float> s(r, rows);
    s.lambda = {0.75F, 1.F};
    const auto whole = s.run({.gamma = 0.9999}, true);
    CHECK(s.run({.gamma = 0.9999}, true, contract::threads(3)) == whole);
    auto same = s.run({.gamma = 0.9999, .lambda = 0.75}, false)[0], own = whole[0];
    same.resize(50000), own.resize(50000); // the first sequence
    CHECK(test::same_bits(own, same));
}

TEST_CASE("gae with lambdas: nothing is carried where lambda is 0, not even 0 times infinity") {
    const float inf = std::numeric_limits<float>::infinity();
    for (const auto how : {rlhf::layout::batch_first, rlhf::layout::time_first}) {
        const bool time = how == rlhf::layout::time_first;
        const std::vector<float> rewards =
            time ? std::vector<float>{1, 1, inf, inf} : std::vector<float>{1, inf, 1, inf};
        const std::vector<float> values(4), lambda{0, 1};
        std::vector<float> a(4);
        const rlhf::batch b{
            .sequences = 2, .steps = 2, .layout = how, .mask = rlhf::all, .denominator = rlhf::counted_here};
        rlhf::gae(b, {.rewards = rewards, .values = values, .lambdas = lambda, .advantages = a});
        CHECK(a[0] == 1);
        CHECK(a[time ? 1 : 2] == inf);
    }
}

TEST_CASE("gae with lambdas: what it refuses") {
    const std::vector<float> six(6), low{0, -0.5F}, high{1, 1.5F}, missing{std::nanf(""), 0}, three(3);
    std::vector<float> out(6, 7.F);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto says = [&](const std::vector<float>& x) {
        return test::refusal([&] { rlhf::gae(b, {.rewards = six, .values = six, .lambdas = x, .advantages = out}); });
    };
    CHECK(says(low) == "rlhf::gae: lambdas has -0.5 at sequence 1, expected [0, 1]");
    CHECK(says(high) == "rlhf::gae: lambdas has 1.5 at sequence 1, expected [0, 1]");
    CHECK(says(missing) == "rlhf::gae: lambdas has nan at sequence 0, expected [0, 1]");
    CHECK(says(three) == "rlhf::gae: lambdas has 3 elements, expected 2 (one per sequence)");
    CHECK(test::refusal([&] { rlhf::gae_backward(b, {.d_advantages = six, .lambdas = high, .d_rewards = out}); }) ==
          "rlhf::gae_backward: lambdas has 1.5 at sequence 1, expected [0, 1]");
    CHECK(out == std::vector<float>(6, 7.F));
}

TEST_CASE("gae with lambdas: lambda by length") {
    namespace formula = rlhf::formula;
    CHECK(formula::length_lambda(100.0, 0.5) == 0.98);
    CHECK(formula::length_lambda(2.0, 0.5) == 0);
    CHECK(formula::length_lambda(1.0, 0.5) == 0);
    CHECK(formula::length_lambda(0.0, 0.5) == 0);
    CHECK(formula::relative_lambda(3.0, 0.25) == Approx(0.5).epsilon(1e-15));
    CHECK(formula::relative_lambda(2.0, 0.25) == Approx(0.25).epsilon(1e-15));
    CHECK(formula::relative_lambda(5.0, 1.0) == 1);
    CHECK(formula::relative_lambda(1.0, 0.25) == 0);
    CHECK(formula::relative_lambda(1.0, 1.0) == 0);
    CHECK(formula::relative_lambda(0.0, 0.25) == 0);
    CHECK(formula::relative_lambda(7.0, 0.0) == 0);
    using D = test::dual<double>; // by hand: 1 / (α n²), 1 / (α² n), λ / ((n − 1) q)
    CHECK(formula::length_lambda(D(8, 1), D(0.5)).slope == 1 / 32.0);
    CHECK(formula::length_lambda(D(8), D(0.5, 1)).slope == 1 / 2.0);
    CHECK(formula::relative_lambda(D(3), D(0.25, 1)).slope == Approx(1));
}

TEMPLATE_TEST_CASE("gae: returns are lambda-returns", "", float, double) {
    using T = TestType;
    const std::vector<T> rewards{1, 0, -1, 0, 1}, after{3, 1, 5, -5, 3};
    const double gamma = 0.9, lambda = 0.75;
    std::vector<T> values{0, 3, 1, 5, -5}, returns(5);
    const rlhf::batch b{.sequences = 1, .steps = 5, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::gae<T>(b, {.rewards = rewards, .values = values, .next_values = after, .returns = returns},
                 {.gamma = gamma, .lambda = lambda});
    double R = 3;
    for (std::size_t t = 5; t-- > 0;) {
        R = static_cast<double>(rewards[t]) + gamma * ((1 - lambda) * static_cast<double>(after[t]) + lambda * R);
        CHECK(static_cast<double>(returns[t]) == Approx(R).epsilon(sizeof(T) == 4 ? 1e-5 : 1e-14));
    }
}
