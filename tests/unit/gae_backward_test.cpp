// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/gae.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/gae_backward.hpp>

namespace {

template <class T>
std::vector<T> numbers(test::random& r, std::size_t n) {
    return test::normals<T>(r, n);
}

template <class T>
void contract_holds(const rlhf::gae_backward_options& o, bool next_values, bool time_major) {
    const contract::problem<T> p{.inputs = {numbers<T>, numbers<T>},
                                 .outputs = next_values ? 3U : 2U,
                                 .time_major = false,
                                 .only_time_major = time_major};
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        rlhf::gae_backward_arrays<T> a{.d_advantages = c.in[0],
                                       .d_returns = c.in[1],
                                       .d_rewards = c.out[0],
                                       .d_values = rlhf::write_to(c.out[1], 0.3)};
        if (next_values) a.next_values = c.in[0], a.d_next_values = c.out[2];
        rlhf::gae_backward<T>(c.batch, a, o, c.run);
    });
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        const test::flags_like terminated(c.in[0], 1.2), truncated(c.in[1], 1.2);
        rlhf::gae_backward_arrays<T> a{.d_advantages = c.in[0], .d_returns = c.in[1], .terminated = terminated.view()};
        a.d_rewards = c.out[0], a.d_values = c.out[1];
        if (next_values) a.next_values = c.in[0], a.truncated = truncated.view(), a.d_next_values = c.out[2];
        rlhf::gae_backward<T>(c.batch, a, o, c.run);
    });
}

/// Random inputs of gae and random gradients of its outputs.
template <class T>
struct example {
    const test::rows& rows;
    std::vector<T> rewards, values, next_values, bootstrap, d_advantages, d_returns;
    std::vector<std::uint8_t> terminated, truncated;
    std::vector<T> d_rewards, d_values, d_next_values, d_bootstrap;

    example(test::random& r, const test::rows& of)
        : rows(of), rewards(test::normals<T>(r, of.size)), values(test::normals<T>(r, of.size)),
          next_values(test::normals<T>(r, of.size)), bootstrap(test::normals<T>(r, of.sequences)),
          d_advantages(test::normals<T>(r, of.size)), d_returns(test::normals<T>(r, of.size)),
          terminated(test::flags(r, of.size, 0.1)), truncated(test::flags(r, of.size, 0.1)) {}

    /// what: bit 0 next values, bit 1 terminated, bit 2 truncated, bit 3 no d_advantages, bit 4 no d_returns.
    void backward(const rlhf::gae_backward_options& o, int what) {
        d_rewards.assign(rows.size, T(9)), d_values = d_next_values = d_rewards,
                                           d_bootstrap.assign(rows.sequences, T(9));
        rlhf::gae_backward_arrays<T> a{.d_rewards = d_rewards, .d_values = d_values, .d_bootstrap_values = d_bootstrap};
        if ((what & 1) != 0) a.next_values = next_values, a.d_next_values = d_next_values;
        if ((what & 2) != 0) a.terminated = terminated;
        if ((what & 4) != 0) a.truncated = truncated;
        if ((what & 8) == 0) a.d_advantages = d_advantages;
        if ((what & 16) == 0) a.d_returns = d_returns;
        rlhf::gae_backward<T>(rows.library, a, o);
    }
};

template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

} // namespace

TEMPLATE_TEST_CASE("gae_backward: same bits however the batch is laid out", "", float, double) {
    for (const auto how : {rlhf::gaps::skip, rlhf::gaps::zero})
        for (const bool next_values : {false, true})
            for (const bool time_major : {false, true}) {
                contract_holds<TestType>({.gamma = 0.99, .gaps = how}, next_values, time_major);
            }
}

