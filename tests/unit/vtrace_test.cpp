// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/vtrace.hpp"
#include "support/formulas.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/vtrace.hpp>

namespace {

using rlhf::gaps, rlhf::vtrace_options;

template <class T>
std::vector<T> numbers(test::random& r, std::size_t n) {
    return test::normals<T>(r, n);
}
template <class T>
std::vector<T> near_zero(test::random& r, std::size_t n) {
    auto x = test::normals<T>(r, n);
    for (T& y : x) y /= 2;
    return x;
}

const vtrace_options every_option{
    .gamma = 0.9375, .lambda = 0.75, .rho_bar = 1.25, .c_bar = 1.125, .policy_rho_bar = 1.5};

vtrace_options with_gaps(vtrace_options o, gaps how) {
    o.gaps = how;
    return o;
}

/// One call and its reference, on the same numbers.
template <class T>
struct comparison {
    const test::rows& rows;
    std::vector<T> rewards, values, next_values, bootstrap, log_pi, log_mu;
    std::vector<std::uint8_t> terminated, truncated;

    comparison(test::random& r, const test::rows& of)
        : rows(of), rewards(numbers<T>(r, of.size)), values(numbers<T>(r, of.size)),
          next_values(numbers<T>(r, of.size)), bootstrap(numbers<T>(r, of.sequences)), log_pi(near_zero<T>(r, of.size)),
          log_mu(near_zero<T>(r, of.size)), terminated(test::flags(r, of.size, 0.1)),
          truncated(test::flags(r, of.size, 0.1)) {}

    /// what: bit 0 next values, bit 1 bootstrap values, bit 2 terminated, bit 3 truncated.
    void run(const vtrace_options& o, int what) {
        using reference::to_real;
        std::vector<T> targets(rows.size, T(9)), advantages(rows.size, T(9));
        rlhf::vtrace_arrays<T> a{.rewards = rewards,
                                 .values = values,
                                 .log_probs = log_pi,
                                 .behavior_log_probs = log_mu,
                                 .targets = targets,
                                 .advantages = advantages};
        reference::vtrace_arrays b{
            {.rewards = to_real(rewards), .values = to_real(values)}, to_real(log_pi), to_real(log_mu)};
        if ((what & 1) != 0) a.next_values = next_values, b.steps.next_values = to_real(next_values);
        if ((what & 2) != 0) a.bootstrap_values = bootstrap, b.steps.bootstrap_values = to_real(bootstrap);
        if ((what & 4) != 0) a.terminated = terminated, b.steps.terminated = terminated;
        if ((what & 8) != 0) a.truncated = truncated, b.steps.truncated = truncated;
        rlhf::vtrace<T>(rows.library, a, o);
        const auto want = reference::vtrace(rows.plain, b,
                                            {.gamma = o.gamma,
                                             .lambda = o.lambda,
                                             .rho_bar = o.rho_bar,
                                             .c_bar = o.c_bar,
                                             .policy_rho_bar = o.policy_rho_bar,
                                             .gaps = static_cast<reference::gaps>(o.gaps)});
        // A chain of additions of numbers near 1, each rounded and multiplied by a ratio.
        const double tolerance = std::numeric_limits<T>::epsilon() * static_cast<double>(8 * rows.longest() + 16);
        CAPTURE(o.gaps, o.gamma, o.lambda, what, rows.sequences, rows.longest());
        CHECK(test::close_where_counted(targets, want.targets, rows.plain, tolerance));
        CHECK(test::close_where_counted(advantages, want.advantages, rows.plain, tolerance));
    }
};

} // namespace

TEMPLATE_TEST_CASE("vtrace: same bits however the batch is laid out, [T, B] too", "", float, double) {
    using T = TestType;
    const contract::problem<T> p{.inputs = {numbers<T>, numbers<T>, near_zero<T>, near_zero<T>, numbers<T>},
                                 .sequences = {numbers<T>},
                                 .outputs = 2};
    for (const auto how : {gaps::skip, gaps::zero})
        for (const bool flagged : {false, true})
            contract::holds<T>(p, [&](const contract::call<T>& c) {
                const test::flags_like terminated(c.in[4], 1.2), truncated(c.in[4], 0.9);
                rlhf::vtrace_arrays<T> a{.rewards = c.in[0],
                                         .values = c.in[1],
                                         .log_probs = c.in[2],
                                         .behavior_log_probs = c.in[3],
                                         .bootstrap_values = c.sequence[0],
                                         .targets = c.out[0],
                                         .advantages = c.out[1]};
                if (flagged) a.next_values = c.in[4], a.terminated = terminated.view(), a.truncated = truncated.view();
                rlhf::vtrace<T>(c.batch, a, with_gaps(every_option, how), c.run);
            });
}

TEMPLATE_TEST_CASE("vtrace: the reference on every layout, mask, gap and flag", "", float, double) {
    test::random r(1);
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds)
            for (const bool next : {false, true}) {
                const test::rows rows(r, how, kind, 7, kind == test::mask_kind::gaps ? 90 : 37, next);
                comparison<TestType> c(r, rows);
                for (const auto gap : {gaps::skip, gaps::zero, gaps::ignore})
                    for (const auto& o : {vtrace_options{}, every_option, vtrace_options{.gamma = 0},
                                          vtrace_options{.gamma = 0.5, .lambda = 0, .rho_bar = rlhf::unlimited}})
                        for (const int what : {0, 3, 6, 13}) c.run(with_gaps(o, gap), what);
            }
}

TEST_CASE("vtrace: torchrl's and rlax's numbers") {
    const auto cases = test::read_goldens("scores.txt");
    const rlhf::batch b{.sequences = 3, .steps = 6, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const std::string name : {"torchrl_vtrace", "torchrl_vtrace_bounds", "rlax_vtrace"}) {
        CAPTURE(name);
        const auto& g = cases.at(name);
        std::vector<double> targets(18), advantages(18);
        rlhf::vtrace_arrays<double> a{.rewards = g["rewards"],
                                      .values = g["values"],
                                      .log_probs = g["log_probs"],
                                      .behavior_log_probs = g["behavior_log_probs"],
                                      .targets = targets,
                                      .advantages = advantages};
        vtrace_options o{.gamma = g.number("gamma"), .rho_bar = g.number("rho_bar")};
        std::vector<std::uint8_t> terminated, truncated;
        if (name == "rlax_vtrace") {
            o.lambda = g.number("lambda"), o.policy_rho_bar = g.number("policy_rho_bar");
            a.bootstrap_values = g["bootstrap_values"];
        } else {
            o.c_bar = g.number("c_bar"), o.policy_rho_bar = o.rho_bar;
            terminated = g.integers<std::uint8_t>("terminated"), truncated = g.integers<std::uint8_t>("truncated");
            a.next_values = g["next_values"], a.terminated = terminated, a.truncated = truncated;
        }
        rlhf::vtrace<double>(b, a, o);
        for (std::size_t i = 0; i < 18; ++i) {
            CHECK(std::abs(targets[i] - g["targets"][i]) <= 1e-14);
            CHECK(std::abs(advantages[i] - g["advantages"][i]) <= 1e-14);
        }
    }
}