TEMPLATE_TEST_CASE("gae_backward: the reference on every layout, mask, gap and flag", "", float, double) {
    using T = TestType;
    test::random r(4);
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds) {
            const test::rows rows(r, how, kind, 6, kind == test::mask_kind::gaps ? 280 : 23,
                                  kind == test::mask_kind::random);
            auto everywhere = rows.plain;
            everywhere.mask.clear();
            example<T> e(r, rows);
            const double tolerance = std::numeric_limits<T>::epsilon() * static_cast<double>(4 * rows.longest() + 8);
            for (const auto gap : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore})
                for (const auto& [gamma, lambda] : {std::pair(1.0, 1.0), {0.5, 0.0}, {0.0, 1.0}, {0.9375, 0.75}})
                    for (int what = 0; what < 24; ++what) {
                        if ((what & 4) != 0 && (what & 1) == 0) continue;
                        e.backward({.gamma = gamma, .lambda = lambda, .gaps = gap}, what);
                        reference::gae_arrays a{.rewards = {}, .values = {}};
                        if ((what & 1) != 0) a.next_values.assign(rows.size, 0);
                        if ((what & 2) != 0) a.terminated = e.terminated;
                        if ((what & 4) != 0) a.truncated = e.truncated;
                        const auto want = reference::gae_adjoint(
                            rows.plain, a,
                            {.gamma = gamma, .lambda = lambda, .gaps = static_cast<reference::gaps>(gap)},
                            (what & 8) != 0 ? reference::array() : reference::to_real(e.d_advantages),
                            (what & 16) != 0 ? reference::array() : reference::to_real(e.d_returns));
                        CAPTURE(how, kind, gap, gamma, lambda, what);
                        CHECK(test::close_where_counted(e.d_rewards, want.rewards, everywhere, tolerance));
                        CHECK(test::close_where_counted(e.d_values, want.values, everywhere, tolerance));
                        CHECK(test::close_where_counted(e.d_bootstrap, want.bootstrap_values, everywhere, tolerance));
                        if ((what & 1) != 0)
                            CHECK(test::close_where_counted(e.d_next_values, want.next_values, everywhere, tolerance));
                    }
        }
}

TEST_CASE("gae_backward: <J x, y> = <x, J' y>") {
    test::random r(5);
    for (const auto how : test::arrangements)
        for (const auto gap : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore})
            for (int what = 0; what < 8; ++what) {
                if ((what & 4) != 0 && (what & 1) == 0) continue;
                const test::rows rows(r, how, test::mask_kind::gaps, 5, 150);
                example<double> e(r, rows);
                std::vector<double> advantages(rows.size), returns(rows.size);
                rlhf::gae_arrays<double> a{.rewards = e.rewards,
                                           .values = e.values,
                                           .bootstrap_values = e.bootstrap,
                                           .advantages = advantages,
                                           .returns = returns};
                if ((what & 1) != 0) a.next_values = e.next_values;
                if ((what & 2) != 0) a.terminated = e.terminated;
                if ((what & 4) != 0) a.truncated = e.truncated;
                rlhf::gae<double>(rows.library, a, {.gamma = 0.97, .lambda = 0.9, .gaps = gap});
                e.backward({.gamma = 0.97, .lambda = 0.9, .gaps = gap}, what);
                const double forward = dot(advantages, e.d_advantages) + dot(returns, e.d_returns);
                double backward =
                    dot(e.rewards, e.d_rewards) + dot(e.values, e.d_values) + dot(e.bootstrap, e.d_bootstrap);
                if ((what & 1) != 0) backward += dot(e.next_values, e.d_next_values);
                CAPTURE(how, gap, what);
                CHECK(forward == Approx(backward).epsilon(1e-11));
            }
}

TEMPLATE_TEST_CASE("gae_backward: long rows in chunks", "", float, double) {
    using T = TestType;
    test::random r(10);
    const std::size_t steps = 2 * 16384 + 333;
    const auto g = test::normals<T>(r, steps);
    const auto mask = test::flags(r, steps, 0.9);
    auto terminated = test::flags(r, steps, 0.00005);
    std::fill_n(terminated.begin() + 16380, 10, std::uint8_t(1)); // where a chunk ends
    for (const auto how : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore})
        for (const bool flags : {false, true}) {
            const rlhf::batch b{.sequences = 1, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
            const auto run = [&](const rlhf::executor& on) {
                std::vector<T> d(2 * steps + 1);
                rlhf::gae_backward_arrays<T> a{.d_advantages = g, .d_returns = g};
                if (flags) a.terminated = terminated;
                a.d_rewards = std::span(d).first(steps), a.d_values = std::span(d).subspan(steps, steps);
                a.d_bootstrap_values = std::span(d).last(1);
                rlhf::gae_backward<T>(b, a, {.gamma = 0.99, .gaps = how}, on);
                return d;
            };
            const auto alone = run({});
            const auto pool = contract::threads(3);
            CHECK(test::same_bits(alone, run(pool)));
            long double sum = 0;
            std::size_t wrong = 0;
            bool begun = how == rlhf::gaps::ignore, cut = false;
            for (std::size_t t = 0; t < steps; ++t) {
                const bool counts = mask[t] != 0, read = counts || how == rlhf::gaps::ignore;
                begun = begun || counts;
                if (begun && (counts || how != rlhf::gaps::skip)) {
                    sum = (counts ? 2 * static_cast<long double>(g[t]) : 0) +
                          (cut ? 0 : static_cast<T>(0.99 * 0.95) * sum);
                    cut = flags && read && terminated[t] != 0;
                }
                const long double want = counts || how == rlhf::gaps::ignore ? sum : 0;
                wrong += !(std::abs(static_cast<long double>(alone[t]) - want) <=
                           40 * std::numeric_limits<T>::epsilon() * (2 + std::abs(want)));
            }
            CAPTURE(how, flags);
            CHECK(wrong == 0);
        }
}

TEST_CASE("gae_backward: central differences of a nonlinear loss") {
    test::random r(6);
    const test::rows rows(r, test::arrangement::padded, test::mask_kind::gaps, 3, 12);
    example<double> e(r, rows);
    const rlhf::gae_options o{.gamma = 0.9, .lambda = 0.8};
    std::vector<double> advantages(rows.size), returns(rows.size);
    const auto loss = [&] {
        rlhf::gae<double>(rows.library,
                          {.rewards = e.rewards,
                           .values = e.values,
                           .bootstrap_values = e.bootstrap,
                           .advantages = advantages,
                           .returns = returns},
                          o);
        double sum = 0;
        for (std::size_t i = 0; i < rows.size; ++i) sum += std::sin(advantages[i]) + returns[i] * returns[i] / 2;
        return sum;
    };
    loss();
    for (std::size_t i = 0; i < rows.size; ++i)
        e.d_advantages[i] = std::cos(advantages[i]), e.d_returns[i] = returns[i];
    e.backward({.gamma = o.gamma, .lambda = o.lambda}, 0);
    const auto check = [&](std::vector<double>& x, const std::vector<double>& slope) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double here = x[i], h = 1e-5;
            x[i] = here + h;
            const double above = loss();
            x[i] = here - h;
            const double below = loss();
            x[i] = here;
            CHECK(slope[i] == Approx((above - below) / (2 * h)).margin(1e-8));
        }
    };
    check(e.rewards, e.d_rewards);
    check(e.values, e.d_values);
    check(e.bootstrap, e.d_bootstrap);
}

TEMPLATE_TEST_CASE("gae_backward: written, scaled and added", "", float, double) {
    using T = TestType;
    test::random r(8);
    const test::rows rows(r, test::arrangement::padded, GENERATE(test::mask_kind::gaps, test::mask_kind::all), 5, 140);
    const int next_values = GENERATE(0, 1);
    example<T> e(r, rows);
    e.backward({}, next_values);
    std::vector<T> scaled(rows.size), added(rows.size, T(1)), next(rows.size, T(1)), last(rows.sequences, T(1));
    rlhf::gae_backward_arrays<T> a{.d_advantages = e.d_advantages, .d_returns = e.d_returns};
    if (next_values != 0) a.next_values = e.next_values, a.d_next_values = rlhf::add_to(next, 1);
    a.d_rewards = rlhf::write_to(scaled, 2), a.d_values = rlhf::add_to(added, -4);
    a.d_bootstrap_values = rlhf::add_to(last, 0.5);
    rlhf::gae_backward<T>(rows.library, a);
    for (std::size_t i = 0; i < rows.size; ++i) {
        CHECK(scaled[i] == 2 * e.d_rewards[i]);
        CHECK(added[i] == (rows.plain.counted(i) ? T(1) - 4 * e.d_values[i] : T(1)));
        if (next_values != 0) CHECK(next[i] == (rows.plain.counted(i) ? T(1) + e.d_next_values[i] : T(1)));
    }
    for (std::size_t s = 0; s < rows.sequences; ++s) CHECK(last[s] == T(1) + T(0.5) * e.d_bootstrap[s]);
}