TEMPLATE_TEST_CASE("vtrace: with one policy it is gae; in place; one output alone", "", float, double) {
    using T = TestType;
    test::random r(3);
    const test::rows rows(r, test::arrangement::padded, test::mask_kind::gaps, 35, 260);
    const auto rewards = numbers<T>(r, rows.size), values = numbers<T>(r, rows.size), log_pi = numbers<T>(r, rows.size);
    const auto of = [&](const rlhf::vtrace_arrays<T>& a) {
        rlhf::vtrace<T>(rows.library, a, {.gamma = 0.9, .lambda = 0.8});
    };
    std::vector<T> targets(rows.size), advantages(rows.size), alone(rows.size), gae(rows.size), R(rows.size);
    const rlhf::vtrace_arrays<T> given{
        .rewards = rewards, .values = values, .log_probs = log_pi, .behavior_log_probs = log_pi};
    auto a = given;
    a.targets = targets, a.advantages = advantages, of(a);
    rlhf::gae<T>(rows.library, {.rewards = rewards, .values = values, .advantages = gae, .returns = R},
                 {.gamma = 0.9, .lambda = 0.8});
    for (std::size_t i = 0; i < rows.size; ++i) {
        CHECK(std::abs(targets[i] - R[i]) <= 32 * std::numeric_limits<T>::epsilon());
        CHECK(std::abs(advantages[i] - gae[i]) <= 32 * std::numeric_limits<T>::epsilon());
    }
    a = given, a.targets = alone, of(a);
    CHECK(test::same_bits(alone, targets));
    auto x = rewards, v = values;
    of({.rewards = x, .values = v, .log_probs = log_pi, .behavior_log_probs = log_pi, .targets = v, .advantages = x});
    CHECK(test::same_bits(v, targets));
    CHECK(test::same_bits(x, advantages));
}