TEMPLATE_TEST_CASE("gae_backward: a zero behind masked steps has the sign that it has in plain C++", "", float,
                   double) {
    using T = TestType;
    test::random r(5);
    for (int round = 0; round < 1000; ++round) {
        const std::size_t n = 16 + r.below(120);
        std::vector<T> d_advantages(n), d_returns(n);
        for (auto* x : {&d_advantages, &d_returns})
            for (T& v : *x) v = r.below(4) == 0 ? static_cast<T>(1 - static_cast<int>(r.below(3))) : T(-0.0);
        std::vector<std::uint8_t> mask;
        while (mask.size() < n)
            mask.insert(mask.end(), 1 + r.below(12), 1), mask.insert(mask.end(), 1 + r.below(40), 0);
        mask.resize(n);
        const auto terminated = test::flags(r, n, 0.08);
        std::vector<T> native(n), plain(n);
        const auto d_values = [&]<class Arch>(std::type_identity<Arch>, std::vector<T>& d) {
            rlhf::gae_backward<T, Arch>(
                {.steps = n, .mask = mask, .denominator = rlhf::counted_here},
                {.d_advantages = d_advantages, .d_returns = d_returns, .terminated = terminated, .d_values = d},
                {.gamma = 0.9, .lambda = 0.8});
        };
        d_values(std::type_identity<rlhf::native>(), native), d_values(std::type_identity<rlhf::scalar>(), plain);
        REQUIRE(test::same_bits(native, plain));
    }
}

TEST_CASE("gae_backward: what it refuses") {
    std::vector<float> six(6), other(6), five(5), two(2);
    const std::vector<std::uint8_t> flags(6);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto says = [&](const rlhf::gae_backward_arrays<float>& a, rlhf::gae_backward_options o = {}) {
        return test::refusal([&] { rlhf::gae_backward<float>(b, a, o); });
    };
    CHECK(says({.d_advantages = six, .d_rewards = other}) == "");
    CHECK(says({.d_advantages = five}) == "rlhf::gae_backward: d_advantages has 5 elements, expected 6");
    CHECK(says({.d_advantages = six, .d_rewards = six}) == "rlhf::gae_backward: d_rewards overlaps d_advantages");
    CHECK(says({.d_advantages = six, .d_next_values = other}) == "rlhf::gae_backward: d_next_values needs next_values");
    CHECK(says({.truncated = flags}) ==
          "rlhf::gae_backward: truncated needs next_values: values[t + 1] belongs to the next episode");
    CHECK(says({.d_bootstrap_values = rlhf::write_to(two, 1e39)}) ==
          "rlhf::gae_backward: d_bootstrap_values is 1e+39, which is infinite as a float");
    CHECK(says({.d_bootstrap_values = five}) ==
          "rlhf::gae_backward: d_bootstrap_values has 5 elements, expected 2 (one per sequence)");
    CHECK(says({.d_bootstrap_values = rlhf::write_to(two, std::nan(""))}) ==
          "rlhf::gae_backward: d_bootstrap_values is nan, expected a finite number");
    CHECK(says({}, {.gamma = 2}) == "rlhf::gae_backward: gamma is 2, expected [0, 1]");
    CHECK(says({}, {.lambda = std::nan("")}) == "rlhf::gae_backward: lambda is nan, expected [0, 1]");
}