TEMPLATE_TEST_CASE("vtrace: infinite and NaN data reach what depends on them, and nothing else", "", float, double) {
    using T = TestType;
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const rlhf::batch b{.sequences = 1, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::vector<T> zero(3);
    const auto run = [&](std::vector<T> rewards, std::vector<T> log_pi, vtrace_options o = {},
                         std::vector<std::uint8_t> terminated = {0, 0, 0}) {
        std::vector<T> targets(3), advantages(3);
        rlhf::vtrace<T>(b,
                        {.rewards = rewards,
                         .values = zero,
                         .log_probs = log_pi,
                         .behavior_log_probs = zero,
                         .terminated = terminated,
                         .targets = targets,
                         .advantages = advantages},
                        o);
        targets.insert(targets.end(), advantages.begin(), advantages.end());
        return targets;
    };
    CHECK(run({1, 2, inf}, zero) == std::vector<T>{inf, inf, inf, inf, inf, inf});
    CHECK(run({1, 2, inf}, zero, {.lambda = 0}) == std::vector<T>{1, 2, inf, 1, 2, inf});
    CHECK(run({1, 2, inf}, zero, {}, {0, 1, 0}) == std::vector<T>{3, 2, inf, 3, 2, inf});
    CHECK(run({1, 2, 4}, {inf, inf, inf}, {.c_bar = 0.5}) == std::vector<T>{3, 4, 4, 5, 6, 4});
    CHECK(run({1, 2, 4}, {inf, inf, inf}, {.lambda = 0, .c_bar = rlhf::unlimited}) ==
          std::vector<T>{1, 2, 4, 1, 2, 4});       // γλ = 0 is not 0 · ∞
    CHECK(run({1, 2, inf}, {0, -inf, 0})[0] == 1); // a ratio of 0 ends the trace
    const auto one = run({1, 2, 4}, {0, nan, 0});
    CHECK((one[0] != one[0] && one[1] != one[1] && one[4] != one[4] && one[2] == 4 && one[5] == 4));
}

TEMPLATE_TEST_CASE("vtrace: the formula at special values", "", float, double) {
    using T = TestType;
    namespace formula = rlhf::formula;
    const T inf = std::numeric_limits<T>::infinity();
    const formula::vtrace_rule<T> rule{T(0.5), T(0.25), 2, 1, 3};
    for (const T x : test::specials<T>()) {
        CHECK(test::same_or_nan(static_cast<double>(formula::truncated_ratio(x, inf)), static_cast<double>(x)));
        CHECK(test::same_or_nan(static_cast<double>(rule.error(x, T(0), inf)), static_cast<double>(x)));
        const auto s = rule.step(T(1), T(2), x, T(0), T(0));
        CHECK(test::same_or_nan(static_cast<double>(s.residual), static_cast<double>(T(0.5) * x - 1)));
        const auto done = formula::vtrace_rule<T>{0, 0, 2, 1, 3}.finish(T(2), T(3), T(1), T(5), x);
        CHECK((done.target == 7 && done.advantage == 3)); // γλ = 0 takes nothing of A′
    }
    const auto s = rule.step(T(1), T(2), T(4), T(9), T(0)); // far above all bounds
    CHECK((s.residual == 1 && s.error == 2 && s.factor == T(0.25) && s.weight == 3));
    CHECK(rule.finish(T(2), T(3), T(2), T(5), T(8)).advantage == 10);
}

TEST_CASE("vtrace: what it refuses") {
    std::vector<float> six(6), five(5), a(7);
    std::vector<std::uint8_t> flags(6), two(2);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::vtrace_arrays<float> good{.rewards = six, .values = six, .log_probs = six, .behavior_log_probs = six};
    const auto says = [&](auto change, vtrace_options o = {}) {
        auto arrays = good;
        change(arrays);
        return test::refusal([&] { rlhf::vtrace<float>(b, arrays, o); });
    };
    const double nan = std::nan("");
    const auto nothing = [](auto&) {};
    CHECK(says(nothing) == "");
    CHECK(says([&](auto& x) { x.rewards = {}; }) == "rlhf::vtrace: rewards is missing");
    CHECK(says([&](auto& x) { x.values = {}; }) == "rlhf::vtrace: values is missing");
    CHECK(says([&](auto& x) { x.log_probs = {}; }) == "rlhf::vtrace: log_probs is missing");
    CHECK(says([&](auto& x) { x.behavior_log_probs = five; }) ==
          "rlhf::vtrace: behavior_log_probs has 5 elements, expected 6");
    CHECK(says([&](auto& x) { x.next_values = five; }) == "rlhf::vtrace: next_values has 5 elements, expected 6");
    CHECK(says([&](auto& x) { x.bootstrap_values = five; }) ==
          "rlhf::vtrace: bootstrap_values has 5 elements, expected 2 (one per sequence)");
    CHECK(says([&](auto& x) { x.terminated = two; }) == "rlhf::vtrace: terminated has 2 elements, expected 6");
    CHECK(says([&](auto& x) { x.truncated = flags; }) ==
          "rlhf::vtrace: truncated needs next_values: values[t + 1] belongs to the next episode");
    CHECK(says([&](auto& x) { x.advantages = std::span(a).first(6), x.targets = std::span(a).last(6); }) ==
          "rlhf::vtrace: targets overlaps advantages");
    CHECK(says([&](auto& x) { x.rewards = std::span(a).first(6), x.targets = std::span(a).first(6); }) ==
          "rlhf::vtrace: targets overlaps rewards");
    CHECK(says(nothing, {.gamma = 1.5}) == "rlhf::vtrace: gamma is 1.5, expected [0, 1]");
    CHECK(says(nothing, {.lambda = nan}) == "rlhf::vtrace: lambda is nan, expected [0, 1]");
    CHECK(says(nothing, {.rho_bar = -1}) == "rlhf::vtrace: rho_bar is -1, expected at least 0");
    CHECK(says(nothing, {.c_bar = nan}) == "rlhf::vtrace: c_bar is nan, expected at least 0");
    CHECK(says(nothing, {.policy_rho_bar = -2}) == "rlhf::vtrace: policy_rho_bar is -2, expected at least 0");
    CHECK(says(nothing, {.rho_bar = rlhf::unlimited, .c_bar = rlhf::unlimited}) == "");
    const std::vector<float> before = a;
    CHECK(says([&](auto& x) { x.advantages = std::span(a).first(6); }, {.lambda = nan}) != "");
    CHECK(a == before);
}
